// The content of entries, checked while it is given out.

internal import Basics

extension ZipReader {
    /// Calls `body` with the content of `entry`, in order, in pieces of at most 1 MiB.
    ///
    /// What it gets is not known to be right until this returns: the checksum comes last. The
    /// pieces never add up to more than ``ZipEntry/byteCount``. O(1) memory.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the content has another size or checksum
    ///   than the archive claims, or can't be unpacked; what `body` throws.
    package func read(_ entry: ZipEntry, _ body: (RawSpan) throws -> Void) throws {
        var window = directory.localHeaderWindow()
        let range = try directory.contentRange(of: entry, in: &window)
        var crc = CRC32()
        switch entry.method {
        case .stored:
            try forEachPiece(of: range) { piece in
                crc.update(piece)
                try body(piece)
            }
        case .deflated:
            let inflater = try Inflater(
                entry, in: directory.file, range, subject: directory.subject)
            try inflater.forEachPiece { piece in
                crc.update(piece)
                try body(piece)
            }
        }
        guard crc.value == entry.crc32 else {
            throw directory.subject.refused(
                entry.path, "is damaged: its content does not match its checksum")
        }
        if entry.flags.contains(.dataDescriptor) {
            try ZipDescriptor.check(after: range.upperBound, of: entry, in: directory)
        }
    }

    private func forEachPiece(of range: Range<Int>, _ body: (RawSpan) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(range.count, 1 << 20), alignment: 4096)
        defer { unsafe buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = try unsafe directory.file.read(
                at: offset,
                into: UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<min(buffer.count, range.upperBound - offset)]))
            guard count > 0 else {
                throw directory.subject.refused("the archive was cut off while it was read")
            }
            try body(
                unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
                    .bytes)
            offset += count
        }
    }
}

/// What follows the bytes of an entry whose writer did not know their sizes beforehand.
enum ZipDescriptor {
    /// CRC-32 and two sizes of 32 bits, without a signature.
    static let byteCountMin = 12
    /// The same with a signature, and with sizes of 64 bits.
    private static let byteCountMax = 24

    /// Compares the descriptor at `offset` with the directory. It has a signature or none, and
    /// sizes of 32 or 64 bits; nothing says which, so any of the four will do that agrees.
    static func check(
        after offset: Int, of entry: ZipEntry, in directory: ZipDirectory
    ) throws(AssetError) {
        let bytes = try directory.file.read(
            at: offset, count: min(byteCountMax, directory.range.lowerBound - offset))
        func writes(_ body: (inout ByteWriter) -> Void) -> Bool {
            var writer = ByteWriter()
            body(&writer)
            var signed = ByteWriter()
            signed.append(ZipSignature.dataDescriptor)
            signed.append(contentsOf: writer.bytes)
            return bytes.starts(with: writer.bytes) || bytes.starts(with: signed.bytes)
        }
        let agrees =
            writes {
                $0.append(entry.crc32)
                $0.append(UInt32(truncatingIfNeeded: entry.storedByteCount))
                $0.append(UInt32(truncatingIfNeeded: entry.byteCount))
            }
            || writes {
                $0.append(entry.crc32)
                $0.append(UInt64(entry.storedByteCount))
                $0.append(UInt64(entry.byteCount))
            }
        guard agrees else {
            throw directory.subject.refused(
                entry.path, "has one size in the directory and another behind its content")
        }
    }
}

/// The content of one entry after another, in memory that is used again. Belongs to one thread.
struct ZipContent {
    private var bytes: [UInt8] = []

    /// Reads all of `entry`, checks it, and lends it.
    ///
    /// - Throws: as ``ZipReader/read(_:_:)``; what `body` throws.
    mutating func withBytes<Result>(
        of entry: ZipEntry, in reader: ZipReader, _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        let missing = entry.byteCount - bytes.count
        if missing > 0 { bytes.append(contentsOf: repeatElement(0, count: missing)) }
        switch entry.method {
        case .stored: try reader.readStored(entry, into: &bytes)
        case .deflated:
            var offset = 0
            try reader.read(entry) { piece in
                unsafe piece.withUnsafeBytes { piece in
                    unsafe bytes.withUnsafeMutableBytes { target in
                        unsafe UnsafeMutableRawBufferPointer(
                            rebasing: target[offset..<offset + piece.count]
                        ).copyMemory(from: piece)
                    }
                    offset += piece.count
                }
            }
            guard offset == entry.byteCount else {
                throw reader.directory.subject.refused(entry.path, "has another size")
            }
        }
        defer {
            // What was large once is not kept for all that is small.
            if bytes.count > Limits.partByteCount { bytes = [] }
        }
        return unsafe try body(bytes.span.bytes.extracting(0..<entry.byteCount))
    }
}

extension ZipReader {
    /// Fills the beginning of `buffer` with the content of an entry that is stored as it is, and
    /// checks it.
    fileprivate func readStored(_ entry: ZipEntry, into buffer: inout [UInt8]) throws(AssetError) {
        var window = directory.localHeaderWindow()
        let range = try directory.contentRange(of: entry, in: &window)
        var failure: AssetError?
        var count = 0
        unsafe buffer.withUnsafeMutableBytes { bytes in
            do throws(AssetError) {
                count = try unsafe directory.file.read(
                    at: range.lowerBound,
                    into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<range.count]))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard count == range.count else {
            throw directory.subject.refused("the archive was cut off while it was read")
        }
        guard unsafe CRC32.of(buffer.span.bytes.extracting(0..<count)) == entry.crc32 else {
            throw directory.subject.refused(
                entry.path, "is damaged: its content does not match its checksum")
        }
        if entry.flags.contains(.dataDescriptor) {
            try ZipDescriptor.check(after: range.upperBound, of: entry, in: directory)
        }
    }
}
