// Reading inside a transaction: values by their keys.

public import Basics
internal import CLMDB
internal import Synchronization

/// What read and write transactions share: reading. Used on the thread that began it, inside the
/// closure it was given to.
///
/// What is generic is inlinable, so that keys and values are encoded where their types are known;
/// what calls LMDB is not generic.
@usableFromInline package protocol Transaction: ~Copyable {
    var raw: RawTransaction { get }
}

/// LMDB's transaction handle; valid inside the closure of its transaction.
@safe @usableFromInline package struct RawTransaction: BitwiseCopyable {
    let pointer: OpaquePointer
    /// Not retained: the environment is held by who runs the transaction's closure.
    private let environment: Unmanaged<Environment>

    init(pointer: OpaquePointer, environment: Environment) {
        unsafe self.pointer = pointer
        unsafe self.environment = Unmanaged.passUnretained(environment)
    }

    func check(_ call: StaticString, _ status: CInt) throws(AssetError) {
        guard status == MDB_SUCCESS else { throw error(call, status) }
    }

    func error(_ call: StaticString, _ status: CInt) -> AssetError {
        unsafe environment._withUnsafeGuaranteedRef { .lmdb(call, status, path: $0.path) }
    }

    /// Notes that a table is open: it must stay in the file.
    func noteOpen(_ table: String) {
        unsafe environment._withUnsafeGuaranteedRef { environment in
            environment.tableNames.withLock { _ = $0.insert(table) }
        }
    }

    /// A key's value, which stays where it is until the transaction ends or changes something.
    @usableFromInline package func get(
        _ dbi: UInt32, _ key: RawSpan
    ) throws(AssetError) -> UnsafeRawBufferPointer? {
        var value = unsafe MDB_val()
        let status = unsafe key.withUnsafeBytes { buffer in
            var key = unsafe MDB_val(borrowing: buffer)
            return unsafe mdb_get(pointer, dbi, &key, &value)
        }
        if status == MDB_NOTFOUND { return nil }
        try check("mdb_get", status)
        return unsafe UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
    }
}

/// One moment of the whole environment.
@usableFromInline package struct ReadTransaction: ~Copyable, Transaction {
    @usableFromInline package let raw: RawTransaction

    @usableFromInline package init(raw: RawTransaction) { self.raw = raw }

    /// The same transaction as a value of its own, to be kept by something that lives no longer
    /// than the closure it was given to.
    package func shared() -> ReadTransaction { ReadTransaction(raw: raw) }
}

extension Transaction where Self: ~Copyable {
    /// The transaction's number: for a writer its own, for a reader that of the newest commit it
    /// sees. The corresponding C function is `mdb_txn_id`.
    package var number: UInt64 { UInt64(unsafe mdb_txn_id(raw.pointer)) }

    /// The value of a key, `nil` when it is not there. The corresponding C function is `mdb_get`.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when the value is not one of the table,
    ///   ``AssetError/Code/invalidArgument`` for a key that no table can have.
    @inlinable package func get<Key, Value>(
        _ table: Table<Key, Value>, _ key: Key
    ) throws(AssetError) -> Value? {
        guard let bytes = unsafe try find(table, key) else { return nil }
        return unsafe try table.value(bytes)
    }

    /// What `read` makes of the value of a key, `nil` when it is not there or `read` says so; for
    /// who needs no whole `Value`, or needs it as something else. `read` asserts that it has read
    /// everything.
    ///
    /// - Throws: as ``get(_:_:)``; what else `read` throws.
    @inline(__always)
    @inlinable package func get<Key, Value, Content>(
        _ table: Table<Key, Value>, _ key: Key,
        _ read: (inout ByteReader) throws(AssetError) -> Content?
    ) throws(AssetError) -> Content? {
        guard let bytes = unsafe try find(table, key) else { return nil }
        do throws(AssetError) {
            return unsafe try ByteReader.read(bytes, subject: "a catalog record", read)
        } catch {
            // Only what is said of the value is put down to it.
            let isOfValue = error.code == .damaged || error.code == .unsupportedFormat
            throw isOfValue ? table.badRecord(error) : error
        }
    }

    /// The bytes of a key's value, which stay until the transaction ends or changes something.
    @inlinable func find<Key, Value>(
        _ table: Table<Key, Value>, _ key: Key
    ) throws(AssetError) -> UnsafeRawBufferPointer? {
        let dbi = table.dbi
        return unsafe try table.withBytes(of: key) {
            (bytes) throws(AssetError) -> UnsafeRawBufferPointer? in unsafe try raw.get(dbi, bytes)
        }
    }

    /// The number of entries of a table, O(1). The corresponding C function is `mdb_stat`.
    package func count<Key, Value>(_ table: Table<Key, Value>) throws(AssetError) -> Int {
        var statistics = MDB_stat()
        try raw.check("mdb_stat", unsafe mdb_stat(raw.pointer, table.dbi, &statistics))
        return Int(statistics.ms_entries)
    }
}

extension MDB_val {
    init(borrowing buffer: UnsafeRawBufferPointer) {
        unsafe self.init(
            mv_size: buffer.count, mv_data: UnsafeMutableRawPointer(mutating: buffer.baseAddress))
    }
}
