// The blend kernels against the formulas in double precision, and against a browser.

import Basics
import FrameCodecs
import Rendering
import TestSupport
import Testing

/// A premultiplied pixel, 0…1.
typealias Pixel = SIMD4<Double>

/// W3C Compositing and Blending, on one pixel with alpha in lane 3.
func reference(_ mode: BlendMode, source: Pixel, backdrop: Pixel, opacity: Double) -> Pixel {
    let source = source * opacity
    if mode == .lighter {
        return (source + backdrop).clamped(lowerBound: Pixel(), upperBound: .one)
    }
    let (sa, ba) = (source[3], backdrop[3])
    var result = Pixel()
    for channel in 0..<3 {
        let s = sa > 0 ? source[channel] / sa : 0
        let b = ba > 0 ? backdrop[channel] / ba : 0
        let blended = formula(mode, s, b)
        result[channel] =
            sa * (1 - ba) * s + sa * ba * blended + (1 - sa) * ba * b
    }
    result[3] = sa + ba - sa * ba
    return result
}

private func formula(_ mode: BlendMode, _ s: Double, _ b: Double) -> Double {
    switch mode {
    case .normal, .lighter: s
    case .multiply: s * b
    case .screen: s + b - s * b
    case .overlay: formula(.hardLight, b, s)
    case .darken: min(s, b)
    case .lighten: max(s, b)
    case .hardLight: s <= 0.5 ? 2 * s * b : formula(.screen, 2 * s - 1, b)
    case .difference: abs(b - s)
    case .exclusion: s + b - 2 * s * b
    }
}

/// A frame one pixel high.
private func row(_ pixels: [SIMD4<UInt8>]) throws -> Frame {
    var frame = try Frame(width: pixels.count, height: 1, format: .bgraPremultiplied)
    unsafe frame.withUnsafeMutableBytes { bytes in
        for (index, pixel) in pixels.enumerated() {
            unsafe bytes.storeBytes(of: pixel, toByteOffset: 4 * index, as: SIMD4<UInt8>.self)
        }
    }
    return frame
}

private func pixels(of frame: borrowing Frame) -> [SIMD4<UInt8>] {
    let width = frame.width
    return unsafe frame.withUnsafeBytes { bytes in
        (0..<width).map {
            unsafe bytes.load(fromByteOffset: 4 * $0, as: SIMD4<UInt8>.self)
        }
    }
}

private func unit(_ pixel: SIMD4<UInt8>) -> Pixel { Pixel(pixel) / 255 }

@Suite struct BlendingStaysWithinOneStep {
    /// Every premultiplied grey pair of these channel and alpha values, and random ones.
    private static let pairs: [(SIMD4<UInt8>, SIMD4<UInt8>)] = {
        let values: [UInt8] = [0, 1, 2, 63, 127, 128, 129, 200, 254, 255]
        var pairs: [(SIMD4<UInt8>, SIMD4<UInt8>)] = []
        for sourceAlpha in values {
            for backdropAlpha in values {
                for source in values where source <= sourceAlpha {
                    for backdrop in values where backdrop <= backdropAlpha {
                        pairs.append(
                            (
                                SIMD4(source, sourceAlpha / 2, 0, sourceAlpha),
                                SIMD4(backdrop, backdrop, backdropAlpha, backdropAlpha)
                            ))
                    }
                }
            }
        }
        var random = SeededGenerator(seed: 5)
        func pixel() -> SIMD4<UInt8> {
            let alpha = UInt8.random(in: 0...255, using: &random)
            return SIMD4(
                .random(in: 0...alpha, using: &random), .random(in: 0...alpha, using: &random),
                .random(in: 0...alpha, using: &random), alpha)
        }
        for _ in 0..<3000 { pairs.append((pixel(), pixel())) }
        return pairs
    }()

    @Test(arguments: BlendMode.allCases, [1.0, 0.999, 0.7, 0.5, 0.2, 0.003])
    func everyMode(_ mode: BlendMode, opacity: Double) throws {
        let pairs = Self.pairs
        let source = try row(pairs.map(\.0))
        var backdrop = try row(pairs.map(\.1))
        try blend(source: source, onto: &backdrop, mode: mode, opacity: opacity)
        var worst = 0.0
        for (pair, ours) in zip(pairs, pixels(of: backdrop)) {
            let exact = reference(
                mode, source: unit(pair.0), backdrop: unit(pair.1), opacity: opacity)
            let distance = Pixel(ours) - exact * 255
            worst = max(worst, distance.max(), -distance.min())
            // A pixel stays a pixel: no colour above its alpha.
            #expect(ours[0] <= ours[3] && ours[1] <= ours[3] && ours[2] <= ours[3])
        }
        #expect(worst < 0.55, "\(mode.rawValue) at \(opacity)")
    }

    @Test func opacityZeroChangesNothing() throws {
        let pairs = Self.pairs
        for mode in BlendMode.allCases {
            var backdrop = try row(pairs.map(\.1))
            try blend(source: row(pairs.map(\.0)), onto: &backdrop, mode: mode, opacity: 0)
            #expect(pixels(of: backdrop) == pairs.map(\.1))
        }
    }

    @Test func partsBlendLikeTheWhole() throws {
        var random = SeededGenerator(seed: 9)
        for mode in BlendMode.allCases {
            let size = 37
            var source = try Frame(width: size, height: 5, format: .bgraPremultiplied)
            var whole = try Frame(width: size, height: 5, format: .bgraPremultiplied)
            fill(&source, &random)
            fill(&whole, &random)
            var parts = try Frame(width: size, height: 5, format: .bgraPremultiplied)
            parts.copy(from: whole)
            try blend(source: source, onto: &whole, mode: mode, opacity: 0.6)
            for part in [(0, 1), (1, 9), (10, 20), (30, 7)] {
                try blend(
                    source: source, atX: 0, y: 0, onto: &parts, mode: mode, opacity: 0.6,
                    region: PixelRectangle(x: part.0, y: -3, width: part.1, height: 100))
            }
            let equal = whole.withBytes { left in
                parts.withBytes { right in equalBytes(left, right) }
            }
            #expect(equal, "\(mode)")
        }
    }

    @Test(arguments: [(-50, 0), (0, 50), (7, 0), (0, -9), (3, 2), (-2, -1)])
    func offsetsAreClipped(_ x: Int, _ y: Int) throws {
        var source = try Frame(width: 4, height: 3, format: .bgraPremultiplied)
        unsafe source.withUnsafeMutableBytes { bytes in
            unsafe _ = bytes.initializeMemory(as: UInt8.self, repeating: 255)
        }
        var backdrop = try Frame(width: 6, height: 4, format: .bgraPremultiplied)
        try blend(
            source: source, atX: x, y: y, onto: &backdrop, mode: .screen, opacity: 1,
            region: PixelRectangle(width: 6, height: 4))
        let stride = backdrop.planes[0].stride
        backdrop.withBytes { bytes in
            for row in 0..<4 {
                for column in 0..<6 {
                    let inside = (x..<x + 4).contains(column) && (y..<y + 3).contains(row)
                    let byte = unsafe bytes.unsafeLoad(
                        fromByteOffset: row * stride + column * 4, as: UInt8.self)
                    #expect(byte == (inside ? 255 : 0))
                }
            }
        }
    }

    @Test func misfitsAreErrors() throws {
        var backdrop = try Frame(width: 2, height: 2, format: .bgraPremultiplied)
        let large = try Frame(width: 3, height: 2, format: .bgraPremultiplied)
        let other = try Frame(width: 2, height: 2, format: .rgba)
        let good = try Frame(width: 2, height: 2, format: .bgraPremultiplied)
        #expect(throws: AssetError(.invalidArgument, "")) {
            try blend(source: large, onto: &backdrop, mode: .normal)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            try blend(source: other, onto: &backdrop, mode: .normal)
        }
        for opacity in [-0.1, 1.1, .nan] {
            #expect(throws: AssetError(.invalidArgument, "")) {
                try blend(source: good, onto: &backdrop, mode: .normal, opacity: opacity)
            }
        }
    }

    private func fill(_ frame: inout Frame, _ random: inout SeededGenerator) {
        let count = frame.byteCount
        let noise = random.bytes(count)
        unsafe frame.withUnsafeMutableBytes { bytes in
            for pixel in 0..<count / 4 {
                let alpha = noise[4 * pixel + 3]
                for channel in 0..<3 {
                    unsafe bytes[4 * pixel + channel] = min(alpha, noise[4 * pixel + channel])
                }
                unsafe bytes[4 * pixel + 3] = alpha
            }
        }
    }
}

func equalBytes(_ left: RawSpan, _ right: RawSpan) -> Bool {
    left.byteCount == right.byteCount && checksum64(left) == checksum64(right)
}

@Suite struct BlendingAnswersLikeABrowser {
    struct Case: Decodable {
        let op: String
        let opacity: Double
        let alphaMode: String
        let backdropRgba: [UInt8]
        let sourceRgba: [UInt8]
        let resultRgba: [UInt8]
    }

    /// The vectors' own tolerances against exact arithmetic, and half a step of ours.
    @Test func vectors() throws {
        let cases = try Vectors.decode([Case].self, from: "blend.json")
        var seen: Set<BlendMode> = []
        for one in cases {
            let name = one.op == "source-over" ? "normal" : one.op
            guard let mode = BlendMode(rawValue: name) else { continue }
            seen.insert(mode)
            let source = try row(premultiplied(one.sourceRgba))
            var backdrop = try row(premultiplied(one.backdropRgba))
            try blend(source: source, onto: &backdrop, mode: mode, opacity: one.opacity)
            let tolerance =
                one.alphaMode == "opaque" ? (mode == .exclusion ? 2.3 : 1.8) : 3.1
            for (index, ours) in pixels(of: backdrop).enumerated() {
                let theirs = exact(one.resultRgba, index)
                let distance = Pixel(ours) - theirs
                #expect(
                    max(distance.max(), -distance.min()) <= tolerance + 0.55,
                    "\(one.op) \(one.alphaMode) \(one.opacity)")
            }
        }
        #expect(seen.count == BlendMode.allCases.count)
    }

    /// Blue, green, red, alpha, premultiplied, 0…255, not rounded.
    private func exact(_ rgba: [UInt8], _ index: Int) -> Pixel {
        let alpha = Double(rgba[4 * index + 3])
        return Pixel(
            Double(rgba[4 * index + 2]) * alpha / 255, Double(rgba[4 * index + 1]) * alpha / 255,
            Double(rgba[4 * index]) * alpha / 255, alpha)
    }

    private func premultiplied(_ rgba: [UInt8]) -> [SIMD4<UInt8>] {
        (0..<rgba.count / 4).map { SIMD4<UInt8>(exact(rgba, $0), rounding: .toNearestOrEven) }
    }
}
