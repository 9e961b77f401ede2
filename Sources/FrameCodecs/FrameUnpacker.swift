// Unpacking stored frames of any codec.

public import Basics

/// What a packed frame says of itself.
public struct FrameShape: Sendable, Equatable {
    /// Pixels, within ``Limits/frameSide``.
    public var width: Int
    /// Pixels, within ``Limits/frameSide``.
    public var height: Int
    /// The format that it unpacks to without conversion.
    public var format: PixelFormat

    /// A shape.
    public init(width: Int, height: Int, format: PixelFormat) {
        (self.width, self.height, self.format) = (width, height, format)
    }
}

extension Frame {
    /// Width, height and format.
    public var shape: FrameShape { FrameShape(width: width, height: height, format: format) }
}

/// Unpacks frames of every codec. Not thread-safe: one per worker, who keeps it, because its memory
/// is reused. The bytes may be damaged or hostile.
public struct FrameUnpacker: ~Copyable {
    private var jpeg: JPEGDecoder
    private var lossless = LosslessDecoder()

    /// Makes an unpacker.
    ///
    /// - Throws: ``AssetError/Code/library`` when there is no memory for one.
    public init() throws(AssetError) { jpeg = try JPEGDecoder() }

    /// What `bytes` are a frame of. JPEGs of YCbCr 4:2:0 are ``PixelFormat/yuv420JPEG``, others
    /// ``PixelFormat/bgraPremultiplied``.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` or ``AssetError/Code/damaged`` when the bytes
    ///   can't be a frame of this codec, ``AssetError/Code/unsupportedFormat`` when a newer version
    ///   packed them.
    public mutating func shape(
        of bytes: RawSpan, codec: FrameCodec
    ) throws(AssetError) -> FrameShape {
        switch codec {
        case .jpeg: return try jpeg.shape(of: bytes)
        case .lossless:
            let header = try LosslessHeader(bytes)
            return FrameShape(
                width: header.width, height: header.height, format: header.format)
        }
    }

    /// Unpacks `bytes` into `frame`, which has the size that ``shape(of:codec:)`` tells and the
    /// format, or for JPEG any that ``JPEGDecoder`` unpacks to.
    ///
    /// - Throws: as ``JPEGDecoder/decode(_:into:)`` and ``LosslessDecoder/decode(_:into:)``.
    public mutating func unpack(
        _ bytes: RawSpan, codec: FrameCodec, into frame: inout Frame
    ) throws(AssetError) {
        switch codec {
        case .jpeg: try jpeg.decode(bytes, into: &frame)
        case .lossless: try lossless.decode(bytes, into: &frame)
        }
    }

    /// Unpacks some rows of a frame of the lossless codec, touching only the bands that hold them.
    ///
    /// - Throws: as ``LosslessDecoder/decode(_:rows:into:)``; ``AssetError/Code/invalidArgument``
    ///   for a JPEG, which is unpacked whole.
    public mutating func unpack(
        _ bytes: RawSpan, codec: FrameCodec, rows: Range<Int>, into frame: inout Frame
    ) throws(AssetError) {
        switch codec {
        case .jpeg:
            throw AssetError(
                .invalidArgument, "a JPEG is unpacked whole; take the rows from the frame")
        case .lossless: try lossless.decode(bytes, rows: rows, into: &frame)
        }
    }
}
