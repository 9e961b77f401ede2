import Basics
import Foundation
import FrameCodecs
import TestSupport
import Testing

@Suite struct JPEGRoundTrip {
    private func psnr(_ left: [UInt8], _ right: [UInt8]) -> Double {
        let squares = zip(left, right).map { (Double($0) - Double($1)) * (Double($0) - Double($1)) }
        return 10 * log10(255 * 255 / max(squares.reduce(0, +) / Double(squares.count), 1e-9))
    }

    @Test(arguments: JPEGSubsampling.allCases, [(64, 48), (33, 17), (1, 1), (250, 30)])
    func keepsThePicture(_ subsampling: JPEGSubsampling, _ size: (Int, Int)) throws {
        let frame = try gradient(width: size.0, height: size.1)
        var encoder = try JPEGEncoder()
        var decoder = try JPEGDecoder()
        let bytes = try encoder.bytes(of: frame, quality: 95, subsampling: subsampling)
        #expect(try unsafe decoder.size(of: bytes.span.bytes) == size)
        var decoded = try Frame(width: size.0, height: size.1, format: .bgraPremultiplied)
        try unsafe decoder.decode(bytes.span.bytes, into: &decoded)
        #expect(psnr(frame.samples(plane: 0), decoded.samples(plane: 0)) > 30)
    }

    @Test func sameFrameGivesSameBytesWhateverCameBefore() throws {
        let large = try gradient(width: 200, height: 100)
        let small = try gradient(width: 31, height: 33)
        var first = try JPEGEncoder()
        var second = try JPEGEncoder()
        let expected = try first.bytes(of: small, quality: 80)
        _ = try second.bytes(of: large, quality: 100, subsampling: .yuv444)
        #expect(try second.bytes(of: small, quality: 80) == expected)
    }

    @Test func planesAreTakenAsTheyAre() throws {
        var green = try Frame(width: 35, height: 21, format: .bgraPremultiplied)
        green.fill(plane: 0) { _, column in [0, 0x88, 0, 255][column % 4] }
        var encoder = try JPEGEncoder()
        var decoder = try JPEGDecoder()
        let bytes = try encoder.bytes(of: green, quality: 100)
        var planes = try Frame(width: 35, height: 21, format: .yuv420JPEG)
        try unsafe decoder.decode(bytes.span.bytes, into: &planes)
        // BT.601, full range, of #008800.
        for (plane, expected) in [(0, 80), (1, 83), (2, 71)] {
            #expect(planes.samples(plane: plane).allSatisfy { abs(Int($0) - expected) <= 1 })
        }
        var video = try Frame(width: 35, height: 21, format: .yuv420BT709)
        try convertToBT709(planes, into: &video)
        for (plane, expected) in [(0, 100), (1, 82), (2, 74)] {
            #expect(video.samples(plane: plane).allSatisfy { abs(Int($0) - expected) <= 1 })
        }
    }

    @Test func fullChromaIsRefusedForHalvedPlanes() throws {
        let frame = try gradient(width: 32, height: 32)
        var encoder = try JPEGEncoder()
        var decoder = try JPEGDecoder()
        let bytes = try encoder.bytes(of: frame, quality: 90, subsampling: .yuv444)
        var planes = try Frame(width: 32, height: 32, format: .yuv420JPEG)
        #expect(throws: AssetError(.inputUnreadable, "")) {
            try unsafe decoder.decode(bytes.span.bytes, into: &planes)
        }
    }

    @Test func wrongArgumentsAreRefused() throws {
        var encoder = try JPEGEncoder()
        let planes = try Frame(width: 8, height: 8, format: .yuv420BT709)
        let pixels = try gradient(width: 8, height: 8)
        #expect(throws: AssetError(.invalidArgument, "")) {
            try encoder.bytes(of: planes, quality: 90)
        }
        for quality in [0, 101, -1] {
            #expect(throws: AssetError(.invalidArgument, "")) {
                try encoder.bytes(of: pixels, quality: quality)
            }
        }
        var decoder = try JPEGDecoder()
        let bytes = try encoder.bytes(of: pixels, quality: 90)
        var larger = try Frame(width: 9, height: 8, format: .yuv420JPEG)
        #expect(throws: AssetError(.inputUnreadable, "")) {
            try unsafe decoder.decode(bytes.span.bytes, into: &larger)
        }
        var wrong = try Frame(width: 8, height: 8, format: .rgba16)
        #expect(throws: AssetError(.invalidArgument, "")) {
            try unsafe decoder.decode(bytes.span.bytes, into: &wrong)
        }
    }
}

@Suite struct DamagedJPEG {
    @Test func truncationIsATypedError() throws {
        let frame = try gradient(width: 64, height: 64)
        var encoder = try JPEGEncoder()
        var decoder = try JPEGDecoder()
        let bytes = try encoder.bytes(of: frame, quality: 90)
        var planes = try Frame(width: 64, height: 64, format: .yuv420JPEG)
        var pixels = try Frame(width: 64, height: 64, format: .bgraPremultiplied)
        // The last two bytes are the end marker, without which all samples may be there.
        for count in stride(from: 0, to: bytes.count - 2, by: 7) {
            let part = Array(bytes[..<count])
            #expect(throws: AssetError(.inputUnreadable, "")) {
                try unsafe decoder.decode(part.span.bytes, into: &planes)
            }
            #expect(throws: AssetError(.inputUnreadable, "")) {
                try unsafe decoder.decode(part.span.bytes, into: &pixels)
            }
        }
        // The decoder is as good as new.
        try unsafe decoder.decode(bytes.span.bytes, into: &planes)
    }

    @Test func flippedBytesNeverCrash() throws {
        let frame = try gradient(width: 48, height: 40)
        var encoder = try JPEGEncoder()
        var decoder = try JPEGDecoder()
        let bytes = try encoder.bytes(of: frame, quality: 90)
        var planes = try Frame(width: 48, height: 40, format: .yuv420JPEG)
        var pixels = try Frame(width: 48, height: 40, format: .bgraPremultiplied)
        var generator = SeededGenerator(seed: 7)
        var refused = 0
        for _ in 0..<500 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let index = Int.random(in: 0..<damaged.count, using: &generator)
                damaged[index] = UInt8.random(in: 0...255, using: &generator)
            }
            do throws(AssetError) {
                try unsafe decoder.decode(damaged.span.bytes, into: &planes)
                try unsafe decoder.decode(damaged.span.bytes, into: &pixels)
            } catch {
                #expect(error.code == .inputUnreadable)
                refused += 1
            }
        }
        #expect(refused > 100)
    }
}
