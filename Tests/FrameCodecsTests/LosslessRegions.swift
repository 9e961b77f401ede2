import Basics
import FrameCodecs
import TestSupport
import Testing

/// Some rows are unpacked without the others.
@Suite struct LosslessRegions {
    @Test(arguments: [PixelFormat.rgba, .grey, .rgba16, .yuv420BT709, .rgb])
    func rowsAreThoseOfTheWhole(_ format: PixelFormat) throws {
        let (width, height) = (37, 201)
        let frame = try frame(.smooth, format, width: width, height: height)
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        let payload = try encoder.bytes(of: frame)
        for rows in [0..<1, 0..<64, 62..<66, 64..<128, 100..<201, 200..<201, 0..<201, 128..<130] {
            let isHalved = format.planeCount == 3
            let rows =
                isHalved && rows.upperBound % 2 == 1 && rows.upperBound < height
                ? rows.lowerBound..<rows.upperBound + 1 : rows
            var part = try Frame(width: width, height: rows.count, format: format)
            try unsafe decoder.decode(payload.span.bytes, rows: rows, into: &part)
            for plane in 0..<format.planeCount {
                let shift = plane > 0 ? 1 : 0
                let all = frame.samples(plane: plane)
                let start = (rows.lowerBound >> shift) * frame.planes[plane].rowByteCount
                let expected = all[start...].prefix(part.samples(plane: plane).count)
                #expect(part.samples(plane: plane) == Array(expected), "\(rows) \(plane)")
            }
        }
    }

    @Test func rowsThatAreNotThereAreRefused() throws {
        let frame = try frame(.smooth, .yuv420BT709, width: 20, height: 51)
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        let payload = try encoder.bytes(of: frame)
        for rows in [-2..<8, 50..<54, 3..<9, 4..<9, 0..<10] {
            var part = try Frame(
                width: 20, height: rows == 0..<10 ? 9 : rows.count, format: frame.format)
            #expect(throws: AssetError(.invalidArgument, "")) {
                try unsafe decoder.decode(payload.span.bytes, rows: rows, into: &part)
            }
        }
    }

    /// A band that nobody asks for may be damaged.
    @Test func otherBandsAreNotTouched() throws {
        let frame = try frame(.smooth, .grey, width: 64, height: 192)
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        var payload = try encoder.bytes(of: frame)
        for index in payload.count - 108..<payload.count - 8 { payload[index] = 0xFF }
        var part = try Frame(width: 64, height: 128, format: .grey)
        try unsafe decoder.decode(payload.span.bytes, rows: 0..<128, into: &part)
        #expect(part.samples(plane: 0) == Array(frame.samples(plane: 0).prefix(64 * 128)))
    }
}

/// Frames that are packed by another one.
@Suite struct LosslessReferences {
    @Test(arguments: PixelFormat.allCases)
    func whatIsEqualTakesNothing(_ format: PixelFormat) throws {
        let still = try frame(.noise, format, width: 321, height: 300)
        let again = try frame(.noise, format, width: 321, height: 300, stridePadding: 9)
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        let payload = try encoder.bytes(of: again, reference: still)
        #expect(payload.count < 2500)
        var decoded = try Frame(width: 321, height: 300, format: format)
        try unsafe decoder.decode(payload.span.bytes, reference: still, into: &decoded)
        #expect(decoded.allSamples == still.allSamples)
    }

    @Test(arguments: PixelFormat.allCases)
    func whatChangedIsPackedByWhatTakesLess(_ format: PixelFormat) throws {
        let first = try frame(.noise, format, width: 100, height: 200)
        var second = try frame(.noise, format, width: 100, height: 200)
        let samples = first.samples(plane: 0)
        let rowByteCount = first.planes[0].rowByteCount
        second.fill(plane: 0) { row, at in
            // Some rows as before, some a little brighter, some new.
            switch row {
            case 0..<70: samples[row * rowByteCount + at]
            case 70..<130: samples[row * rowByteCount + at] &+ 1
            default: UInt8(truncatingIfNeeded: row + at)
            }
        }
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        let alone = try encoder.bytes(of: second)
        let payload = try encoder.bytes(of: second, reference: first)
        #expect(payload.count < alone.count)
        #expect(
            try unsafe LosslessHeader(payload.span.bytes).referenceChecksum == first.samplesChecksum
        )
        var decoded = try Frame(width: 100, height: 200, format: format)
        try unsafe decoder.decode(payload.span.bytes, reference: first, into: &decoded)
        #expect(decoded.allSamples == second.allSamples)
        var part = try Frame(width: 100, height: 60, format: format)
        try unsafe decoder.decode(
            payload.span.bytes, rows: 60..<120, reference: first, into: &part)
        let start = 60 * rowByteCount
        #expect(
            part.samples(plane: 0) == Array(second.samples(plane: 0)[start..<2 * start]))
        // A payload that needs no reference doesn't mind one.
        try unsafe decoder.decode(alone.span.bytes, reference: first, into: &decoded)
        #expect(decoded.allSamples == second.allSamples)
    }

    @Test func anotherReferenceOrNoneIsRefused() throws {
        let first = try frame(.smooth, .rgba, width: 40, height: 30)
        let second = try frame(.sparse, .rgba, width: 40, height: 30)
        let other = try frame(.smooth, .bgra, width: 40, height: 30)
        var encoder = LosslessEncoder()
        var decoder = LosslessDecoder()
        let payload = try encoder.bytes(of: second, reference: first)
        var decoded = try Frame(width: 40, height: 30, format: .rgba)
        #expect(throws: AssetError(.invalidArgument, "")) {
            try unsafe decoder.decode(payload.span.bytes, into: &decoded)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            try unsafe decoder.decode(payload.span.bytes, reference: second, into: &decoded)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            try unsafe decoder.decode(payload.span.bytes, reference: other, into: &decoded)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            try encoder.bytes(of: second, reference: other)
        }
    }
}
