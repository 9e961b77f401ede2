// The extra fields of a header: sizes beyond 32 bits, exact times, names in UTF-8.

internal import Basics

/// What the extra fields of a local header or a directory's record say, as far as it matters here.
struct ExtraFields: Sendable {
    /// The numbers of the zip64 field, in the order of the fields they stand for; `nil` when there
    /// is no such field.
    var zip64: [UInt64]?
    var modifiedSeconds: Int64?
    /// The CRC-32 of the name that it replaces, and the name in UTF-8.
    var unicodePath: (nameCRC32: UInt32, utf8: [UInt8])?

    /// Reads the next `byteCount` bytes of `reader`.
    init(
        _ reader: inout ByteReader, byteCount: Int, subject: ZipSubject
    ) throws(AssetError) {
        var left = byteCount
        // Tools that align entries leave up to three bytes that are no field.
        while left >= 4 {
            let kind = try reader.integer(UInt16.self)
            let count = Int(try reader.integer(UInt16.self))
            left -= 4
            guard count <= left else { throw subject.refused("an extra field ends late") }
            left -= count
            switch kind {
            case ZipExtra.zip64:
                guard zip64 == nil else { throw subject.refused("an entry has two zip64 fields") }
                var numbers: [UInt64] = []
                for _ in 0..<count / 8 { numbers.append(try reader.integer()) }
                // The number of a disk may follow; it is 0 or the archive is split.
                var rest = count % 8
                if rest >= 4 {
                    guard try reader.integer(UInt32.self) == 0 else {
                        throw subject.refused("it is one part of an archive that was split")
                    }
                    rest -= 4
                }
                try reader.skip(rest)
                zip64 = numbers
            case ZipExtra.time where count >= 5:
                let flags = try reader.integer(UInt8.self)
                let seconds = try reader.integer(Int32.self)
                if flags & 1 != 0 { modifiedSeconds = Int64(seconds) }
                try reader.skip(count - 5)
            case ZipExtra.unicodePath where count >= 5:
                let version = try reader.integer(UInt8.self)
                let crc = try reader.integer(UInt32.self)
                let utf8 = try reader.array(count: count - 5)
                if version == 1 { unicodePath = (crc, utf8) }
            default: try reader.skip(count)
            }
        }
        try reader.skip(left)
    }

    /// Replaces each field that is saturated by the next number of the zip64 field, all of which
    /// must be used.
    func resolve(
        _ fields: [UInt32], subject: ZipSubject
    ) throws(AssetError) -> [Int] {
        var numbers = (zip64 ?? [])[...]
        var resolved: [Int] = []
        for field in fields {
            guard field == ZipSaturated.long else {
                resolved.append(Int(field))
                continue
            }
            guard let number = numbers.popFirst(), let size = Int(exactly: number) else {
                throw subject.refused("a zip64 field holds no size, or an impossible one")
            }
            resolved.append(size)
        }
        guard numbers.isEmpty else {
            throw subject.refused("a zip64 field holds more than its header asks for")
        }
        return resolved
    }
}
