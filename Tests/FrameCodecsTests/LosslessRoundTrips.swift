import Basics
import FrameCodecs
import TestSupport
import Testing

/// Frames come back sample for sample, whatever is in them.
@Suite struct LosslessRoundTrips {
    static let sizes = [
        (1, 1), (2, 1), (1, 2), (3, 3), (15, 5), (16, 2), (17, 66), (31, 65), (33, 129), (64, 64),
        (130, 3), (257, 7),
    ]

    @Test(arguments: PixelFormat.allCases)
    func everySizeAndStride(_ format: PixelFormat) throws {
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        for (number, (width, height)) in (Self.sizes + Self.sizes).enumerated() {
            let content = Content.allCases[number * 7 / 4 % Content.allCases.count]
            let frame = try frame(
                content, format, width: width, height: height, stridePadding: number * 5 % 23,
                seed: UInt64(number))
            let payload = try encoder.bytes(of: frame)
            let strides = frame.planes.map { $0.rowByteCount + number * 7 % 19 }
            var decoded = try Frame(width: width, height: height, format: format, strides: strides)
            try unsafe decoder.decode(payload.span.bytes, into: &decoded)
            #expect(decoded.allSamples == frame.allSamples, "\(width)×\(height)")
        }
    }

    @Test(arguments: [
        (8192, 3, PixelFormat.grey), (3, 8192, .grey), (8192, 2, .rgba), (1, 8192, .rgba),
        (8191, 3, .yuv420BT709), (5, 8191, .yuv420JPEG), (8192, 1, .rgba16), (16_384, 1, .rgb),
        (1, 16_384, .grey),
    ])
    func longSides(_ width: Int, _ height: Int, _ format: PixelFormat) throws {
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        let frame = try frame(.smooth, format, width: width, height: height)
        let payload = try encoder.bytes(of: frame)
        #expect(try decoder.samples(of: payload) == frame.allSamples)
    }

    #if !DEBUG
        @Test(arguments: [PixelFormat.grey, .rgba, .yuv420BT709])
        func theLargest(_ format: PixelFormat) throws {
            var encoder = LosslessEncoder()
            var decoder = LosslessDecoder()
            let frame = try frame(.smooth, format, width: 8192, height: 8191)
            let payload = try encoder.bytes(of: frame)
            #expect(try decoder.samples(of: payload) == frame.allSamples)
        }
    #endif

    /// Every step from one value to another, sideways and downwards, in 8 and in 16 bits.
    @Test(arguments: [PixelFormat.grey, .bgra, .rgba16])
    func everyDifference(_ format: PixelFormat) throws {
        var steps = try Frame(width: 257, height: 256, format: format)
        steps.fill(plane: 0) { row, at in UInt8(truncatingIfNeeded: at % 2 == 0 ? row : at * row) }
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        let payload = try encoder.bytes(of: steps)
        #expect(try decoder.samples(of: payload) == steps.allSamples)
    }

    @Test func whatWasPackedBeforeDoesNotMatter() throws {
        var used = LosslessEncoder()
        var decoder = LosslessDecoder()
        for (content, format) in [(Content.noise, PixelFormat.rgba), (.sparse, .grey)] {
            _ = try used.bytes(of: try frame(content, format, width: 70, height: 70))
        }
        for content in Content.allCases {
            let frame = try frame(content, .bgraPremultiplied, width: 70, height: 70)
            var fresh = LosslessEncoder()
            let payload = try fresh.bytes(of: frame)
            #expect(try used.bytes(of: frame) == payload)
            #expect(try decoder.samples(of: payload) == frame.allSamples)
        }
    }

    @Test func stridesDoNotMatter() throws {
        var encoder = LosslessEncoder()
        for format in PixelFormat.allCases {
            let narrow = try frame(.smooth, format, width: 50, height: 40)
            let wide = try frame(.smooth, format, width: 50, height: 40, stridePadding: 13)
            #expect(narrow.samplesChecksum == wide.samplesChecksum)
            let expected = try encoder.bytes(of: narrow)
            #expect(try encoder.bytes(of: wide) == expected)
        }
    }

    @Test func nothingIsLostOnNoise() throws {
        var encoder = LosslessEncoder()
        for format in PixelFormat.allCases {
            let frame = try frame(.noise, format, width: 300, height: 256)
            let raw = frame.planes.reduce(0) { $0 + $1.rowByteCount * $1.rows }
            #expect(try encoder.bytes(of: frame).count < raw + raw / 100 + 6000)
        }
    }

    @Test func constantAlphaIsNearlyFree() throws {
        var encoder = LosslessEncoder()
        var opaque = try frame(.smooth, .rgba, width: 200, height: 300)
        let clear = try frame(.smooth, .rgb, width: 200, height: 300)
        let colours = clear.samples(plane: 0)
        opaque.fill(plane: 0) { row, at in
            at % 4 == 3 ? 200 : colours[row * 600 + at / 4 * 3 + at % 4]
        }
        let expected = try encoder.bytes(of: clear).count
        #expect(try encoder.bytes(of: opaque).count <= expected + 64)
        let flat = try frame(.flat, .rgba, width: 1920, height: 64)
        #expect(try encoder.bytes(of: flat).count < 100)
    }
}

/// The same bytes everywhere: as a plain implementation makes them, in every build.
@Suite struct LosslessBytes {
    @Test(arguments: PixelFormat.allCases)
    func areThoseOfThePlainImplementation(_ format: PixelFormat) throws {
        var encoder = LosslessEncoder()
        for (number, content) in Content.allCases.enumerated() {
            let (width, height) = [(1, 1), (17, 3), (40, 66), (129, 30)][
                (number + Int(format.rawValue)) % 4]
            let frame = try frame(content, format, width: width, height: height, stridePadding: 3)
            let expected = LosslessReference.encode(frame)
            #expect(try encoder.bytes(of: frame) == expected, "\(width)×\(height)")
        }
    }

    /// Of larger frames only some rows are looked at before the codes are made.
    @Test(arguments: [
        (Content.smooth, PixelFormat.rgba), (.sparse, .grey), (.smooth, .yuv420BT709),
        (.opaque, .bgraPremultiplied),
    ])
    func ofLargerFramesToo(_ content: Content, _ format: PixelFormat) throws {
        var encoder = LosslessEncoder()
        let frame = try frame(content, format, width: 333, height: 200)
        let expected = LosslessReference.encode(frame)
        #expect(try encoder.bytes(of: frame) == expected)
    }

    /// Stored frames must be the same tomorrow; these may only change with the version.
    @Test func stayWhatTheyWere() throws {
        var encoder = LosslessEncoder()
        var sums: [String] = []
        for format in PixelFormat.allCases {
            var all: [UInt8] = []
            for content in Content.allCases {
                let frame = try frame(content, format, width: 90, height: 70)
                all += try encoder.bytes(of: frame)
            }
            sums.append(unsafe hex(checksum64(all.span.bytes)))
        }
        #expect(sums == Self.expectedSums)
    }

    private static let expectedSums = [
        "6f4c5d74e00db4a7", "e220d7089f3a7d4a", "935df06bbce36f7c", "2995b236f16ec2da",
        "d37057b1b61980e3", "da88b057be85e71c", "6dbb1c5c05fb2a18", "dd45bc12f5e0a846",
        "b6b0f2b865fa2d34", "1888ff28c3af483e", "34434fb8478d3f9c",
    ]
}
