// Finds an archive's directory. Readers differ in how they do that, and hostile archives live on
// the difference, so whatever could be read in two ways is refused.

internal import Basics

/// What the end of an archive says of its directory.
struct ZipEnd: Sendable {
    /// Where the directory's records stand; right behind them the end begins.
    var directory: Range<Int>
    private var entryCount: UInt64
    private var isZip64: Bool

    /// Whether the number of entries is what the end says. Without zip64 it is known modulo 65536:
    /// some tools go on counting from 0.
    func allows(entryCount count: Int) -> Bool {
        isZip64 ? UInt64(count) == entryCount : UInt64(count) & 0xFFFF == entryCount & 0xFFFF
    }

    /// The corresponding structures are the “end of central directory record” and its zip64 form.
    init(of file: File, byteCount: Int, subject: ZipSubject) throws(AssetError) {
        let fields = try Self.find(in: file, byteCount: byteCount, subject: subject)
        guard fields.disk == 0, fields.directoryDisk == 0, fields.hereCount == fields.entryCount
        else { throw subject.refused("it is one part of an archive that was split") }
        var end = fields.offset
        (entryCount, isZip64) = (UInt64(fields.entryCount), false)
        var byteCount = UInt64(fields.byteCount)
        var start = UInt64(fields.start)
        if let zip64 = try Self.zip64(before: end, in: file, subject: subject) {
            let agrees =
                (fields.entryCount == ZipSaturated.short
                    || UInt64(fields.entryCount) == zip64.entryCount)
                && (fields.byteCount == ZipSaturated.long
                    || UInt64(fields.byteCount) == zip64.byteCount)
                && (fields.start == ZipSaturated.long || UInt64(fields.start) == zip64.start)
            guard agrees else {
                throw subject.refused("its end says two things about the directory")
            }
            isZip64 = true
            (entryCount, byteCount, start) = (zip64.entryCount, zip64.byteCount, zip64.start)
            end = zip64.offset
        }
        guard byteCount <= UInt64(end), start == UInt64(end) - byteCount else {
            throw subject.refused(
                "its directory is not where its end says; it is cut off, joined or changed")
        }
        guard byteCount <= UInt64(Limits.archiveDirectoryByteCountMax) else {
            throw subject.refused(
                "its directory is larger than \(Limits.archiveDirectoryByteCountMax) bytes")
        }
        directory = Int(start)..<end
    }

    private struct Fields {
        var offset: Int
        var disk: UInt16
        var directoryDisk: UInt16
        var hereCount: UInt16
        var entryCount: UInt16
        var byteCount: UInt32
        var start: UInt32
    }

    /// The end record: the one whose comment reaches to the end of the file, but for the zeros with
    /// which writers of tapes and pipes fill up their last block.
    private static func find(
        in file: File, byteCount: Int, subject: ZipSubject
    ) throws(AssetError) -> Fields {
        let tailByteCount = min(byteCount, ZipSize.end + Int(UInt16.max))
        let tailStart = byteCount - tailByteCount
        let tail = try file.read(at: tailStart, count: tailByteCount)
        let paddingStart = (tail.lastIndex { $0 != 0 } ?? -1) + 1
        var found: Int?
        var at = tail.count - ZipSize.end
        while at >= 0 {
            defer { at -= 1 }
            guard tail[at] == 0x50, tail[at + 1] == 0x4B, tail[at + 2] == 5, tail[at + 3] == 6,
                case let end = at + ZipSize.end + (Int(tail[at + 20]) | Int(tail[at + 21]) << 8),
                (paddingStart...tail.count).contains(end)
            else { continue }
            guard found == nil else {
                throw subject.refused("it has two ends, so it could be read in two ways")
            }
            found = at
        }
        guard let found else {
            throw subject.refused("it is no zip archive, or it is cut off or has a tail")
        }
        let record = unsafe tail.span.bytes.extracting(found..<found + ZipSize.end)
        return try subject.reading(record) { reader throws(AssetError) in
            _ = try reader.integer(UInt32.self)
            return Fields(
                offset: tailStart + found, disk: try reader.integer(),
                directoryDisk: try reader.integer(), hereCount: try reader.integer(),
                entryCount: try reader.integer(), byteCount: try reader.integer(),
                start: try reader.integer())
        }
    }

    private struct Zip64 {
        var offset: Int
        var entryCount: UInt64
        var byteCount: UInt64
        var start: UInt64
    }

    /// The zip64 end record, `nil` when no locator stands before the end.
    private static func zip64(
        before end: Int, in file: File, subject: ZipSubject
    ) throws(AssetError) -> Zip64? {
        let locatorOffset = end - ZipSize.zip64Locator
        guard locatorOffset >= 0 else { return nil }
        let locator = try file.read(at: locatorOffset, count: ZipSize.zip64Locator)
        let position: UInt64? = try subject.reading(unsafe locator.span.bytes) {
            reader throws(AssetError) in
            guard try reader.integer(UInt32.self) == ZipSignature.zip64Locator else { return nil }
            let disk = try reader.integer(UInt32.self)
            let position = try reader.integer(UInt64.self)
            // Some writers count no disks at all.
            guard disk == 0, try reader.integer(UInt32.self) <= 1 else {
                throw subject.refused("it is one part of an archive that was split")
            }
            return position
        }
        guard let position else { return nil }
        let misplaced = subject.refused("its zip64 end is not where the locator says")
        guard position <= UInt64(locatorOffset),
            Int(position) + ZipSize.zip64End <= locatorOffset
        else { throw misplaced }
        let record = try file.read(at: Int(position), count: ZipSize.zip64End)
        return try subject.reading(unsafe record.span.bytes) { reader throws(AssetError) in
            guard try reader.integer(UInt32.self) == ZipSignature.zip64End,
                // It counts from behind itself.
                try reader.integer(UInt64.self) == UInt64(locatorOffset) - position - 12
            else { throw misplaced }
            // Versions.
            try reader.skip(4)
            let disks = (try reader.integer(UInt32.self), try reader.integer(UInt32.self))
            let hereCount = try reader.integer(UInt64.self)
            let entryCount = try reader.integer(UInt64.self)
            guard disks == (0, 0), hereCount == entryCount else {
                throw subject.refused("it is one part of an archive that was split")
            }
            return Zip64(
                offset: Int(position), entryCount: entryCount, byteCount: try reader.integer(),
                start: try reader.integer())
        }
    }
}
