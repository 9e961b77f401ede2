// Gradients as pixels, dithered: a dark gradient in 8 bits shows bands otherwise, and a video
// encoder makes them worse.

internal import Basics
internal import FrameCodecs

/// A run of colours, sampled finely, to fill frames with.
struct GradientRaster {
    private static let sampleCount = 4096
    /// Premultiplied blue, green, red, alpha, 0…255.
    private let samples: [SIMD4<Float>]

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

    private static func samples(_ color: (Double) -> SIMD4<Float>) -> [SIMD4<Float>] {
        (0..<sampleCount).map { index in
            color(Double(index) / Double(sampleCount - 1)) * 255
        }
    }

    /// Fills a premultiplied BGRA frame; `place` gives the place in the gradient, 0…1, of a
    /// pixel's centre.
    ///
    /// Each channel is rounded up or down by a pattern of 8×8 thresholds (Bayer), the same for all
    /// channels, so colour never exceeds alpha.
    @inline(__always)
    func fill(_ frame: inout Frame, place: (_ x: Float, _ y: Float) -> Float) {
        let (width, height, stride) = (frame.width, frame.height, frame.planes[0].stride)
        let last = Float(Self.sampleCount - 1)
        let thresholds = Self.thresholds
        unsafe frame.withUnsafeMutableBytes { bytes in
            for y in 0..<height {
                for x in 0..<width {
                    let at = max(0, min(1, place(Float(x) + 0.5, Float(y) + 0.5)))
                    let color = samples[Int(at * last + 0.5)] + thresholds[y & 7 << 3 | x & 7]
                    let whole = SIMD4<UInt8>(truncatingIfNeeded: SIMD4<Int32>(color))
                    unsafe bytes.storeBytes(
                        of: whole, toByteOffset: y * stride + 4 * x, as: SIMD4<UInt8>.self)
                }
            }
        }
    }

    /// The Bayer matrix of order 8, as thresholds between 0 and 1.
    private static let thresholds: [Float] = (0..<64).map { cell in
        let (x, y) = (cell & 7, cell >> 3)
        var value = 0
        for bit in 0..<3 {
            let (horizontal, vertical) = (x >> bit & 1, y >> bit & 1)
            value |= (2 * (horizontal ^ vertical) + vertical) << (2 * (2 - bit))
        }
        return (Float(value) + 0.5) / 64
    }
}
