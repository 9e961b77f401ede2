// Reading and writing inside a transaction.

package import Basics
internal import CLMDB
internal import Glibc

/// What read and write transactions share: reading. Used on the thread that began it, inside the
/// closure it was given to.
package protocol Transaction: ~Copyable {
    var raw: RawTransaction { get }
}

/// LMDB's transaction handle; valid inside the closure of its transaction.
@safe package struct RawTransaction {
    let pointer: OpaquePointer
    let path: String

    func check(_ call: StaticString, _ status: CInt) throws(AssetError) {
        guard status == MDB_SUCCESS else { throw .lmdb(call, status, path: path) }
    }
}

/// One moment of the whole environment.
package struct ReadTransaction: ~Copyable, Transaction {
    package let raw: RawTransaction

    /// The same transaction as a value of its own, to be kept by something that lives no longer
    /// than the closure it was given to.
    package func shared() -> ReadTransaction { ReadTransaction(raw: raw) }
}

/// A change that happens whole or not at all.
package struct WriteTransaction: ~Copyable, Transaction {
    package let raw: RawTransaction

    /// Stores a value, replacing the key's former one. The corresponding C function is `mdb_put`.
    package func put<Key, Value>(
        _ table: Table<Key, Value>, _ key: Key, _ value: Value
    ) throws(AssetError) {
        let keyBytes = key.keyBytes
        let valueBytes = value.valueBytes
        let status = unsafe keyBytes.withUnsafeBytes { keyBuffer in
            unsafe valueBytes.withUnsafeBytes { valueBuffer in
                var key = unsafe MDB_val(borrowing: keyBuffer)
                var value = unsafe MDB_val(borrowing: valueBuffer)
                return unsafe mdb_put(raw.pointer, table.dbi, &key, &value, 0)
            }
        }
        try raw.check("mdb_put", status)
    }

    /// Removes a key; says whether it was there. The corresponding C function is `mdb_del`.
    @discardableResult
    package func delete<Key, Value>(
        _ table: Table<Key, Value>, _ key: Key
    ) throws(AssetError) -> Bool {
        let status = unsafe key.keyBytes.withUnsafeBytes { keyBuffer in
            var key = unsafe MDB_val(borrowing: keyBuffer)
            return unsafe mdb_del(raw.pointer, table.dbi, &key, nil)
        }
        if status == MDB_NOTFOUND { return false }
        try raw.check("mdb_del", status)
        return true
    }
}

extension Transaction where Self: ~Copyable {
    /// The transaction's number: for a writer its own, for a reader that of the newest commit it
    /// sees. The corresponding C function is `mdb_txn_id`.
    package var number: UInt64 { UInt64(unsafe mdb_txn_id(raw.pointer)) }

    /// The value of a key, `nil` when it is not there. The corresponding C function is `mdb_get`.
    package func get<Key, Value>(
        _ table: Table<Key, Value>, _ key: Key
    ) throws(AssetError) -> Value? {
        let keyBytes = key.keyBytes
        var result: Swift.Result<Value, AssetError>?
        let status = unsafe keyBytes.withUnsafeBytes { keyBuffer in
            var key = unsafe MDB_val(borrowing: keyBuffer)
            var value = unsafe MDB_val()
            let status = unsafe mdb_get(raw.pointer, table.dbi, &key, &value)
            if status == MDB_SUCCESS {
                result = unsafe decode(value, of: table, Value.init(value:))
            }
            return status
        }
        if status == MDB_NOTFOUND { return nil }
        try raw.check("mdb_get", status)
        return try result?.get()
    }

    /// The number of entries of a table, O(1). The corresponding C function is `mdb_stat`.
    package func count<Key, Value>(_ table: Table<Key, Value>) throws(AssetError) -> Int {
        var statistics = MDB_stat()
        try raw.check("mdb_stat", unsafe mdb_stat(raw.pointer, table.dbi, &statistics))
        return Int(statistics.ms_entries)
    }

    /// Calls `body` with the entries whose keys begin with `prefix`, in order, from the first key
    /// that is not less than `start`, until `body` returns false.
    ///
    /// `body` must not change the table. The corresponding C functions are `mdb_cursor_open` and
    /// `mdb_cursor_get` with `MDB_SET_RANGE` and `MDB_NEXT`.
    package func scan<Key, Value>(
        _ table: Table<Key, Value>, prefix: [UInt8] = [], from start: [UInt8]? = nil,
        _ body: (Key, Value) throws -> Bool
    ) throws {
        var cursor = try Cursor(over: table, in: raw)
        var entry = try cursor.seek(start ?? prefix)
        while let (key, value) = entry, key.keyBytes.starts(with: prefix) {
            guard try body(key, value) else { return }
            entry = try cursor.next()
        }
    }

    /// The last entry whose key begins with `prefix`, `nil` when there is none.
    ///
    /// The corresponding C function is `mdb_cursor_get` with `MDB_SET_RANGE`, `MDB_PREV` and
    /// `MDB_LAST`.
    package func last<Key, Value>(
        _ table: Table<Key, Value>, prefix: [UInt8]
    ) throws(AssetError) -> (key: Key, value: Value)? {
        var cursor = try Cursor(over: table, in: raw)
        guard let entry = try cursor.seekLast(prefix), entry.key.keyBytes.starts(with: prefix)
        else { return nil }
        return entry
    }
}

extension Transaction where Self: ~Copyable {
    /// The last entry whose key is less than `key`, `nil` when there is none.
    ///
    /// The corresponding C function is `mdb_cursor_get` with `MDB_SET_RANGE`, `MDB_PREV` and
    /// `MDB_LAST`.
    package func entry<Key, Value>(
        before key: Key, in table: Table<Key, Value>
    ) throws(AssetError) -> (key: Key, value: Value)? {
        var cursor = try Cursor(over: table, in: raw)
        return try cursor.seekBefore(key.keyBytes)
    }
}

/// A position in a table. Lives no longer than the call that made it, hence than its transaction.
@safe private struct Cursor<Key: TableKey, Value: TableValue>: ~Copyable {
    private let pointer: OpaquePointer
    private let raw: RawTransaction
    private let table: Table<Key, Value>

    init(over table: Table<Key, Value>, in raw: RawTransaction) throws(AssetError) {
        var cursor: OpaquePointer?
        let status = unsafe mdb_cursor_open(raw.pointer, table.dbi, &cursor)
        guard status == MDB_SUCCESS, let pointer = unsafe cursor else {
            throw .lmdb("mdb_cursor_open", status, path: raw.path)
        }
        unsafe self.pointer = pointer
        self.raw = raw
        self.table = table
    }

    deinit { unsafe mdb_cursor_close(pointer) }

    /// The first entry whose key is not less than `start`.
    mutating func seek(_ start: [UInt8]) throws(AssetError) -> (key: Key, value: Value)? {
        // An empty key can't be sought; the first entry is what it would find.
        if start.isEmpty { return try get(MDB_FIRST, key: []) }
        return try get(MDB_SET_RANGE, key: start)
    }

    mutating func next() throws(AssetError) -> (key: Key, value: Value)? {
        try get(MDB_NEXT, key: [])
    }

    /// The last entry whose key begins with `prefix` or is less than it.
    mutating func seekLast(_ prefix: [UInt8]) throws(AssetError) -> (key: Key, value: Value)? {
        var successor = prefix
        while let byte = successor.last, byte == 0xFF { successor.removeLast() }
        guard let byte = successor.last else { return try get(MDB_LAST, key: []) }
        successor[successor.count - 1] = byte + 1
        return try seekBefore(successor)
    }

    /// The last entry whose key is less than `end`.
    mutating func seekBefore(_ end: [UInt8]) throws(AssetError) -> (key: Key, value: Value)? {
        guard try get(MDB_SET_RANGE, key: end) != nil else { return try get(MDB_LAST, key: []) }
        return try get(MDB_PREV, key: [])
    }

    private func get(
        _ operation: MDB_cursor_op, key start: [UInt8]
    ) throws(AssetError) -> (key: Key, value: Value)? {
        var result: Swift.Result<(key: Key, value: Value), AssetError>?
        let status = unsafe start.withUnsafeBytes { startBuffer in
            var key = unsafe MDB_val(borrowing: startBuffer)
            var value = unsafe MDB_val()
            let status = unsafe mdb_cursor_get(pointer, &key, &value, operation)
            if status == MDB_SUCCESS {
                switch unsafe (
                    decode(key, of: table, Key.init(key:)),
                    decode(value, of: table, Value.init(value:))
                ) {
                case (.success(let key), .success(let value)): result = .success((key, value))
                case (.failure(let error), _), (_, .failure(let error)): result = .failure(error)
                }
            }
            return status
        }
        if status == MDB_NOTFOUND { return nil }
        try raw.check("mdb_cursor_get", status)
        return try result?.get()
    }
}

extension MDB_val {
    fileprivate init(borrowing buffer: UnsafeRawBufferPointer) {
        unsafe self.init(
            mv_size: buffer.count, mv_data: UnsafeMutableRawPointer(mutating: buffer.baseAddress))
    }
}

private func decode<Key, Value, Content>(
    _ bytes: MDB_val, of table: Table<Key, Value>,
    _ make: (inout ByteReader) throws(AssetError) -> Content
) -> Result<Content, AssetError> {
    let span = unsafe UnsafeRawBufferPointer(start: bytes.mv_data, count: bytes.mv_size).bytes
    return ByteReader.read(span, subject: "a catalog record") { reader in
        do throws(AssetError) {
            let content = try make(&reader)
            try reader.finish()
            return .success(content)
        } catch {
            return .failure(
                AssetError(.damaged, "table \(table.name): \(error.message)", cause: error))
        }
    }
}
