// A hash of what was stored or read: what keeps a comparison honest. It is the same work for every
// contestant, and fast enough not to hide theirs.

/// A hash of bytes in which every bit and its place counts: Fletcher's sums over eight lanes of 64
/// bits. Touches each byte once, at about the speed of memory.
func contentHash(_ bytes: RawSpan) -> UInt64 {
    unsafe bytes.withUnsafeBytes { buffer in
        var sums = SIMD8<UInt64>(repeating: 0)
        var sumsOfSums = SIMD8<UInt64>(repeating: 0)
        var offset = 0
        while offset + 64 <= buffer.count {
            sums &+= unsafe buffer.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
            sumsOfSums &+= sums
            offset += 64
        }
        var hash = mixed(UInt64(buffer.count))
        for lane in 0..<8 { hash = mixed(hash ^ sums[lane]) &+ mixed(sumsOfSums[lane]) }
        while offset < buffer.count {
            hash = mixed(hash ^ UInt64(unsafe buffer[offset]))
            offset += 1
        }
        return hash
    }
}

/// The hash of a set of numbered contents, whatever the order in which they are added.
struct ContentSum: Equatable, Sendable {
    private(set) var value: UInt64 = 0

    mutating func add(_ index: Int, _ hash: UInt64) {
        value &+= mixed(hash ^ mixed(UInt64(truncatingIfNeeded: index)))
    }

    mutating func add(_ index: Int, _ bytes: RawSpan) { add(index, contentHash(bytes)) }

    static func + (left: ContentSum, right: ContentSum) -> ContentSum {
        var sum = left
        sum.value &+= right.value
        return sum
    }
}

/// A bijection that spreads every bit over all: the finalizer of SplitMix64.
func mixed(_ value: UInt64) -> UInt64 {
    var value = value &+ 0x9E37_79B9_7F4A_7C15
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        defer { state &+= 0x9E37_79B9_7F4A_7C15 }
        return mixed(state)
    }
}
