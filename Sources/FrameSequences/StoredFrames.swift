// Single frames of a job, and parts of them.

public import AssetStore
public import Basics
public import FrameCodecs

/// Unpacks single frames of a job, in any order. Not thread-safe: one per worker, who keeps it,
/// because its memory is reused.
public struct StoredFrames: ~Copyable {
    /// The store that the frames are in.
    public let store: Store
    /// The job they belong to.
    public let job: JobID
    private var unpacker: FrameUnpacker

    /// - Throws: ``AssetError/Code/library`` when there is no memory for a decoder.
    public init(_ store: Store, _ job: JobID) throws(AssetError) {
        self.store = store
        self.job = job
        unpacker = try FrameUnpacker()
    }

    /// The whole frame `index`; `nil` when it is not stored.
    ///
    /// - Parameter format: what a JPEG is unpacked to; see ``FrameSequenceReader``.
    /// - Throws: ``AssetError/Code/damaged`` naming the job and the frame, and what unpacking it
    ///   throws.
    public mutating func frame(_ index: Int, format: PixelFormat? = nil) throws -> Frame? {
        try read(index) { bytes, codec, unpacker in
            var shape = try unpacker.shape(of: bytes, codec: codec)
            if let format, codec == .jpeg { shape.format = format }
            var frame = try Frame(
                width: shape.width, height: shape.height, format: shape.format)
            try unpacker.unpack(bytes, codec: codec, into: &frame)
            return frame
        }
    }

    /// A part of frame `index`, cut to `columns` and `rows`; `nil` when the frame is not stored. Of
    /// a lossless frame only the bands that hold `rows` are unpacked, of a JPEG all.
    ///
    /// - Parameters:
    ///   - columns: within the frame's width. Where chroma is halved they begin with an even one,
    ///     as do `rows`.
    ///   - rows: within the frame's height.
    /// - Throws: ``AssetError/Code/invalidArgument`` for a region that is no part of the frame;
    ///   otherwise as ``frame(_:format:)``.
    public mutating func region(
        _ index: Int, columns: Range<Int>, rows: Range<Int>, format: PixelFormat? = nil
    ) throws -> Frame? {
        try read(index) { bytes, codec, unpacker in
            var shape = try unpacker.shape(of: bytes, codec: codec)
            if let format, codec == .jpeg { shape.format = format }
            let isHalved = shape.format.planeCount == 3
            guard !columns.isEmpty, !rows.isEmpty, columns.lowerBound >= 0, rows.lowerBound >= 0,
                columns.upperBound <= shape.width, rows.upperBound <= shape.height,
                !isHalved || columns.lowerBound % 2 == 0 && rows.lowerBound % 2 == 0
            else {
                throw AssetError(
                    .invalidArgument,
                    "columns \(columns) and rows \(rows) are no part of a frame of "
                        + "\(shape.width)×\(shape.height) \(shape.format), or part a sample of "
                        + "chroma; choose others")
            }
            // An odd last row shares its chroma with the one behind it.
            let upper =
                isHalved
                ? min(shape.height, rows.upperBound + rows.upperBound % 2) : rows.upperBound
            let isWhole = codec == .jpeg
            let unpacked = isWhole ? 0..<shape.height : rows.lowerBound..<upper
            var strip = try Frame(
                width: shape.width, height: unpacked.count, format: shape.format)
            if isWhole {
                try unpacker.unpack(bytes, codec: codec, into: &strip)
            } else {
                try unpacker.unpack(bytes, codec: codec, rows: unpacked, into: &strip)
            }
            var part = try Frame(
                width: columns.count, height: rows.count, format: shape.format)
            part.copyRegion(
                of: strip, column: columns.lowerBound,
                row: rows.lowerBound - unpacked.lowerBound)
            return part
        }
    }

    private mutating func read(
        _ index: Int,
        _ body: (RawSpan, FrameCodec, inout FrameUnpacker) throws -> Frame
    ) throws -> Frame? {
        // Closures of the store return what can be copied.
        var frame: Frame?
        _ = try store.withFrame(index, of: job) { stored, bytes in
            frame = try body(bytes, try stored.codec(of: job), &unpacker)
        }
        return frame
    }
}
