// SQLite with the blobs in a column: write-ahead log, every commit synced.

internal import Basics
internal import CSQLite

/// Blobs in a table of SQLite.
@safe final class SQLitePeer: Peer {
    static let name = "sqlite"

    private let connection: OpaquePointer
    private var insertion: OpaquePointer?
    private var selection: OpaquePointer?

    init(directory: String) throws {
        var connection: OpaquePointer?
        let status = unsafe sqlite3_open("\(directory)/blobs.sqlite", &connection)
        guard status == SQLITE_OK, let connection = unsafe connection else {
            throw AssetError(.library, "SQLite can't open its file (error \(status))")
        }
        unsafe self.connection = connection
        try execute("PRAGMA journal_mode = WAL")
        try execute("PRAGMA synchronous = FULL")
        try execute("CREATE TABLE blobs (number INTEGER PRIMARY KEY, bytes BLOB)")
        unsafe insertion = try prepare("INSERT INTO blobs VALUES (?, ?)")
        unsafe selection = try prepare("SELECT bytes FROM blobs WHERE number = ?")
    }

    deinit {
        unsafe sqlite3_finalize(insertion)
        unsafe sqlite3_finalize(selection)
        unsafe sqlite3_close(connection)
    }

    func put(_ indexes: Range<Int>, of payloads: Payloads) throws {
        try execute("BEGIN IMMEDIATE")
        for index in indexes {
            try payloads.withBytes(index) { bytes in
                try unsafe bytes.withUnsafeBytes { buffer in
                    try check(unsafe sqlite3_bind_int64(insertion, 1, Int64(index)))
                    // Without a destructor, the bytes are taken to stay where they are.
                    try check(
                        unsafe sqlite3_bind_blob64(
                            insertion, 2, buffer.baseAddress, UInt64(buffer.count), nil))
                    try check(unsafe sqlite3_step(insertion), SQLITE_DONE)
                    try check(unsafe sqlite3_reset(insertion))
                }
            }
        }
        try execute("COMMIT")
    }

    func withBytes(_ index: Int, _ body: (RawSpan) -> Void) throws {
        try check(unsafe sqlite3_bind_int64(selection, 1, Int64(index)))
        try check(unsafe sqlite3_step(selection), SQLITE_ROW)
        let start = unsafe sqlite3_column_blob(selection, 0)
        let count = Int(unsafe sqlite3_column_bytes(selection, 0))
        body(unsafe UnsafeRawBufferPointer(start: start, count: count).bytes)
        try check(unsafe sqlite3_reset(selection))
    }

    private func execute(_ statement: String) throws {
        try check(unsafe sqlite3_exec(connection, statement, nil, nil, nil))
    }

    private func prepare(_ text: String) throws -> OpaquePointer? {
        var statement: OpaquePointer?
        try check(unsafe sqlite3_prepare_v2(connection, text, -1, &statement, nil))
        return unsafe statement
    }

    private func check(_ status: CInt, _ expected: CInt = SQLITE_OK) throws {
        guard status == expected else {
            throw AssetError(
                .library, "SQLite: \(unsafe String(cString: sqlite3_errmsg(connection)))")
        }
    }
}
