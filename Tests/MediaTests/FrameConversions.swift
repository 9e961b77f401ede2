// Frames are converted as double precision would have it, whatever their formats and rows.

import Basics
import FrameCodecs
import Media
import TestSupport
import Testing

/// A plain reference: formats by way of straight colours and alpha in double precision, 0…1.
private struct Colors {
    var red, green, blue, alpha: Double
}

private struct Matrix {
    var kr, kb: Double
    var isFull: Bool

    init?(_ format: PixelFormat) {
        switch format {
        case .yuv420JPEG: (kr, kb, isFull) = (0.299, 0.114, true)
        case .yuv420BT601: (kr, kb, isFull) = (0.299, 0.114, false)
        case .yuv420BT709: (kr, kb, isFull) = (0.2126, 0.0722, false)
        case .yuv420BT709Full: (kr, kb, isFull) = (0.2126, 0.0722, true)
        default: return nil
        }
    }

    /// Y', Cb, Cr of a colour, not rounded.
    func samples(_ color: Colors) -> [Double] {
        let luma = kr * color.red + (1 - kr - kb) * color.green + kb * color.blue
        let blue = (color.blue - luma) / (2 * (1 - kb))
        let red = (color.red - luma) / (2 * (1 - kr))
        return isFull
            ? [255 * luma, 128 + 255 * blue, 128 + 255 * red]
            : [16 + 219 * luma, 128 + 224 * blue, 128 + 224 * red]
    }

    func color(_ samples: [Double]) -> Colors {
        let luma = isFull ? samples[0] / 255 : (samples[0] - 16) / 219
        let scale: Double = isFull ? 255 : 224
        let (blue, red) = ((samples[1] - 128) / scale, (samples[2] - 128) / scale)
        let (r, b) = (luma + 2 * (1 - kr) * red, luma + 2 * (1 - kb) * blue)
        let g = (luma - kr * r - kb * b) / (1 - kr - kb)
        return Colors(
            red: min(max(r, 0), 1), green: min(max(g, 0), 1), blue: min(max(b, 0), 1), alpha: 1)
    }
}

extension PixelFormat {
    /// One pixel's samples in the order of the planes' bytes; 16-bit ones as one number each.
    fileprivate func samples(_ color: Colors) -> [Double] {
        let over = [color.red, color.green, color.blue].map { $0 * color.alpha * 255 }
        let plain = [color.red, color.green, color.blue].map { $0 * 255 }
        let alpha = color.alpha * 255
        switch self {
        case .bgraPremultiplied: return [over[2], over[1], over[0], alpha]
        case .rgbaPremultiplied: return over + [alpha]
        case .bgra: return [plain[2], plain[1], plain[0], alpha]
        case .rgba: return plain + [alpha]
        case .rgba16: return (plain + [alpha]).map { $0 * 257 }
        case .rgb: return over
        case .grey:
            return [0.299 * over[0] + 0.587 * over[1] + 0.114 * over[2]]
        case .yuv420JPEG, .yuv420BT601, .yuv420BT709, .yuv420BT709Full:
            var opaque = color
            (opaque.red, opaque.green, opaque.blue) = (
                over[0] / 255, over[1] / 255, over[2] / 255
            )
            return Matrix(self)?.samples(opaque) ?? []
        }
    }

    /// The colour that samples mean.
    fileprivate func color(_ samples: [Double]) -> Colors {
        func straight(_ red: Double, _ green: Double, _ blue: Double, _ alpha: Double) -> Colors {
            Colors(red: red, green: green, blue: blue, alpha: alpha)
        }
        let units = samples.map { $0 / (self == .rgba16 ? 65535 : 255) }
        switch self {
        case .bgraPremultiplied, .rgbaPremultiplied:
            let (red, blue) = self == .bgraPremultiplied ? (2, 0) : (0, 2)
            guard units[3] > 0 else { return straight(units[red], units[1], units[blue], 0) }
            return straight(
                min(1, units[red] / units[3]), min(1, units[1] / units[3]),
                min(1, units[blue] / units[3]), units[3])
        case .bgra: return straight(units[2], units[1], units[0], units[3])
        case .rgba, .rgba16: return straight(units[0], units[1], units[2], units[3])
        case .rgb: return straight(units[0], units[1], units[2], 1)
        case .grey: return straight(units[0], units[0], units[0], 1)
        case .yuv420JPEG, .yuv420BT601, .yuv420BT709, .yuv420BT709Full:
            return Matrix(self)?.color(samples) ?? straight(0, 0, 0, 0)
        }
    }
}

@Suite struct FrameConversions {
    /// Frames of one colour show the conversion alone, without what chroma's sampling does.
    @Test(arguments: PixelFormat.allCases, PixelFormat.allCases)
    func coloursAreThoseOfTheReference(_ from: PixelFormat, _ to: PixelFormat) throws {
        var random = SeededGenerator(seed: 7)
        let converter = FrameConverter()
        var worst = 0.0
        let steps: [Double] = [0, 0.25, 0.5, 0.75, 1]
        for number in 0..<40 {
            // Corners first, then anything; opaque, half or any.
            var color = Colors(
                red: Double(number & 1), green: Double(number >> 1 & 1),
                blue: Double(number >> 2 & 1), alpha: number < 16 ? 1 : 0.6)
            if number >= 24 {
                color.red = steps.randomElement(using: &random) ?? 0
                color.green = Double.random(in: 0...1, using: &random)
                color.blue = Double.random(in: 0...1, using: &random)
                color.alpha = number % 2 == 0 ? 1 : Double.random(in: 0.3...1, using: &random)
            }
            let samples = from.samples(color).map { $0.rounded() }
            var source = try Frame(width: 34, height: 18, format: from)
            source.fill(with: samples)
            var target = try Frame(width: 34, height: 18, format: to)
            try converter.convert(source, into: &target)
            let expected = to.samples(from.color(samples))
            for (got, wanted) in zip(target.samples(x: 16, y: 8), expected) {
                let unit = to == .rgba16 ? 257.0 : 1
                worst = max(worst, abs(got - wanted) / unit)
            }
        }
        #expect(worst <= 1.2)
    }

    @Test(arguments: [(1, 1), (2, 1), (1, 7), (17, 3), (64, 64), (129, 31)])
    func oddSizesAndUnalignedRowsAreConverted(_ size: (width: Int, height: Int)) throws {
        let converter = FrameConverter()
        for from in PixelFormat.allCases {
            for to in PixelFormat.allCases {
                let strides = (0..<to.planeCount).map { plane in
                    to.rowLength(plane, width: size.width) + 2 * plane + 2
                }
                let samples = from.samples(Colors(red: 1, green: 0.5, blue: 0, alpha: 1))
                var source = try Frame(
                    width: size.width, height: size.height, format: from)
                source.fill(with: samples.map { $0.rounded() })
                var tight = try Frame(
                    width: size.width, height: size.height, format: to, strides: strides)
                var plain = try Frame(width: size.width, height: size.height, format: to)
                try converter.convert(source, into: &tight)
                try converter.convert(source, into: &plain)
                for (x, y) in [(0, 0), (size.width - 1, size.height - 1)] {
                    let (got, wanted) = (tight.samples(x: x, y: y), plain.samples(x: x, y: y))
                    #expect(got == wanted, "\(from) to \(to) at \(x), \(y)")
                }
            }
        }
    }

    @Test func scalingKeepsColours() throws {
        let converter = FrameConverter()
        for format in PixelFormat.allCases {
            let samples = format.samples(Colors(red: 0.2, green: 0.9, blue: 0.4, alpha: 0.5))
                .map { $0.rounded() }
            var source = try Frame(width: 320, height: 180, format: format)
            source.fill(with: samples)
            for size in [(64, 36), (41, 23), (640, 360), (5, 3)] {
                var target = try Frame(width: size.0, height: size.1, format: format)
                try converter.convert(source, into: &target)
                let unit = format == .rgba16 ? 257.0 : 1
                // Dividing by an alpha of a half doubles what scaling was off.
                let most = format.isStraight ? 6 * unit : 3
                for (got, wanted) in zip(target.samples(x: size.0 / 2, y: size.1 / 2), samples) {
                    #expect(abs(got - wanted) <= most, "\(format) \(size)")
                }
            }
        }
    }
}

extension PixelFormat {
    fileprivate var isStraight: Bool { [.rgba, .bgra, .rgba16].contains(self) }

    /// Bytes of a plane's row.
    fileprivate func rowLength(_ plane: Int, width: Int) -> Int {
        switch self {
        case .rgba16: 8 * width
        case .rgb: 3 * width
        case .grey: width
        case .bgra, .rgba, .bgraPremultiplied, .rgbaPremultiplied: 4 * width
        case .yuv420JPEG, .yuv420BT601, .yuv420BT709, .yuv420BT709Full:
            plane == 0 ? width : (width + 1) / 2
        }
    }
}

extension Frame {
    /// Makes every pixel the same.
    fileprivate mutating func fill(with samples: [Double]) {
        let (planes, isWide, isPlanar) = (planes, format == .rgba16, format.planeCount == 3)
        unsafe withUnsafeMutableBytes { memory in
            for (number, plane) in planes.enumerated() {
                for row in 0..<plane.rows {
                    let start = plane.offset + row * plane.stride
                    if isPlanar {
                        for x in 0..<plane.rowByteCount {
                            unsafe memory[start + x] = UInt8(min(samples[number], 255))
                        }
                    } else if isWide {
                        for x in 0..<plane.rowByteCount / 2 {
                            unsafe memory.storeBytes(
                                of: UInt16(samples[x % 4]), toByteOffset: start + 2 * x,
                                as: UInt16.self)
                        }
                    } else {
                        for x in 0..<plane.rowByteCount {
                            unsafe memory[start + x] = UInt8(samples[x % samples.count])
                        }
                    }
                }
            }
        }
    }

    /// The samples of one pixel.
    fileprivate func samples(x: Int, y: Int) -> [Double] {
        let (planes, format) = (planes, format)
        return unsafe withUnsafeBytes { memory in
            if format.planeCount == 3 {
                return planes.enumerated().map { number, plane in
                    let (x, y) = number == 0 ? (x, y) : (x / 2, y / 2)
                    return unsafe Double(memory[plane.offset + y * plane.stride + x])
                }
            }
            let count = format.rowLength(0, width: 1) / (format == .rgba16 ? 2 : 1)
            let start = planes[0].offset + y * planes[0].stride + x * format.rowLength(0, width: 1)
            return (0..<count).map { channel in
                unsafe format == .rgba16
                    ? Double(
                        memory.loadUnaligned(
                            fromByteOffset: start + 2 * channel, as: UInt16.self))
                    : Double(memory[start + channel])
            }
        }
    }
}
