// The headers of an entry that is written.

internal import Basics

/// What the headers of an entry say, and how they are laid out. The same facts give the same bytes.
struct ZipRecord: Sendable {
    var path: String
    var method: ZipMethod
    var modifiedAt: Timestamp
    var crc32: UInt32 = 0
    var storedByteCount = 0
    var byteCount = 0
    /// Where the local header begins.
    var offset: Int
    /// Whether the local header has room for sizes of 64 bits, because they may be needed.
    var reservesLongSizes: Bool

    /// Version 4.5 of the format, which has zip64, for entries that use it; else 2.0. The upper
    /// half of the maker's version is the system: Unix.
    private static let longVersion: UInt16 = 45
    private static let version: UInt16 = 20
    private static let unix: UInt16 = 3 << 8
    /// A regular file that its owner may change and all may read.
    private static let mode: UInt32 = 0o100644 << 16

    /// The local header, always as long as it was when the entry began.
    func localHeader() -> [UInt8] {
        var extra = timeField()
        if reservesLongSizes {
            extra += Self.field(ZipExtra.zip64, [UInt64(byteCount), UInt64(storedByteCount)])
        }
        var writer = ByteWriter()
        writer.append(ZipSignature.localHeader)
        appendCommon(
            to: &writer, isLong: reservesLongSizes,
            storedByteCount: reservesLongSizes ? ZipSaturated.long : UInt32(storedByteCount),
            byteCount: reservesLongSizes ? ZipSaturated.long : UInt32(byteCount), extra)
        writer.append(contentsOf: path.utf8)
        writer.append(contentsOf: extra)
        return writer.bytes
    }

    /// The directory's record.
    func directoryRecord() -> [UInt8] {
        var long: [UInt64] = []
        func short(_ value: Int) -> UInt32 {
            if value < Int(ZipSaturated.long) { return UInt32(value) }
            long.append(UInt64(value))
            return ZipSaturated.long
        }
        // In the order that the zip64 field has them.
        let (byteCount, storedByteCount) = (short(byteCount), short(storedByteCount))
        let offset = short(offset)
        let extra = timeField() + (long.isEmpty ? [] : Self.field(ZipExtra.zip64, long))
        let isLong = reservesLongSizes || !long.isEmpty
        var writer = ByteWriter()
        writer.append(ZipSignature.directoryRecord)
        writer.append(Self.unix | Self.longVersion)
        appendCommon(
            to: &writer, isLong: isLong, storedByteCount: storedByteCount, byteCount: byteCount,
            extra)
        // No comment, disk 0, no internal attributes.
        for _ in 0..<3 { writer.append(UInt16(0)) }
        writer.append(Self.mode)
        writer.append(offset)
        writer.append(contentsOf: path.utf8)
        writer.append(contentsOf: extra)
        return writer.bytes
    }

    /// From the version to the length of the extra fields.
    private func appendCommon(
        to writer: inout ByteWriter, isLong: Bool, storedByteCount: UInt32, byteCount: UInt32,
        _ extra: [UInt8]
    ) {
        let isASCII = path.utf8.allSatisfy { $0 < 0x80 }
        writer.append(isLong ? Self.longVersion : Self.version)
        writer.append((isASCII ? ZipFlags() : .utf8Name).rawValue)
        writer.append(method.rawValue)
        writer.append(ZipTime(modifiedAt).rawValue)
        writer.append(crc32)
        writer.append(storedByteCount)
        writer.append(byteCount)
        writer.append(UInt16(path.utf8.count))
        writer.append(UInt16(extra.count))
    }

    /// The time in seconds, where 32 bits have room for it.
    private func timeField() -> [UInt8] {
        guard let seconds = Int32(exactly: modifiedAt.wholeSeconds) else { return [] }
        var writer = ByteWriter()
        writer.append(ZipExtra.time)
        writer.append(UInt16(5))
        writer.append(UInt8(1))
        writer.append(seconds)
        return writer.bytes
    }

    private static func field(_ kind: UInt16, _ numbers: [UInt64]) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(kind)
        writer.append(UInt16(numbers.count * 8))
        for number in numbers { writer.append(number) }
        return writer.bytes
    }
}
