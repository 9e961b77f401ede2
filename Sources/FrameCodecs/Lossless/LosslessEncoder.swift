// Packs frames without loss: faster than video people's intermediates, and smaller.
//
// Red and blue are stored as differences to green; each channel is predicted from its neighbours,
// and the differences are packed in blocks by prefix codes (see `SampleClasses`). Bands of rows are
// independent of each other but for the codes, which all bands share; the codes are made from a
// sample of the rows. Nothing depends on the machine, the build or what was packed before.

public import Basics

/// Packs frames without loss. Not thread-safe: one per worker, who keeps it, because its memory is
/// reused.
///
/// The same frame and reference give the same bytes everywhere.
public struct LosslessEncoder: ~Copyable {
    /// Rows of the frame that are unpacked together.
    static let bandRows = 64

    var scratch = ScratchMemory()
    var shape: LosslessShape?
    var writers: [DifferenceWriter] = []
    var reader: GroupReader?

    /// Makes an encoder. It takes memory when it first packs: for 1920×1080 about 1 MiB.
    public init() {}

    /// Packs `frame` and appends the payload to `output`.
    ///
    /// Cost: about 8 ms for 1920×1080 of video in four channels.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the payload would be larger than
    ///   ``Limits/recordByteCountMax``; `output` is then unchanged.
    public mutating func encode(
        _ frame: borrowing Frame, into output: inout [UInt8]
    ) throws(AssetError) {
        try encode(frame, referencePlanes: [], reference: nil, checksum: nil, into: &output)
    }

    /// Packs `frame` as what differs from `reference`, where that takes less, and appends the
    /// payload to `output`. What is equal takes next to nothing.
    ///
    /// The payload can only be unpacked with the same reference at hand. Choose one that was itself
    /// packed without a reference, so that no frame needs more than one other.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the two differ in size or format, and as
    ///   ``encode(_:into:)``.
    public mutating func encode(
        _ frame: borrowing Frame, reference: borrowing Frame, into output: inout [UInt8]
    ) throws(AssetError) {
        guard frame.width == reference.width, frame.height == reference.height,
            frame.format == reference.format
        else {
            throw AssetError(
                .invalidArgument,
                "a frame of \(frame.width)×\(frame.height) \(frame.format) can't be packed by one "
                    + "of \(reference.width)×\(reference.height) \(reference.format); use one of "
                    + "the same size and format")
        }
        try encode(
            frame, referencePlanes: reference.planes, reference: reference.samples,
            checksum: reference.samplesChecksum, into: &output)
    }
}
