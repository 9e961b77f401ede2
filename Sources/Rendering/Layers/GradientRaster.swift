// Gradients as pixels, dithered: a dark gradient in 8 bits shows bands otherwise, and a video
// encoder makes them worse.

internal import Basics
internal import FrameCodecs

/// A run of colours, sampled finely, to fill frames with.
struct GradientRaster {
    private static let sampleCount = 4096
    /// Premultiplied blue, green, red and alpha in 16 bits each, in units of 1/256 of a byte's.
    private let samples: [UInt64]

    /// The colours of stops in ascending order, interpolated in premultiplied sRGB as in CSS; the
    /// first and last colours go on beyond their stops.
    init(_ stops: [ColorStop]) {
        samples = Self.samples { place in
            guard let first = stops.first, let last = stops.last else { return SIMD4() }
            if place <= first.at { return first.color.premultiplied }
            for (left, right) in zip(stops, stops.dropFirst()) where place < right.at {
                let part = Float((place - left.at) / (right.at - left.at))
                return left.color.premultiplied * (1 - part) + right.color.premultiplied * part
            }
            return last.color.premultiplied
        }
    }

    /// One colour that fades out softly, its alpha (1 − place²)².
    init(fading color: Color) {
        samples = Self.samples { place in
            let rest = Float(1 - place * place)
            return color.premultiplied * (rest * rest)
        }
    }

    private static func samples(_ color: (Double) -> SIMD4<Float>) -> [UInt64] {
        (0..<sampleCount).map { index in
            let scaled = color(Double(index) / Double(sampleCount - 1)) * (255 * 256)
            var packed: UInt64 = 0
            for channel in 0..<4 {
                packed |= UInt64(max(0, min(65_280, scaled[channel].rounded()))) << (16 * channel)
            }
            return packed
        }
    }

    /// The colour at a place, 0…1, rounded, as one premultiplied pixel.
    func pixel(at place: Float) -> UInt32 {
        Self.pixel(sample(at: place) &+ 0x0080_0080_0080_0080)
    }

    /// Fills a premultiplied BGRA frame; `place` gives the place in the gradient, 0…1, of a
    /// pixel's centre.
    ///
    /// Each channel is rounded up or down by a pattern of 8×8 thresholds (Bayer), the same for all
    /// channels, so colour never exceeds alpha.
    @inline(__always)
    func fill(_ frame: inout Frame, place: (_ x: Float, _ y: Float) -> Float) {
        let (width, height, stride) = (frame.width, frame.height, frame.planes[0].stride)
        let thresholds = Self.thresholds
        unsafe frame.withUnsafeMutableBytes { bytes in
            for y in 0..<height {
                for x in 0..<width {
                    let sample = sample(at: place(Float(x) + 0.5, Float(y) + 0.5))
                    let threshold = thresholds[((y & 7) << 3) | (x & 7)]
                    unsafe bytes.storeBytes(
                        of: Self.pixel(sample &+ threshold), toByteOffset: y * stride + 4 * x,
                        as: UInt32.self)
                }
            }
        }
    }

    @inline(__always) private func sample(at place: Float) -> UInt64 {
        let last = Self.sampleCount - 1
        return samples[Int(max(0, min(1, place)) * Float(last) + 0.5)]
    }

    /// The upper bytes of four 16-bit numbers.
    @inline(__always) private static func pixel(_ sample: UInt64) -> UInt32 {
        var bytes = (sample >> 8) & 0x00FF_00FF_00FF_00FF
        bytes = (bytes | bytes >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: bytes | bytes >> 16)
    }

    /// The Bayer matrix of order 8 as thresholds in 1/256, once for each channel.
    private static let thresholds: [UInt64] = (0..<64).map { cell in
        let (x, y) = (cell & 7, cell >> 3)
        var value: UInt64 = 0
        for bit in 0..<3 {
            let (horizontal, vertical) = (x >> bit & 1, y >> bit & 1)
            value |= UInt64(2 * (horizontal ^ vertical) + vertical) << UInt64(2 * (2 - bit))
        }
        return (4 * value + 2) * 0x0001_0001_0001_0001
    }
}
