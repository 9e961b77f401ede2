// Makes deflate streams, by libarchive. It has no filter for bare deflate; gzip is deflate between
// a header of ten bytes and a trailer of eight, which are left away.

internal import Basics
internal import CArchive

/// Deflates one entry's content. Not thread-safe.
@safe final class Deflater {
    /// What libarchive has handed out and nobody has taken, beginning with the gzip header.
    private var output: [UInt8] = []
    private var headerIsRemoved = false
    private var archive: OpaquePointer?

    private static let headerByteCount = 10
    private static let trailerByteCount = 8

    /// The corresponding C functions are `archive_write_add_filter_gzip` and
    /// `archive_write_set_format_raw`.
    init() throws(AssetError) {
        unsafe archive = archive_write_new()
        guard let archive = unsafe archive else {
            throw LibArchive.outOfMemory("archive_write_new")
        }
        try check(unsafe archive_write_set_format_raw(archive))
        try check(unsafe archive_write_add_filter_gzip(archive))
        // Manifests are long and alike; the fastest level makes a seventh of them.
        try check(unsafe archive_write_set_options(archive, "gzip:compression-level=1"))
        // Not gathered into blocks, nor is the last one filled up.
        try check(unsafe archive_write_set_bytes_per_block(archive, 0))
        try check(unsafe archive_write_set_bytes_in_last_block(archive, 1))
        try check(
            unsafe archive_write_open(
                archive, Unmanaged.passUnretained(self).toOpaque(), nil,
                { _, context, bytes, count in
                    guard let context = unsafe context else { return -1 }
                    unsafe Unmanaged<Deflater>.fromOpaque(context).takeUnretainedValue()
                        .output.append(
                            contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
                    return la_ssize_t(count)
                }, nil))
        guard let entry = unsafe archive_entry_new() else {
            throw LibArchive.outOfMemory("archive_entry_new")
        }
        defer { unsafe archive_entry_free(entry) }
        unsafe archive_entry_set_filetype(entry, UInt32(S_IFREG))
        try check(unsafe archive_write_header(archive, entry))
    }

    deinit {
        // Its status says only that what was not finished is lost.
        _ = unsafe archive_write_free(archive)
    }

    /// Takes in content, and hands what it has become so far to `body`.
    func append(
        _ bytes: RawSpan, _ body: ([UInt8]) throws(AssetError) -> Void
    ) throws(AssetError) {
        guard let archive = unsafe archive else { return }
        let taken = unsafe bytes.withUnsafeBytes {
            unsafe archive_write_data(archive, $0.baseAddress, $0.count)
        }
        guard taken == bytes.byteCount else { throw failure() }
        try drain(keeping: Self.trailerByteCount, body)
    }

    /// Ends the stream, and hands the rest of it to `body`.
    func finish(_ body: ([UInt8]) throws(AssetError) -> Void) throws(AssetError) {
        guard let archive = unsafe archive else { return }
        try check(unsafe archive_write_close(archive))
        output.removeLast(min(output.count, Self.trailerByteCount))
        try drain(keeping: 0, body)
    }

    private func drain(
        keeping count: Int, _ body: ([UInt8]) throws(AssetError) -> Void
    ) throws(AssetError) {
        if !headerIsRemoved {
            guard output.count >= Self.headerByteCount else { return }
            // Method deflate, and no flag that would make the header longer.
            guard output.starts(with: [0x1F, 0x8B, 8, 0]) else {
                throw AssetError(.library, "libarchive wrote a gzip header of an unknown kind")
            }
            output.removeFirst(Self.headerByteCount)
            headerIsRemoved = true
        }
        guard output.count > count else { return }
        let ready = Array(output.dropLast(count))
        output.removeFirst(ready.count)
        try body(ready)
    }

    private func check(_ status: CInt) throws(AssetError) {
        guard status == ARCHIVE_OK else { throw failure() }
    }

    private func failure() -> AssetError {
        guard let archive = unsafe archive else { return LibArchive.outOfMemory("deflate") }
        let reason = unsafe LibArchive.message(archive)
        return AssetError(.library, "libarchive could not deflate: \(reason)")
    }
}
