// Unpacks lossless frames. The bytes may be damaged or hostile.

public import Basics

/// Unpacks lossless frames, whole or some rows of them. Not thread-safe: one per worker, who keeps
/// it, because its memory is reused.
///
/// Whatever the bytes are, memory is taken only for a few rows of the frame they are unpacked into.
/// What is damaged is noticed where it contradicts itself; wrong samples are not, so keep a checksum
/// of payloads.
public struct LosslessDecoder: ~Copyable {
    var scratch = ScratchMemory()
    var shape: LosslessShape?
    var readers: [DifferenceReader] = []
    var writer: GroupWriter?

    /// Makes a decoder. It takes memory when it first unpacks: about 100 KiB for each channel.
    public init() {}

    /// Unpacks a whole frame. The frame must have the payload's size and format, which
    /// ``LosslessHeader`` tells.
    ///
    /// Cost: about 10 ms for 1920×1080 of video in four channels.
    ///
    /// - Throws: ``AssetError/Code/damaged``, ``AssetError/Code/unsupportedFormat``, or
    ///   ``AssetError/Code/invalidArgument`` when the frame has another size or format, or the
    ///   payload needs a reference. After an error the frame's samples are unspecified.
    public mutating func decode(_ payload: RawSpan, into frame: inout Frame) throws(AssetError) {
        let header = try LosslessHeader(payload)
        try unpack(
            payload, header, rows: 0..<header.height, referencePlanes: [], reference: nil,
            into: &frame)
    }

    /// Unpacks a frame that was packed with a reference, which must be the same frame, sample for
    /// sample. A payload that needs no reference is unpacked without it.
    ///
    /// - Throws: as ``decode(_:into:)``, and ``AssetError/Code/invalidArgument`` when the reference
    ///   is another one.
    public mutating func decode(
        _ payload: RawSpan, reference: borrowing Frame, into frame: inout Frame
    ) throws(AssetError) {
        let header = try LosslessHeader(payload)
        try check(reference, header)
        try unpack(
            payload, header, rows: 0..<header.height, referencePlanes: reference.planes,
            reference: reference.samples, into: &frame)
    }

    /// Unpacks some rows. Bands that hold none of them are not touched.
    ///
    /// - Parameters:
    ///   - rows: within the payload's height. Where chroma is halved, they begin with an even row,
    ///     and end with one or with the last.
    ///   - frame: of the payload's width and format, and as high as `rows` are many.
    /// - Throws: as ``decode(_:into:)``.
    public mutating func decode(
        _ payload: RawSpan, rows: Range<Int>, into frame: inout Frame
    ) throws(AssetError) {
        let header = try LosslessHeader(payload)
        try unpack(
            payload, header, rows: rows, referencePlanes: [], reference: nil, into: &frame)
    }

    /// Unpacks some rows of a frame that was packed with a reference, which is a whole frame.
    ///
    /// - Throws: as ``decode(_:reference:into:)``.
    public mutating func decode(
        _ payload: RawSpan, rows: Range<Int>, reference: borrowing Frame, into frame: inout Frame
    ) throws(AssetError) {
        let header = try LosslessHeader(payload)
        try check(reference, header)
        try unpack(
            payload, header, rows: rows, referencePlanes: reference.planes,
            reference: reference.samples, into: &frame)
    }

    private func check(
        _ reference: borrowing Frame, _ header: LosslessHeader
    ) throws(AssetError) {
        guard let wanted = header.referenceChecksum else { return }
        guard reference.width == header.width, reference.height == header.height,
            reference.format == header.format, reference.samplesChecksum == wanted
        else {
            throw AssetError(
                .invalidArgument,
                "the frame was packed with a reference of \(header.width)×\(header.height) "
                    + "\(header.format) and checksum \(hex(wanted)); unpack it with that one")
        }
    }
}
