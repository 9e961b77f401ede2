import Basics
import FrameCodecs
import TestSupport
import Testing

/// BT.601 full range to BT.709 limited range by way of R'G'B', in double precision.
private func reference(_ y: UInt8, _ cb: UInt8, _ cr: UInt8) -> (Double, Double, Double) {
    let (y, b, r) = (Double(y), Double(cb) - 128, Double(cr) - 128)
    let red = y + 1.402 * r
    let blue = y + 1.772 * b
    let green = (y - 0.299 * red - 0.114 * blue) / 0.587
    let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        min(max(16 + luma * 219 / 255, 16), 235),
        min(max(128 + (blue - luma) / 1.8556 * 224 / 255, 16), 240),
        min(max(128 + (red - luma) / 1.5748 * 224 / 255, 16), 240)
    )
}

@Suite struct ColourConversion {
    private func check(_ source: borrowing Frame) throws {
        var video = try Frame(width: source.width, height: source.height, format: .yuv420BT709)
        try convertToBT709(source, into: &video)
        let (luma, cb, cr) = (
            source.samples(plane: 0), source.samples(plane: 1), source.samples(plane: 2)
        )
        let result = (
            video.samples(plane: 0), video.samples(plane: 1), video.samples(plane: 2)
        )
        let chromaWidth = source.planes[1].rowByteCount
        var worst = 0.0
        for row in 0..<source.height {
            for column in 0..<source.width {
                let at = row / 2 * chromaWidth + column / 2
                let pixel = row * source.width + column
                let expected = reference(luma[pixel], cb[at], cr[at])
                worst = max(
                    worst, abs(Double(result.0[pixel]) - expected.0),
                    abs(Double(result.1[at]) - expected.1), abs(Double(result.2[at]) - expected.2))
            }
        }
        #expect(worst < 0.53)
    }

    @Test(arguments: [(64, 64), (63, 37), (1, 1), (2, 1), (1, 2), (129, 5), (16, 3)])
    func isNearestToTheReference(_ size: (Int, Int)) throws {
        var generator = SeededGenerator(seed: 1)
        var source = try Frame(width: size.0, height: size.1, format: .yuv420JPEG)
        for plane in 0..<3 {
            source.fill(plane: plane) { _, _ in UInt8.random(in: 0...255, using: &generator) }
        }
        try check(source)
    }

    @Test func allCornersAreNearestToTheReference() throws {
        let values: [UInt8] = [0, 1, 2, 16, 127, 128, 129, 235, 240, 253, 254, 255]
        let side = 2 * values.count
        for value in values {
            var source = try Frame(width: side, height: side, format: .yuv420JPEG)
            source.fill(plane: 0) { _, _ in value }
            source.fill(plane: 1) { _, column in values[column] }
            source.fill(plane: 2) { row, _ in values[row] }
            try check(source)
        }
    }

    @Test func greysStayGrey() throws {
        var source = try Frame(width: 512, height: 2, format: .yuv420JPEG)
        source.fill(plane: 0) { _, column in UInt8(column / 2) }
        source.fill(plane: 1) { _, _ in 128 }
        source.fill(plane: 2) { _, _ in 128 }
        try check(source)
        var video = try Frame(width: 512, height: 2, format: .yuv420BT709)
        try convertToBT709(source, into: &video)
        #expect(video.samples(plane: 1).allSatisfy { $0 == 128 })
        #expect(video.samples(plane: 2).allSatisfy { $0 == 128 })
        #expect(video.samples(plane: 0)[0] == 16)
        #expect(video.samples(plane: 0)[511] == 235)
    }

    /// Drawn pixels, every one of its own colour, are nearest to BT.709 in double precision, and
    /// chroma to that of the mean of 2×2.
    @Test(arguments: [(64, 64), (63, 37), (1, 1), (2, 1), (1, 2), (129, 5), (16, 3)])
    func pixelsAreNearestToTheReference(_ size: (Int, Int)) throws {
        var generator = SeededGenerator(seed: 2)
        var source = try Frame(width: size.0, height: size.1, format: .bgraPremultiplied)
        source.fill(plane: 0) { _, _ in
            Bool.random(using: &generator)
                ? UInt8.random(in: 0...255, using: &generator)
                : Bool.random(using: &generator) ? 0 : 255
        }
        var video = try Frame(width: size.0, height: size.1, format: .yuv420BT709)
        try convertToBT709(source, into: &video)
        let pixels = source.samples(plane: 0).map(Double.init)
        func luma(_ place: Int) -> Double {
            0.2126 * pixels[place + 2] + 0.7152 * pixels[place + 1] + 0.0722 * pixels[place]
        }
        let lumas = video.samples(plane: 0)
        var worst = 0.0
        for place in 0..<size.0 * size.1 {
            worst = max(worst, abs(Double(lumas[place]) - (16 + luma(4 * place) * 219 / 255)))
        }
        let (blues, reds) = (video.samples(plane: 1), video.samples(plane: 2))
        let chromaWidth = (size.0 + 1) / 2
        for row in 0..<(size.1 + 1) / 2 {
            for column in 0..<chromaWidth {
                var (blue, red) = (0.0, 0.0)
                for (y, x) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    let (y, x) = (min(2 * row + y, size.1 - 1), min(2 * column + x, size.0 - 1))
                    let place = 4 * (y * size.0 + x)
                    blue += (pixels[place] - luma(place)) / 1.8556 / 4
                    red += (pixels[place + 2] - luma(place)) / 1.5748 / 4
                }
                let at = row * chromaWidth + column
                worst = max(
                    worst, abs(Double(blues[at]) - (128 + blue * 224 / 255)),
                    abs(Double(reds[at]) - (128 + red * 224 / 255)))
            }
        }
        #expect(worst < 0.53)
    }

    /// Rows lie where each frame's planes say, not where the other's do.
    @Test func eachFrameHasItsOwnStrides() throws {
        for format in [PixelFormat.yuv420JPEG, .bgraPremultiplied] {
            var random = SeededGenerator(seed: 3)
            var source = try Frame(width: 70, height: 33, format: format)
            for plane in 0..<format.planeCount {
                source.fill(plane: plane) { _, _ in .random(in: 0...255, using: &random) }
            }
            var plain = try Frame(width: 70, height: 33, format: .yuv420BT709)
            var tight = try Frame(
                width: 70, height: 33, format: .yuv420BT709, strides: [71, 35, 49])
            try convertToBT709(source, into: &plain)
            try convertToBT709(source, into: &tight)
            for plane in 0..<3 {
                let (left, right) = (tight.samples(plane: plane), plain.samples(plane: plane))
                #expect(left == right)
            }
        }
    }

    @Test func otherFormatsAndSizesAreRefused() throws {
        let source = try Frame(width: 4, height: 4, format: .yuv420JPEG)
        let pixels = try Frame(width: 4, height: 4, format: .rgba)
        var video = try Frame(width: 4, height: 4, format: .yuv420BT709)
        var larger = try Frame(width: 4, height: 6, format: .yuv420BT709)
        #expect(throws: AssetError(.invalidArgument, "")) {
            try convertToBT709(pixels, into: &video)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            try convertToBT709(source, into: &larger)
        }
    }
}
