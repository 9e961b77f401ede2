// RocksDB with BlobDB: values of 1 KiB and more in blob files, every batch synced.

internal import Basics
internal import CRocksDB
internal import Glibc

/// Blobs as values of RocksDB, in blob files.
@safe final class RocksDBPeer: Peer {
    static let name = "rocksdb"

    private let database: OpaquePointer
    private let options: OpaquePointer
    private let writeOptions: OpaquePointer
    private let readOptions: OpaquePointer

    init(directory: String) throws {
        guard let options = unsafe rocksdb_options_create(),
            let writeOptions = unsafe rocksdb_writeoptions_create(),
            let readOptions = unsafe rocksdb_readoptions_create()
        else { throw AssetError(.library, "RocksDB makes no options") }
        unsafe rocksdb_options_set_create_if_missing(options, 1)
        unsafe rocksdb_options_set_enable_blob_files(options, 1)
        unsafe rocksdb_options_set_min_blob_size(options, 1024)
        // What is stored can't be compressed.
        unsafe rocksdb_options_set_compression(options, CInt(rocksdb_no_compression))
        unsafe rocksdb_options_set_blob_compression_type(options, CInt(rocksdb_no_compression))
        unsafe rocksdb_writeoptions_set_sync(writeOptions, 1)
        let database = try unsafe RocksDBPeer.checked {
            unsafe rocksdb_open(options, directory, &$0)
        }
        guard let database = unsafe database else {
            throw AssetError(.library, "RocksDB makes no database")
        }
        unsafe self.database = database
        unsafe self.options = options
        unsafe self.writeOptions = writeOptions
        unsafe self.readOptions = readOptions
    }

    deinit {
        unsafe rocksdb_close(database)
        unsafe rocksdb_readoptions_destroy(readOptions)
        unsafe rocksdb_writeoptions_destroy(writeOptions)
        unsafe rocksdb_options_destroy(options)
    }

    func put(_ indexes: Range<Int>, of payloads: Payloads) throws {
        let batch = unsafe rocksdb_writebatch_create()
        defer { unsafe rocksdb_writebatch_destroy(batch) }
        for index in indexes {
            payloads.withBytes(index) { bytes in
                unsafe bytes.withUnsafeBytes { value in
                    unsafe withKey(index) { key in
                        unsafe rocksdb_writebatch_put(
                            batch, key.baseAddress, key.count,
                            value.assumingMemoryBound(to: CChar.self).baseAddress, value.count)
                    }
                }
            }
        }
        try unsafe Self.checked { unsafe rocksdb_write(database, writeOptions, batch, &$0) }
    }

    func withBytes(_ index: Int, _ body: (RawSpan) -> Void) throws {
        let slice = try unsafe withKey(index) { key in
            try unsafe Self.checked {
                unsafe rocksdb_get_pinned(database, readOptions, key.baseAddress, key.count, &$0)
            }
        }
        guard let slice = unsafe slice else {
            throw AssetError(.library, "RocksDB has no blob \(index)")
        }
        defer { unsafe rocksdb_pinnableslice_destroy(slice) }
        var count = 0
        let start = unsafe rocksdb_pinnableslice_value(slice, &count)
        body(unsafe UnsafeRawBufferPointer(start: start, count: count).bytes)
    }

    private func withKey<Result>(
        _ index: Int, _ body: (UnsafeBufferPointer<CChar>) throws -> Result
    ) rethrows -> Result {
        try unsafe withUnsafeBytes(of: peerKey(index)) {
            try unsafe body($0.assumingMemoryBound(to: CChar.self))
        }
    }

    /// Makes a call that may set an error message, which is the caller's to free.
    private static func checked<Result>(
        _ call: (inout UnsafeMutablePointer<CChar>?) -> Result
    ) throws -> Result {
        var message: UnsafeMutablePointer<CChar>?
        let result = unsafe call(&message)
        if let message = unsafe message {
            defer { unsafe free(message) }
            throw AssetError(.library, "RocksDB: \(unsafe String(cString: message))")
        }
        return result
    }
}
