// The checksum of zip archives. libdeflate computes it with carry-less multiplication, about four
// times as fast as zlib, so that archives are copied at the speed of the disk.

internal import Basics
internal import CDeflate

/// The CRC-32 of bytes that arrive in pieces, as in ISO 3309 and zip archives.
struct CRC32: Sendable {
    private(set) var value: UInt32 = 0

    /// Takes in the next bytes. The corresponding C function is `libdeflate_crc32`.
    mutating func update(_ bytes: RawSpan) {
        value = unsafe bytes.withUnsafeBytes {
            // An absent buffer would mean “begin”, not “no bytes”.
            guard let start = $0.baseAddress else { return value }
            return unsafe libdeflate_crc32(value, start, $0.count)
        }
    }

    static func of(_ bytes: RawSpan) -> UInt32 {
        var crc = CRC32()
        crc.update(bytes)
        return crc.value
    }
}
