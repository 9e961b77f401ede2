// Symbols of several differences at once, in words of 64 bits.

/// Makes symbols of 8 differences that lie in a word, the first lowest.
enum SymbolWords {
    /// Four symbols of two differences each, in 16 bits each: low + base × high, both moved up so
    /// that none is negative. The differences are within the limit.
    @inline(__always)
    static func pairs(_ samples: UInt64, limit: UInt64) -> UInt64 {
        let moved = singles(samples, limit: limit)
        let mask: UInt64 = 0x00FF_00FF_00FF_00FF
        return (moved & mask) &+ (2 &* limit &+ 1) &* (moved >> 8 & mask)
    }

    /// Two symbols of four differences each, in 32 bits each.
    @inline(__always)
    static func quads(_ samples: UInt64, limit: UInt64) -> UInt64 {
        let pairs = pairs(samples, limit: limit)
        let mask: UInt64 = 0x0000_FFFF_0000_FFFF
        let base = (2 &* limit &+ 1) &* (2 &* limit &+ 1)
        return (pairs & mask) &+ base &* (pairs >> 16 & mask)
    }

    /// Eight symbols of one difference each, in 8 bits each.
    @inline(__always)
    static func singles(_ samples: UInt64, limit: UInt64) -> UInt64 {
        // The highest bits are added without carry, the others can't reach the next byte.
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        let limits = limit &* 0x0101_0101_0101_0101
        return ((samples & low) &+ (limits & low)) ^ ((samples ^ limits) & ~low)
    }
}

/// Bits on their way out, the first lowest.
struct BitSink {
    private let output: Lane<UInt8>
    /// Bytes that are written and complete.
    private(set) var position: Int
    /// Bits that are not yet written, and how many.
    private(set) var bits: UInt64
    private(set) var bitCount: UInt64

    @inline(__always)
    init(output: Lane<UInt8>, position: Int, bits: UInt64, bitCount: UInt64) {
        self.output = output
        (self.position, self.bits, self.bitCount) = (position, bits, bitCount)
    }

    /// Adds a code: 16 bits, and above them how many of them count.
    @inline(__always)
    mutating func put(_ code: UInt32) {
        bits |= UInt64(code & 0xFFFF) &<< bitCount
        bitCount &+= UInt64(code >> 16)
    }

    /// Writes what is complete. At most 7 bits stay behind.
    @inline(__always)
    mutating func flush() {
        output.store(bits.littleEndian, at: position)
        position &+= Int(truncatingIfNeeded: bitCount >> 3)
        bits &>>= bitCount & ~7
        bitCount &= 7
    }

    /// Adds four codes, which are put together before they wait for those ahead.
    @inline(__always)
    private mutating func put(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) {
        let (lengthA, lengthC) = (UInt64(a >> 16), UInt64(c >> 16))
        let first = UInt64(a & 0xFFFF) | UInt64(b & 0xFFFF) &<< lengthA
        let second = UInt64(c & 0xFFFF) | UInt64(d & 0xFFFF) &<< lengthC
        let firstLength = lengthA &+ UInt64(b >> 16)
        let all = first | second &<< firstLength
        bits |= all &<< bitCount
        bitCount &+= firstLength &+ lengthC &+ UInt64(d >> 16)
    }

    /// Adds the codes of four symbols, two in each word. 7 bits of before, 7 of the class and
    /// 4 × 12 are 62.
    @inline(__always)
    mutating func putQuads(_ low: UInt64, _ high: UInt64, _ codes: Lane<UInt32>) {
        put(
            codes[Int(truncatingIfNeeded: low & 0xFFFF)],
            codes[Int(truncatingIfNeeded: low >> 32)],
            codes[Int(truncatingIfNeeded: high & 0xFFFF)],
            codes[Int(truncatingIfNeeded: high >> 32)])
        flush()
    }

    /// Adds the codes of the four symbols of a word of pairs.
    @inline(__always)
    mutating func putFour(_ word: UInt64, _ codes: Lane<UInt32>) {
        put(
            codes[Int(truncatingIfNeeded: word & 0xFFFF)],
            codes[Int(truncatingIfNeeded: word >> 16 & 0xFFFF)],
            codes[Int(truncatingIfNeeded: word >> 32 & 0xFFFF)],
            codes[Int(truncatingIfNeeded: word >> 48)])
        flush()
    }

    /// Adds the codes of the eight symbols of a word.
    @inline(__always)
    mutating func putSingles(_ word: UInt64, _ codes: Lane<UInt32>) {
        putBytes(UInt32(truncatingIfNeeded: word), codes)
        putBytes(UInt32(truncatingIfNeeded: word >> 32), codes)
    }

    @inline(__always)
    private mutating func putBytes(_ word: UInt32, _ codes: Lane<UInt32>) {
        put(
            codes[Int(word & 0xFF)], codes[Int(word >> 8 & 0xFF)], codes[Int(word >> 16 & 0xFF)],
            codes[Int(word >> 24)])
        flush()
    }
}
