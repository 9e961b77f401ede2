// Unpacks one entry, by libarchive. It is given no header of the archive's: what stands before the
// bytes is written here, from facts that were checked, so hostile headers never reach it.

internal import Basics
internal import CArchive

/// The content of a deflated entry, unpacked piece by piece. Not thread-safe.
@safe final class Inflater {
    private let subject: ZipSubject
    private let entry: ZipEntry
    private let file: File
    /// What is still to be read of the entry's bytes.
    private var remaining: Range<Int>
    /// What libarchive was given last; it reads it until it asks for more.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Inflater.bufferByteCount, alignment: 16)
    private var headerIsGiven = false
    private var failure: AssetError?
    private var archive: OpaquePointer?

    private static let bufferByteCount = 256 << 10

    /// The corresponding C functions are `archive_read_support_format_zip_streamable` and
    /// `archive_read_open`.
    init(
        _ entry: ZipEntry, in file: File, _ range: Range<Int>, subject: ZipSubject
    ) throws(AssetError) {
        (self.entry, self.file, self.subject, remaining) = (entry, file, subject, range)
        unsafe archive = archive_read_new()
        guard let archive = unsafe archive else {
            throw LibArchive.outOfMemory("archive_read_new")
        }
        try check(unsafe archive_read_support_format_zip_streamable(archive))
        // It is computed here, faster.
        try check(unsafe archive_read_set_options(archive, "zip:ignorecrc32"))
        try check(
            unsafe archive_read_open(
                archive, Unmanaged.passUnretained(self).toOpaque(), nil,
                { _, context, bytes in
                    guard let context = unsafe context, let bytes = unsafe bytes else { return -1 }
                    let inflater = unsafe Unmanaged<Inflater>.fromOpaque(context)
                        .takeUnretainedValue()
                    unsafe bytes.pointee = UnsafeRawPointer(inflater.buffer.baseAddress)
                    return la_ssize_t(inflater.fill())
                }, nil))
        var header: OpaquePointer?
        try check(unsafe archive_read_next_header(archive, &header))
    }

    deinit {
        // Its status says only that not everything was read.
        _ = unsafe archive_read_free(archive)
        unsafe buffer.deallocate()
    }

    /// Calls `body` with the content, in pieces of at most a few hundred KiB, and never with more
    /// than the entry claims.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the bytes are no deflate stream, or
    ///   unpack to more or fewer bytes than claimed; what `body` throws.
    func forEachPiece(_ body: (RawSpan) throws -> Void) throws {
        guard let archive = unsafe archive else { return }
        var done = 0
        while true {
            var bytes: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            let status = unsafe archive_read_data_block(archive, &bytes, &count, &offset)
            if status == ARCHIVE_EOF { break }
            try check(status)
            guard offset == done, count <= entry.byteCount - done else { throw wrongSize() }
            done += count
            try body(unsafe UnsafeRawBufferPointer(start: bytes, count: count).bytes)
        }
        guard done == entry.byteCount else { throw wrongSize() }
    }

    private func wrongSize() -> AssetError {
        subject.refused(entry.path, "does not unpack to the \(entry.byteCount) bytes it claims")
    }

    /// Puts the next bytes into the buffer; returns how many, or -1.
    private func fill() -> Int {
        if !headerIsGiven {
            headerIsGiven = true
            let header = localHeader()
            unsafe buffer.copyBytes(from: header)
            return header.count
        }
        let wanted = min(remaining.count, Self.bufferByteCount)
        do throws(AssetError) {
            let count = try unsafe file.read(
                at: remaining.lowerBound,
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
            remaining = remaining.lowerBound + count..<remaining.upperBound
            return count
        } catch {
            failure = error
            return -1
        }
    }

    /// A local header for these bytes, of an entry without a name that matters.
    private func localHeader() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(ZipSignature.localHeader)
        writer.append(UInt16(45))
        writer.append(UInt16(0))
        writer.append(entry.method.rawValue)
        writer.append(UInt32(0))
        writer.append(entry.crc32)
        writer.append(ZipSaturated.long)
        writer.append(ZipSaturated.long)
        writer.append(UInt16(1))
        writer.append(UInt16(20))
        writer.append(contentsOf: "x".utf8)
        writer.append(ZipExtra.zip64)
        writer.append(UInt16(16))
        writer.append(UInt64(entry.byteCount))
        writer.append(UInt64(entry.storedByteCount))
        return writer.bytes
    }

    private func check(_ status: CInt) throws(AssetError) {
        if let failure { throw failure }
        guard status == ARCHIVE_OK else {
            guard let archive = unsafe archive else { return }
            let reason = unsafe LibArchive.message(archive)
            throw subject.refused(entry.path, "can't be unpacked: \(reason)")
        }
    }
}
