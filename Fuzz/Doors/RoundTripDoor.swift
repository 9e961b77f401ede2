// Frames of any size, format and content through every codec and back: what is packed without loss
// is the same again, wherever its rows lay and however many threads packed it.
//
// The first eight bytes are the format, the size, the padding of rows, the reference and the codec;
// the others are the picture.

internal import Basics
internal import FrameCodecs
internal import Media

extension Door {
    package static let roundTrips = Door(
        name: "roundtrips", byteCountMax: 4096, secondsMax: 10, memoryMebibytesMax: 1024,
        open: {
            let visit = try RoundTripVisit()
            return { try visit.enter($0) }
        }, seeds: FrameSeeds.pictures)
}

private final class RoundTripVisit {
    private var encoder = LosslessEncoder()
    private var parallel: ParallelLosslessEncoder
    private var decoder = LosslessDecoder()
    private var jpegEncoder: JPEGEncoder
    private var jpegDecoder: JPEGDecoder
    private let png = PNGEncoder(compressionLevel: 1)

    init() throws {
        parallel = try ParallelLosslessEncoder(threadCount: 2)
        jpegEncoder = try JPEGEncoder()
        jpegDecoder = try JPEGDecoder()
    }

    private enum Way: Int, CaseIterable { case lossless, reference, parallel, jpeg, png }

    func enter(_ bytes: [UInt8]) throws -> Verdict {
        var draw = Draw(bytes)
        let way = draw.element(of: Way.allCases)
        let format = draw.element(of: PixelFormat.allCases)
        // Bands have 64 rows: often one, at times some.
        let (width, height) = (1 + draw.number(below: 96), 1 + draw.number(below: 200))
        let padding = draw.number(below: 70)
        let change = (draw.byte(), draw.byte())
        let picture = draw.rest()
        let shape = FrameShape(width: width, height: height, format: format)
        let frame = try TestFrames.made(shape, rowPadding: padding, from: picture)
        switch way {
        case .lossless: try passLossless(frame, rowPadding: padding)
        case .reference:
            var other = picture
            if !other.isEmpty { other[Int(change.0) % other.count] &+= change.1 }
            try passReference(frame, try TestFrames.made(shape, from: other))
        case .parallel: try passParallel(frame)
        case .jpeg: try passJPEG(frame, quality: 1 + Int(change.0) % 100, is444: change.1 & 1 == 1)
        case .png: try passPNG(frame)
        }
        return .accepted
    }

    private func passLossless(_ frame: borrowing Frame, rowPadding: Int) throws {
        var payload: [UInt8] = []
        try encoder.encode(frame, into: &payload)
        let samples = TestFrames.samples(of: frame)
        var decoded = try TestFrames.empty(
            frame.shape, rowPadding: rowPadding / 3, filledWith: 0x5A)
        try unsafe decoder.decode(payload.span.bytes, into: &decoded)
        try promise(TestFrames.samples(of: decoded) == samples, "\(frame.shape) changed")
        // Where rows lie does not matter.
        var again: [UInt8] = []
        try encoder.encode(decoded, into: &again)
        try promise(again == payload, "equal frames of \(frame.shape) give other bytes")
    }

    private func passReference(_ frame: borrowing Frame, _ reference: borrowing Frame) throws {
        var payload: [UInt8] = []
        try encoder.encode(frame, reference: reference, into: &payload)
        var decoded = try TestFrames.empty(frame.shape, filledWith: 0x5A)
        try unsafe decoder.decode(payload.span.bytes, reference: reference, into: &decoded)
        try promise(
            TestFrames.samples(of: decoded) == TestFrames.samples(of: frame),
            "\(frame.shape) changed by way of a reference")
    }

    private func passParallel(_ frame: borrowing Frame) throws {
        var (alone, together): ([UInt8], [UInt8]) = ([], [])
        try encoder.encode(frame, into: &alone)
        try parallel.encode(frame, into: &together)
        try promise(alone == together, "threads give other bytes of \(frame.shape)")
    }

    private func passJPEG(_ frame: borrowing Frame, quality: Int, is444: Bool) throws {
        let takesAny = frame.format != .yuv420JPEG
        let payload = try unlessRefused(.invalidArgument, by: "a frame for JPEG") {
            try jpegEncoder.encode(
                frame, quality: quality, subsampling: is444 && takesAny ? .yuv444 : .yuv420
            ) { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
        }
        guard let payload else {
            let refused: [PixelFormat] = [.rgba16, .yuv420BT601, .yuv420BT709, .yuv420BT709Full]
            return try promise(refused.contains(frame.format), "\(frame.format) is no JPEG")
        }
        let shape = try unsafe jpegDecoder.shape(of: payload.span.bytes)
        try promise(
            shape.width == frame.width && shape.height == frame.height, "\(shape) of a JPEG")
        var decoded = try TestFrames.empty(shape, filledWith: 0)
        try unsafe jpegDecoder.decode(payload.span.bytes, into: &decoded)
    }

    private func passPNG(_ frame: borrowing Frame) throws {
        let payload = try unlessRefused(.invalidArgument, by: "a frame for PNG") {
            try png.encode(frame) { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
        }
        guard let payload else { return }
        let info = try MediaInfo.probe(BytesInMemory(payload))
        try promise(
            info?.mediaType == "image/png" && info?.width == frame.width
                && info?.height == frame.height, "a PNG passes for \(info as Any)")
        let decoded = try ImageDecoder.decode(BytesInMemory(payload))
        guard frame.format == .rgb || frame.format == .grey else { return }
        let expected = TestFrames.samples(of: frame)
        let found = TestFrames.samples(of: decoded)
        let step = frame.format == .rgb ? 3 : 1
        for pixel in 0..<frame.width * frame.height {
            let blue = expected[pixel * step + step - 1]
            try promise(found[pixel * 4] == blue, "pixel \(pixel) of a PNG changed")
        }
    }
}
