import Basics
import FrameCodecs
import TestSupport
import Testing

/// Payloads that are truncated, flipped or made up give typed errors or wrong samples, and never
/// crash, overrun or take memory (P12).
@Suite struct HostileLosslessFrames {
    /// Unpacks what may be damaged; says whether it was noticed.
    private func isRefused(
        _ payload: [UInt8], _ decoder: inout LosslessDecoder, into frame: inout Frame
    ) -> Bool {
        do throws(AssetError) {
            try unsafe decoder.decode(payload.span.bytes, into: &frame)
            return false
        } catch {
            #expect([.damaged, .unsupportedFormat, .invalidArgument].contains(error.code))
            return true
        }
    }

    @Test(arguments: [PixelFormat.rgba, .yuv420BT709, .rgba16])
    func everyTruncationIsDamage(_ format: PixelFormat) throws {
        let whole = try frame(.smooth, format, width: 30, height: 67)
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        let payload = try encoder.bytes(of: whole)
        var decoded = try Frame(width: 30, height: 67, format: format)
        let counts = Array(0..<60) + Array(stride(from: 60, to: payload.count - 20, by: 37))
        for count in counts + Array(payload.count - 20..<payload.count) {
            let part = Array(payload[..<count])
            #expect(throws: AssetError(.damaged, "")) {
                try unsafe decoder.decode(part.span.bytes, into: &decoded)
            }
        }
        let more = payload + [0]
        #expect(throws: AssetError(.damaged, "")) {
            try unsafe decoder.decode(more.span.bytes, into: &decoded)
        }
        // The decoder is as good as new.
        #expect(try decoder.samples(of: payload) == whole.allSamples)
    }

    @Test(arguments: [PixelFormat.rgba, .rgb, .rgba16, .yuv420BT709])
    func flippedBytesNeverCrash(_ format: PixelFormat) throws {
        var generator = SeededGenerator(seed: UInt64(format.rawValue))
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        var refused = 0
        for content in [Content.smooth, .noise, .sparse] {
            let whole = try frame(content, format, width: 41, height: 70)
            let payload = try encoder.bytes(of: whole)
            var decoded = try Frame(width: 41, height: 70, format: format)
            for _ in 0..<60 {
                var damaged = payload
                // Half of the damage hits the header, the codes and the first band.
                let reach = Bool.random(using: &generator) ? min(700, payload.count) : payload.count
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let index = Int.random(in: 0..<reach, using: &generator)
                    damaged[index] = UInt8.random(in: 0...255, using: &generator)
                }
                if isRefused(damaged, &decoder, into: &decoded) { refused += 1 }
            }
            #expect(try decoder.samples(of: payload) == whole.allSamples)
        }
        #expect(refused > 40)
    }

    @Test func madeUpBytesNeverCrash() throws {
        var generator = SeededGenerator(seed: 99)
        var decoder = LosslessDecoder()
        var decoded = try Frame(width: 24, height: 80, format: .rgba)
        let frame = try frame(.flat, .rgba, width: 24, height: 80)
        var encoder = LosslessEncoder()
        let header = try encoder.bytes(of: frame)[..<28]
        for _ in 0..<150 {
            var payload = Array(header)
            // Codes of some bytes, and anything after them.
            let codes = Int.random(in: 0..<40, using: &generator)
            payload[24] = UInt8(codes)
            payload += generator.bytes(Int.random(in: 0..<900, using: &generator))
            _ = isRefused(payload, &decoder, into: &decoded)
        }
    }

    @Test func headersThatMakeNoSenseAreRefused() throws {
        let frame = try frame(.smooth, .rgba, width: 24, height: 20)
        var encoder = LosslessEncoder()
        let payload = try encoder.bytes(of: frame)
        // Width 0, width 2³¹, odd bands, bands of 0 rows, a flag of 2, something behind it.
        for (offset, bytes) in [
            (4, [0, 0, 0, 0]), (4, [0, 0, 0, 128]), (8, [0, 0, 1, 0]), (12, [65, 0, 0, 0]),
            (12, [0, 0, 0, 0]), (12, [2, 2, 0, 0]), (2, [2]), (3, [1]), (16, [1]),
        ] {
            var damaged = payload
            damaged.replaceSubrange(offset..<offset + bytes.count, with: bytes.map { UInt8($0) })
            #expect(throws: AssetError(.damaged, "")) {
                try unsafe LosslessHeader(damaged.span.bytes)
            }
        }
        for (offset, value) in [(0, UInt8(2)), (0, 0), (1, 0), (1, 200)] {
            var damaged = payload
            damaged[offset] = value
            #expect(throws: AssetError(.unsupportedFormat, "")) {
                try unsafe LosslessHeader(damaged.span.bytes)
            }
        }
    }

    /// Bands of the largest frame that is thinkable, in no bytes.
    @Test func aBoastfulHeaderTakesNoMemory() throws {
        let frame = try frame(.flat, .grey, width: 1, height: 1)
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        var payload = try encoder.bytes(of: frame)
        payload.replaceSubrange(4..<16, with: [0, 64, 0, 0, 0, 64, 0, 0, 0, 2, 0, 0])
        let header = try unsafe LosslessHeader(payload.span.bytes)
        #expect(header.width == 16_384 && header.height == 16_384 && header.bandRows == 512)
        var part = try Frame(width: 16_384, height: 1, format: .grey)
        #expect(throws: AssetError(.damaged, "")) {
            try unsafe decoder.decode(payload.span.bytes, rows: 0..<1, into: &part)
        }
    }

    @Test func framesThatDoNotFitAreRefused() throws {
        let frame = try frame(.smooth, .rgba, width: 24, height: 20)
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        let payload = try encoder.bytes(of: frame)
        for (width, height, format) in [
            (25, 20, PixelFormat.rgba), (24, 19, .rgba), (24, 20, .bgra), (24, 20, .grey),
        ] {
            var other = try Frame(width: width, height: height, format: format)
            #expect(throws: AssetError(.invalidArgument, "")) {
                try unsafe decoder.decode(payload.span.bytes, into: &other)
            }
        }
    }
}
