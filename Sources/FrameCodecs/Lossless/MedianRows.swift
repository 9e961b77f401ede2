// Undoing the median of four rows at once.
//
// A sample is known only when the one left of it is, so a row is one long chain. But the next row can
// follow one pixel behind, and so on: four rows, each a pixel behind the one above, are four pixels in
// one vector, and the chain is hardly longer than that of one.

/// Turns differences to the median into samples, in rows of 4-byte pixels.
enum MedianRows {
    /// How many rows go together.
    static let count = 4

    /// Turns the differences of four rows, one below the other, into samples, in place.
    static func restore(_ rows: ArraySlice<Lane<UInt8>>, above: Lane<UInt8>, width: Int) {
        let first = rows.startIndex
        let (a, b, c, d) = (rows[first], rows[first + 1], rows[first + 2], rows[first + 3])
        guard width > count else {
            restore(a, above: above, 0..<width)
            restore(b, above: a, 0..<width)
            restore(c, above: b, 0..<width)
            return restore(d, above: c, 0..<width)
        }
        // The rows' beginnings, so that each is one pixel ahead of the next.
        restore(a, above: above, 0..<3)
        restore(b, above: a, 0..<2)
        restore(c, above: b, 0..<1)
        var left = bytes(SIMD4(word(a, 2), word(b, 1), word(c, 0), word(c, 0)))
        var corner = bytes(SIMD4(word(above, 2), word(a, 1), word(b, 0), word(c, 0)))
        for x in 3..<width {
            // Above the first row's pixel is the row above; above the others', what was made last.
            let made = words(left)
            let up = bytes(SIMD4(word(above, x), made.x, made.y, made.z))
            let differences = bytes(
                SIMD4(word(a, x), word(b, x &- 1), word(c, x &- 2), word(d, x &- 3)))
            let between = larger(smaller(left, up), smaller(corner, larger(left, up)))
            left = left &- between &+ (up &+ differences)
            corner = up
            let pixels = words(left)
            a.store(pixels.x, at: 4 &* x)
            b.store(pixels.y, at: 4 &* (x &- 1))
            c.store(pixels.z, at: 4 &* (x &- 2))
            d.store(pixels.w, at: 4 &* (x &- 3))
        }
        restore(b, above: a, width - 1..<width)
        restore(c, above: b, width - 2..<width)
        restore(d, above: c, width - 3..<width)
    }

    /// Turns the differences of one row into samples, in place; those before `range` are there.
    static func restore(_ row: Lane<UInt8>, above: Lane<UInt8>, _ range: Range<Int>) {
        let before = range.lowerBound - 1
        var left = pixel(before < 0 ? above : row, max(before, 0))
        var corner = pixel(above, max(before, 0))
        for x in range {
            let up = pixel(above, x)
            let between = larger(smaller(left, up), smaller(corner, larger(left, up)))
            left = left &- between &+ (up &+ pixel(row, x))
            row.store(words(left).x, at: 4 * x)
            corner = up
        }
    }

    @inline(__always) private static func word(_ row: Lane<UInt8>, _ x: Int) -> UInt32 {
        row.load(UInt32.self, at: 4 &* x)
    }

    /// A pixel in the lowest bytes of a vector.
    @inline(__always) private static func pixel(_ row: Lane<UInt8>, _ x: Int) -> SIMD16<UInt8> {
        bytes(SIMD4(word(row, x), 0, 0, 0))
    }

    @inline(__always) private static func bytes(_ words: SIMD4<UInt32>) -> SIMD16<UInt8> {
        unsafe unsafeBitCast(words, to: SIMD16<UInt8>.self)
    }

    @inline(__always) private static func words(_ bytes: SIMD16<UInt8>) -> SIMD4<UInt32> {
        unsafe unsafeBitCast(bytes, to: SIMD4<UInt32>.self)
    }
}
