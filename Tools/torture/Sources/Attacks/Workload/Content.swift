// Bytes with a number: what is stored, and what must come back.

internal import AssetStore
internal import Basics
internal import Glibc
internal import Synchronization

/// Contents by number. Which bytes a number stands for never changes, in any process.
enum Content {
    /// From none to 60,000 bytes; every even one can be packed.
    static let small = 0..<160
    /// Of several parts, which are costly.
    static let large = 1000..<1003
    /// What stands for bytes that are no content.
    static let wrong = -1

    private static let known = Mutex<[Int: [UInt8]]>([:])
    private static let numbersByLength: [Int: [Int]] = {
        Dictionary(grouping: Array(small) + Array(large)) { byteCount($0) }
    }()

    static func bytes(_ number: Int) -> [UInt8] {
        known.withLock { known in
            if let bytes = known[number] { return bytes }
            let bytes = make(number)
            known[number] = bytes
            return bytes
        }
    }

    /// The number of the content with these bytes, ``wrong`` when there is none.
    static func number(of bytes: RawSpan) -> Int {
        let candidates = numbersByLength[bytes.byteCount] ?? []
        return candidates.first { isEqual(bytes, self.bytes($0)) } ?? wrong
    }

    private static func isEqual(_ left: RawSpan, _ right: [UInt8]) -> Bool {
        unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                unsafe left.count == right.count
                    && (left.isEmpty
                        || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0)
            }
        }
    }

    static func byteCount(_ number: Int) -> Int {
        var random = Random(0xC0, UInt64(number))
        if number == 0 { return 0 }
        if number == 2 { return 1 }
        if large.contains(number) {
            return Limits.partByteCount + 1 + (number - large.lowerBound) * 100_000
        }
        return number % 16 == 3
            ? Int.random(in: 20_000...60_000, using: &random)
            : Int.random(in: 8...3000, using: &random)
    }

    private static func make(_ number: Int) -> [UInt8] {
        let byteCount = byteCount(number)
        if byteCount < 8 { return [UInt8](repeating: 2, count: byteCount) }
        var random = Random(0xC1, UInt64(number))
        // The number itself goes first: no two of a length are equal by chance.
        let start = (0..<8).map { UInt8(truncatingIfNeeded: (number + 1) >> ($0 * 8)) }
        // Those of several parts repeat what is random, but not within what zstd looks back at.
        if number % 2 == 1 || large.contains(number) {
            let period = min(byteCount - 8, 70_001)
            let bytes = random.bytes(period)
            return start + (0..<byteCount - 8).map { bytes[$0 % period] }
        }
        let pattern = random.bytes(64)
        return start + (8..<byteCount).map { pattern[$0 % 64] }
    }
}
