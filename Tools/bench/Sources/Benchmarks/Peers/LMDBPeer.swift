// LMDB with the blobs as its values: one environment, one table, one commit per group.

internal import Basics
internal import CPeerLMDB

/// Blobs as values of LMDB.
@safe final class LMDBPeer: Peer {
    static let name = "lmdb"

    private let environment: OpaquePointer
    private var table: MDB_dbi = 0

    init(directory: String) throws {
        var environment: OpaquePointer?
        try check(unsafe mdb_env_create(&environment))
        guard let environment = unsafe environment else {
            throw AssetError(.library, "LMDB makes no environment")
        }
        unsafe self.environment = environment
        try check(unsafe mdb_env_set_mapsize(environment, 256 << 30))
        try check(unsafe mdb_env_open(environment, directory, 0, 0o644))
        let transaction = try unsafe begin(0)
        try check(unsafe mdb_dbi_open(transaction, nil, 0, &table))
        try check(unsafe mdb_txn_commit(transaction))
    }

    deinit { unsafe mdb_env_close(environment) }

    func put(_ indexes: Range<Int>, of payloads: Payloads) throws {
        try write { transaction in
            for index in indexes {
                try payloads.withBytes(index) { try transaction.put(peerKey(index), $0) }
            }
        }
    }

    func withBytes(_ index: Int, _ body: (RawSpan) -> Void) throws {
        try read { try $0.withValue(of: peerKey(index), body) }
    }

    /// A transaction. Keys are the bytes of what is given as one.
    @safe struct Transaction {
        fileprivate let pointer: OpaquePointer
        fileprivate let table: MDB_dbi

        func put<Key: BitwiseCopyable>(_ key: Key, _ bytes: RawSpan) throws {
            let status = unsafe withUnsafeBytes(of: key) { keyBytes in
                unsafe bytes.withUnsafeBytes { valueBytes in
                    var key = unsafe MDB_val(keyBytes)
                    var value = unsafe MDB_val(valueBytes)
                    return unsafe mdb_put(pointer, table, &key, &value, 0)
                }
            }
            try check(status)
        }

        /// Lends the value of a key.
        func withValue<Key: BitwiseCopyable>(of key: Key, _ body: (RawSpan) -> Void) throws {
            var value = unsafe MDB_val()
            let status = unsafe withUnsafeBytes(of: key) { keyBytes in
                var key = unsafe MDB_val(keyBytes)
                return unsafe mdb_get(pointer, table, &key, &value)
            }
            try check(status)
            body(unsafe UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size).bytes)
        }
    }

    /// Runs `body` with one moment of all entries.
    func read(_ body: (Transaction) throws -> Void) throws {
        let pointer = try unsafe begin(CUnsignedInt(MDB_RDONLY))
        defer { unsafe mdb_txn_abort(pointer) }
        try body(unsafe Transaction(pointer: pointer, table: table))
    }

    /// Runs `body` and commits what it changed.
    func write(_ body: (Transaction) throws -> Void) throws {
        let pointer = try unsafe begin(0)
        do {
            try body(unsafe Transaction(pointer: pointer, table: table))
        } catch {
            unsafe mdb_txn_abort(pointer)
            throw error
        }
        try check(unsafe mdb_txn_commit(pointer))
    }

    private func begin(_ flags: CUnsignedInt) throws -> OpaquePointer {
        var transaction: OpaquePointer?
        try check(unsafe mdb_txn_begin(environment, nil, flags, &transaction))
        guard let transaction = unsafe transaction else {
            throw AssetError(.library, "LMDB begins no transaction")
        }
        return unsafe transaction
    }
}

extension MDB_val {
    fileprivate init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.init(
            mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}

private func check(_ status: CInt) throws {
    guard status == MDB_SUCCESS else {
        throw AssetError(.library, "LMDB: \(unsafe String(cString: mdb_strerror(status)))")
    }
}
