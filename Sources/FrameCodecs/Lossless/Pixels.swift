// Tracks to pixels: the counterpart of `ChannelRows`, around the predictors' undoing.

/// Puts tracks together to pixels, and pixels into frames.
enum Pixels {
    /// Interleaves the bytes of three or four tracks, 4 bytes a pixel, up to whole blocks.
    static func join(_ tracks: [Lane<UInt8>], count: Int, into row: Lane<UInt8>, width: Int) {
        let (first, second, third) = (tracks[0], tracks[1], tracks[2])
        // Of three channels, the fourth is anything: it is not written out.
        let fourth = count == 4 ? tracks[3] : tracks[2]
        let low = SIMD8<UInt16>(repeating: 0x00FF)
        let half = SIMD4<UInt32>(repeating: 0xFFFF)
        for x in stride(from: 0, to: width, by: blockLength) {
            // Pairs of bytes: of the pixels with even numbers, and of those with odd ones.
            let a = first.load(SIMD8<UInt16>.self, at: x)
            let b = second.load(SIMD8<UInt16>.self, at: x)
            let c = third.load(SIMD8<UInt16>.self, at: x)
            let d = fourth.load(SIMD8<UInt16>.self, at: x)
            let (evenLow, evenHigh) = (words(a & low | b &<< 8), words(c & low | d &<< 8))
            let (oddLow, oddHigh) = (words(a &>> 8 | b & ~low), words(c &>> 8 | d & ~low))
            // Pixels: each vector holds every fourth.
            let p0 = evenLow & half | evenHigh &<< 16
            let p1 = oddLow & half | oddHigh &<< 16
            let p2 = evenLow &>> 16 | evenHigh & ~half
            let p3 = oddLow &>> 16 | oddHigh & ~half
            row.store(SIMD4(p0[0], p1[0], p2[0], p3[0]), at: 4 * x)
            row.store(SIMD4(p0[1], p1[1], p2[1], p3[1]), at: 4 * x + 16)
            row.store(SIMD4(p0[2], p1[2], p2[2], p3[2]), at: 4 * x + 32)
            row.store(SIMD4(p0[3], p1[3], p2[3], p3[3]), at: 4 * x + 48)
        }
    }

    @inline(__always) private static func words(_ halves: SIMD8<UInt16>) -> SIMD4<UInt32> {
        unsafe unsafeBitCast(halves, to: SIMD4<UInt32>.self)
    }

    /// The same for 16-bit samples: of each channel there is a track of low and one of high bytes.
    static func joinWide(_ tracks: [Lane<UInt8>], into row: Lane<UInt8>, width: Int) {
        for x in 0..<width {
            for channel in 0..<4 {
                // Both are signed.
                let low = UInt16(bitPattern: Int16(Int8(bitPattern: tracks[2 * channel][x])))
                let high = UInt16(tracks[2 * channel + 1][x]) &<< 8
                row.store(low &+ high, at: 8 * x + 2 * channel)
            }
        }
    }

    /// Writes pixels of four channels, adding green to the first and third.
    static func writeFour(_ row: Lane<UInt8>, to pixels: Lane<UInt8>, width: Int) {
        let whole = width / 4 * 4
        for x in stride(from: 0, to: whole, by: 4) {
            let four = row.load(SIMD4<UInt32>.self, at: 4 * x)
            pixels.store(withGreen(four), at: 4 * x)
        }
        for x in whole..<width {
            let one = SIMD4<UInt32>(row.load(UInt32.self, at: 4 * x), 0, 0, 0)
            pixels.store(withGreen(one)[0], at: 4 * x)
        }
    }

    /// Writes pixels of three channels.
    static func writeThree(_ row: Lane<UInt8>, to pixels: Lane<UInt8>, width: Int) {
        for x in 0..<width {
            let green = row[4 * x + 1]
            pixels[3 * x] = row[4 * x] &+ green
            pixels[3 * x + 1] = green
            pixels[3 * x + 2] = row[4 * x + 2] &+ green
        }
    }

    /// Writes pixels of four 16-bit channels.
    static func writeWide(_ row: Lane<UInt8>, to pixels: Lane<UInt8>, width: Int) {
        for x in 0..<width {
            var pixel = row.load(SIMD4<UInt16>.self, at: 8 * x)
            pixel.x &+= pixel.y
            pixel.z &+= pixel.y
            pixels.store(pixel, at: 8 * x)
        }
    }

    @inline(__always)
    private static func withGreen(_ pixels: SIMD4<UInt32>) -> SIMD4<UInt32> {
        // The second byte in memory is the second lowest: frames are little-endian.
        let green = pixels &>> 8 & 0xFF
        let bytes = unsafe unsafeBitCast(pixels, to: SIMD16<UInt8>.self)
        let added = unsafe unsafeBitCast(green | green &<< 16, to: SIMD16<UInt8>.self)
        return unsafe unsafeBitCast(bytes &+ added, to: SIMD4<UInt32>.self)
    }
}

extension Predictor {
    /// Turns the differences of a row of one channel into samples, in place.
    func restore(_ row: Lane<UInt8>, above: Lane<UInt8>?, width: Int) {
        switch (self, above) {
        case (.none, _): break
        case (.left, _), (_, nil):
            var sum = above.map { $0[0] } ?? 0
            for x in 0..<width {
                sum &+= row[x]
                row[x] = sum
            }
        case (.gradient, let above?):
            var sum: UInt8 = 0
            for x in 0..<width {
                sum &+= row[x]
                row[x] = sum &+ above[x]
            }
        case (.median, let above?):
            var left = above[0]
            var corner = left
            for x in 0..<width {
                let up = above[x]
                let between = max(min(left, up), min(corner, max(left, up)))
                left = left &- between &+ (up &+ row[x])
                row[x] = left
                corner = up
            }
        }
    }

    /// Turns the differences of a row of 4-byte pixels into samples, in place.
    func restorePixels(_ row: Lane<UInt8>, above: Lane<UInt8>?, width: Int) {
        switch (self, above) {
        case (.none, _): break
        case (.left, _), (_, nil):
            var left = SIMD16<UInt8>(repeating: 0)
            if let above { left = above.vector(at: 0).everyPixel(0) }
            for x in stride(from: 0, to: width, by: 4) {
                let sums = row.vector(at: 4 * x).sumOfPixels &+ left
                left = sums.everyPixel(3)
                row.store(sums, at: 4 * x)
            }
        case (.gradient, let above?):
            var left = SIMD16<UInt8>(repeating: 0)
            for x in stride(from: 0, to: width, by: 4) {
                let sums = row.vector(at: 4 * x).sumOfPixels &+ left
                left = sums.everyPixel(3)
                row.store(sums &+ above.vector(at: 4 * x), at: 4 * x)
            }
        case (.median, let above?):
            MedianRows.restore(row, above: above, 0..<width)
        }
    }

    /// The same for 8-byte pixels.
    func restoreWidePixels(_ row: Lane<UInt8>, above: Lane<UInt8>?, width: Int) {
        guard self != .none else { return }
        func pixel(_ row: Lane<UInt8>, _ x: Int) -> SIMD4<UInt16> {
            row.load(SIMD4<UInt16>.self, at: 8 * x)
        }
        var left = above.map { pixel($0, 0) } ?? SIMD4(repeating: 0)
        var corner = left
        for x in 0..<width {
            var between = left
            var up = left
            if self != .left, let above {
                up = pixel(above, x)
                between = corner
                if self == .median {
                    let low = left.replacing(with: up, where: up .< left)
                    let high = left.replacing(with: up, where: up .> left)
                    between.replace(with: low, where: between .< low)
                    between.replace(with: high, where: between .> high)
                }
                corner = up
            }
            left = left &+ up &- between &+ pixel(row, x)
            row.store(left, at: 8 * x)
        }
    }
}

extension SIMD16<UInt8> {
    /// Of four pixels, each plus those before it.
    @inline(__always) fileprivate var sumOfPixels: Self {
        let one = self &+ moved { SIMD4(0, $0.x, $0.y, $0.z) }
        return one &+ one.moved { SIMD4(0, 0, $0.x, $0.y) }
    }

    /// Four times one of four pixels.
    @inline(__always) fileprivate func everyPixel(_ index: Int) -> Self {
        moved { SIMD4(repeating: $0[index]) }
    }

    @inline(__always)
    private func moved(_ body: (SIMD4<UInt32>) -> SIMD4<UInt32>) -> Self {
        unsafe unsafeBitCast(body(unsafeBitCast(self, to: SIMD4<UInt32>.self)), to: Self.self)
    }
}
