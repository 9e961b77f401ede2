// The lossless codec of this project, as everyone may use it.

internal import Basics
internal import FrameCodecs

/// ``LosslessEncoder`` and ``LosslessDecoder``.
final class OurCodec: LosslessPeer {
    private let frames: [SharedFrame]
    private var encoder = LosslessEncoder()
    private var decoder = LosslessDecoder()
    private var packed: [[UInt8]]
    private var decoded: Frame

    init(_ frames: [SharedFrame]) throws {
        self.frames = frames
        packed = frames.map { _ in [] }
        let first = frames[0]
        decoded = try Frame(
            width: first.frame.width, height: first.frame.height, format: first.frame.format)
    }

    func encode(_ index: Int) throws {
        packed[index].removeAll(keepingCapacity: true)
        try encoder.encode(frames[index].frame, into: &packed[index])
    }

    func packedByteCount(_ index: Int) -> Int { packed[index].count }

    func decode(_ index: Int) throws {
        let payload = packed[index]
        unsafe try decoder.decode(payload.span.bytes, into: &decoded)
    }

    func withDecoded(_ body: (RawSpan) throws -> Void) throws { try decoded.withBytes(body) }
}
