// From pixels to rows of channels: what is stored of colours is how far red and blue are from
// green, because all three rise and fall together.

/// Takes rows of a frame's plane apart into channels.
enum ChannelRows {
    /// Takes a row of 8-bit samples apart. Channels 0 and 2 of three or four become differences to
    /// channel 1.
    ///
    /// - Parameters:
    ///   - pixels: a row, readable up to its last byte.
    ///   - wantsAlpha: whether the fourth channel is needed.
    ///   - channels: a lane for each channel.
    static func split(
        _ pixels: Lane<UInt8>, width: Int, channelCount: Int, wantsAlpha: Bool,
        into channels: [Lane<UInt8>]
    ) {
        switch channelCount {
        case 1: channels[0].copy(width, of: pixels, from: 0, to: 0)
        case 3:
            let (first, green, last) = (channels[0], channels[1], channels[2])
            for x in 0..<width {
                let value = pixels[3 * x + 1]
                green[x] = value
                first[x] = pixels[3 * x] &- value
                last[x] = pixels[3 * x + 2] &- value
            }
        default:
            let (first, green, last, alpha) = (channels[0], channels[1], channels[2], channels[3])
            let whole = width / blockLength * blockLength
            for x in stride(from: 0, to: whole, by: blockLength) {
                // Every second byte, and every second of these.
                let (low, high) = (
                    pixels.load(SIMD16<UInt16>.self, at: 4 * x),
                    pixels.load(SIMD16<UInt16>.self, at: 4 * x + 32)
                )
                let outer = joined(
                    SIMD16(truncatingIfNeeded: low), SIMD16(truncatingIfNeeded: high))
                let inner = joined(
                    SIMD16(truncatingIfNeeded: low &>> 8), SIMD16(truncatingIfNeeded: high &>> 8))
                let greens = SIMD16<UInt8>(truncatingIfNeeded: inner)
                green.store(greens, at: x)
                first.store(SIMD16<UInt8>(truncatingIfNeeded: outer) &- greens, at: x)
                last.store(SIMD16<UInt8>(truncatingIfNeeded: outer &>> 8) &- greens, at: x)
                if wantsAlpha {
                    alpha.store(SIMD16<UInt8>(truncatingIfNeeded: inner &>> 8), at: x)
                }
            }
            for x in whole..<width {
                let value = pixels[4 * x + 1]
                green[x] = value
                first[x] = pixels[4 * x] &- value
                last[x] = pixels[4 * x + 2] &- value
                alpha[x] = pixels[4 * x + 3]
            }
        }
    }

    @inline(__always)
    private static func joined(_ low: SIMD16<UInt8>, _ high: SIMD16<UInt8>) -> SIMD16<UInt16> {
        unsafe unsafeBitCast((low, high), to: SIMD16<UInt16>.self)
    }

    /// Notes which bytes of pixels differ from those of the first pixel.
    ///
    /// - Parameters:
    ///   - first: the first pixel's bytes, again and again: 16 of them, or 48 for 3 bytes a pixel.
    ///   - changes: bits that differ somewhere, as long as `first`.
    static func noteChanges(
        _ pixels: Lane<UInt8>, from first: [SIMD16<UInt8>], in changes: inout [SIMD16<UInt8>],
        byteCount: Int
    ) {
        let whole = byteCount / blockLength * blockLength
        if first.count == 1 {
            let one = first[0]
            var change = changes[0]
            for index in stride(from: 0, to: whole, by: blockLength) {
                change |= pixels.vector(at: index) ^ one
            }
            changes[0] = change
        } else {
            for index in stride(from: 0, to: whole, by: blockLength) {
                let part = index / blockLength % first.count
                changes[part] |= pixels.vector(at: index) ^ first[part]
            }
        }
        for index in whole..<byteCount {
            let part = index / blockLength % first.count
            changes[part][index % blockLength] |=
                pixels[index] ^ first[part][index % blockLength]
        }
    }

    /// The same for 16-bit samples in the machine's order, four channels.
    static func splitWide(_ pixels: Lane<UInt8>, width: Int, into channels: [Lane<UInt16>]) {
        let (first, green, last, alpha) = (channels[0], channels[1], channels[2], channels[3])
        for x in 0..<width {
            let pixel = pixels.load(SIMD4<UInt16>.self, at: 8 * x)
            green[x] = pixel.y
            first[x] = pixel.x &- pixel.y
            last[x] = pixel.z &- pixel.y
            alpha[x] = pixel.w
        }
    }
}
