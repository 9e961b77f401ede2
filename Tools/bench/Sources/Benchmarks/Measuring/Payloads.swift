// What is stored: bytes that no compressor makes smaller, all different, and made beforehand, so
// that making them is nobody's time.

/// Numbered contents of one length: windows into a pool of random bytes.
struct Payloads: Sendable {
    /// The bytes of each content.
    let byteCount: Int
    private let pool: [UInt8]
    /// How many windows the pool has; contents with numbers that far apart are equal.
    private let windowCount: Int

    private static let windowStep = 64
    /// Odd, so that it visits all windows, and about a content wide, so that they come from memory.
    private static let stride = 1613

    /// - Parameter windowCount: a power of two.
    init(byteCount: Int, seed: UInt64, windowCount: Int = 1 << 20) {
        self.byteCount = byteCount
        self.windowCount = windowCount
        var random = SeededGenerator(seed: seed)
        let wordCount = (windowCount * Self.windowStep + byteCount + 7) / 8
        pool = unsafe [UInt8](unsafeUninitializedCapacity: wordCount * 8) { buffer, count in
            let words = UnsafeMutableRawBufferPointer(buffer)
            for word in 0..<wordCount {
                unsafe words.storeBytes(of: random.next(), toByteOffset: word * 8, as: UInt64.self)
            }
            count = wordCount * 8
        }
    }

    /// Lends the content with a number.
    func withBytes<Result>(
        _ index: Int, _ body: (RawSpan) throws -> Result
    ) rethrows -> Result {
        let start = index * Self.stride % windowCount * Self.windowStep
        return try body(unsafe pool.span.bytes.extracting(start..<start + byteCount))
    }

    /// The hash of the contents with these numbers.
    func contentSum(_ indexes: some Sequence<Int>) -> ContentSum {
        var sum = ContentSum()
        for index in indexes { withBytes(index) { sum.add(index, $0) } }
        return sum
    }
}
