// Payloads of frames, as the store gives them to the codecs: anyone may have written them.
//
// The first byte is what is done with the payload, the next two say which rows are taken, and which
// format a JPEG is unpacked to.

internal import Basics
internal import FrameCodecs

extension Door {
    package static let frames = Door(
        name: "frames", byteCountMax: 8192, secondsMax: 10, memoryMebibytesMax: 1024,
        open: {
            let visit = try FrameVisit()
            return { try visit.enter($0) }
        }, seeds: FrameSeeds.payloads)
}

/// Goes through the door with one payload after another, by the same decoders.
private final class FrameVisit {
    private var unpacker: FrameUnpacker
    private var lossless = LosslessDecoder()

    init() throws { unpacker = try FrameUnpacker() }

    /// What is unpacked whole: a frame of four channels of it takes 1 MiB.
    private static let pixelCountMax = 1 << 18
    private static let jpegFormats: [PixelFormat] = [
        .bgraPremultiplied, .yuv420JPEG, .rgb, .grey, .rgba,
    ]

    func enter(_ bytes: [UInt8]) throws -> Verdict {
        guard bytes.count > 3 else { return .refused }
        let payload = Array(bytes[3...])
        let codec: FrameCodec = bytes[0] & 1 == 0 ? .lossless : .jpeg
        let shape = try unlessRefused(
            .inputUnreadable, .damaged, .unsupportedFormat, by: "what a payload is"
        ) { try unsafe unpacker.shape(of: payload.span.bytes, codec: codec) }
        guard let shape else { return .refused }
        try promise(
            Limits.frameSide.contains(shape.width) && Limits.frameSide.contains(shape.height),
            "a frame of \(shape)")
        switch codec {
        case .jpeg: return try enterJPEG(payload, shape, bytes)
        case .lossless: return try enterLossless(payload, shape, bytes)
        }
    }

    /// Runs `unpack` on two frames that held different bytes: what it does depends on the payload
    /// alone.
    private func unpackedTwice(
        _ shape: FrameShape, rowPadding: Int, _ unpack: (inout Frame) throws -> Void
    ) throws -> Frame? {
        var frame = try TestFrames.empty(shape, rowPadding: rowPadding, filledWith: 0)
        let isUnpacked: Void? = try unlessRefused(.inputUnreadable, .damaged, by: "a payload") {
            try unpack(&frame)
        }
        var again = try TestFrames.empty(shape, rowPadding: rowPadding / 2, filledWith: 0xFF)
        let isUnpackedAgain: Void? = try unlessRefused(.inputUnreadable, .damaged, by: "a payload")
        {
            try unpack(&again)
        }
        try promise(
            (isUnpacked == nil) == (isUnpackedAgain == nil), "a payload was taken once, not twice")
        guard isUnpacked != nil else { return nil }
        try promise(
            TestFrames.samples(of: frame) == TestFrames.samples(of: again),
            "what a payload unpacks to depends on what was in the frame")
        return frame
    }

    private func enterJPEG(
        _ payload: [UInt8], _ shape: FrameShape, _ bytes: [UInt8]
    ) throws -> Verdict {
        guard shape.width * shape.height <= Self.pixelCountMax else { return .accepted }
        var wanted = shape
        let choice = Int(bytes[1]) % (Self.jpegFormats.count + 1)
        if choice > 0, Self.jpegFormats[choice - 1] != .yuv420JPEG {
            wanted.format = Self.jpegFormats[choice - 1]
        }
        let frame = try unpackedTwice(wanted, rowPadding: Int(bytes[2] % 16)) { frame in
            try unsafe unpacker.unpack(payload.span.bytes, codec: .jpeg, into: &frame)
        }
        return frame == nil ? .refused : .accepted
    }

    private func enterLossless(
        _ payload: [UInt8], _ shape: FrameShape, _ bytes: [UInt8]
    ) throws -> Verdict {
        let header = try unsafe LosslessHeader(payload.span.bytes)
        // A frame that is packed by another one says by which, in a checksum that chance doesn't
        // find: so the payload is told that it is this one.
        let isSmall = shape.width * shape.height <= Self.pixelCountMax
        let isReferring = header.referenceChecksum != nil
        let reference = try TestFrames.made(
            isReferring && isSmall ? shape : FrameShape(width: 1, height: 1, format: .grey),
            from: [bytes[1], 77, bytes[2]])
        var payload = payload
        if isReferring { payload.setReference(reference.samplesChecksum) }
        // Of what is too large, some rows.
        let rows = Self.rows(bytes[1], bytes[2], shape, isWhole: isSmall)
        guard isSmall || !isReferring, rows.count * shape.width <= Self.pixelCountMax else {
            return .accepted
        }
        var partShape = shape
        partShape.height = rows.count
        let part = try unpackedTwice(partShape, rowPadding: Int(bytes[1] % 16)) { part in
            try decode(payload, rows, reference, isReferring, &part)
        }
        guard isSmall else { return part == nil ? .refused : .accepted }
        let whole = try unpackedTwice(shape, rowPadding: 0) { frame in
            try decode(payload, 0..<shape.height, reference, isReferring, &frame)
        }
        guard let whole else { return .refused }
        // Damage in other bands does not matter, but what is intact as a whole is so in parts.
        guard let part else { throw BrokenPromise(description: "rows \(rows) of an intact frame") }
        try promise(
            TestFrames.samples(of: part) == TestFrames.samples(of: whole, rows: rows),
            "rows \(rows) are others than those of the whole")
        return .accepted
    }

    private func decode(
        _ payload: [UInt8], _ rows: Range<Int>, _ reference: borrowing Frame,
        _ isReferring: Bool, _ frame: inout Frame
    ) throws {
        if isReferring {
            try unsafe lossless.decode(
                payload.span.bytes, rows: rows, reference: reference, into: &frame)
        } else {
            try unsafe lossless.decode(payload.span.bytes, rows: rows, into: &frame)
        }
    }

    /// Some rows of a frame, even where chroma is halved.
    private static func rows(
        _ first: UInt8, _ count: UInt8, _ shape: FrameShape, isWhole: Bool
    ) -> Range<Int> {
        var start = Int(first) * shape.height / 256
        var end = start + 1 + Int(count) % (isWhole ? 256 : 4)
        if shape.format.planeCount > 1 {
            start -= start % 2
            end += end % 2
        }
        return start..<min(end, shape.height)
    }
}

extension [UInt8] {
    /// Says in a lossless payload which frame it was packed by.
    fileprivate mutating func setReference(_ checksum: UInt64) {
        for place in 0..<8 { self[16 + place] = UInt8(truncatingIfNeeded: checksum >> (8 * place)) }
    }
}
