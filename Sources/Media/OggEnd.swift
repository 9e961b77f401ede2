// Says whether an Ogg file ends as one should: with a whole page that is marked as the last.

internal import Basics

// An Ogg page (RFC 3533, section 6):
//
// OFFSET  SIZE  MEANING
//      0     4  "OggS"
//      4     1  version, 0
//      5     1  flags; 4 = the last page of its stream
//      6     8  granule position
//     14     4  stream serial number
//     18     4  page number
//     22     4  CRC
//     26     1  n, the number of segments
//     27     n  the segments' lengths, which together are the length of the body that follows

/// The end of an Ogg file.
package enum OggEnd {
    private static let headerByteCount = 27
    /// The longest page: a header, 255 lengths, and 255 segments of 255 bytes.
    private static let pageByteCountMax = headerByteCount + 255 + 255 * 255

    /// Whether the last page of `bytes` ends with them and carries the end-of-stream flag.
    static func isWhole(_ bytes: any RandomAccessBytes) throws(AssetError) -> Bool {
        let count = min(bytes.byteCount, pageByteCountMax)
        let tail = try bytes.read(at: bytes.byteCount - count, count: count)
        guard tail.count == count else { return false }
        return endsWithLastPage(tail)
    }

    /// Whether one of the places that look like a page is a whole last page that ends `tail`.
    package static func endsWithLastPage(_ tail: [UInt8]) -> Bool {
        guard tail.count >= headerByteCount else { return false }
        for start in stride(from: tail.count - headerByteCount, through: 0, by: -1) {
            guard tail[start] == 0x4F, tail[start + 1] == 0x67, tail[start + 2] == 0x67,
                tail[start + 3] == 0x53, tail[start + 4] == 0
            else { continue }
            let segments = Int(tail[start + 26])
            let body = start + headerByteCount + segments
            guard body <= tail.count else { continue }
            let lengths = tail[(start + headerByteCount)..<body]
            guard body + lengths.reduce(0, { $0 + Int($1) }) == tail.count else { continue }
            return tail[start + 5] & 4 != 0
        }
        return false
    }
}
