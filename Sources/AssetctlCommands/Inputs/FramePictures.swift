// Stored frames as picture files.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import FrameSequences
internal import Media

/// What kind of picture file a frame is written as.
enum PictureFormat: String, Sendable {
    case png, jpg, raw

    var fileExtension: String { rawValue }

    /// By the ending of a file's name; `nil` for any other ending.
    init?(ofFile path: String) {
        let name = FileSystem.name(of: path).lowercased()
        if name.hasSuffix(".png") {
            self = .png
        } else if name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") {
            self = .jpg
        } else if name.hasSuffix(".raw") {
            self = .raw
        } else {
            return nil
        }
    }
}

/// Turns frames into picture files. Not thread-safe: one per worker, who keeps it.
final class FramePictures {
    private let format: PictureFormat
    private let quality: Int
    private var unpacker: FrameUnpacker
    private var jpeg: JPEGEncoder
    private let png: PNGEncoder
    private let converter = FrameConverter()
    /// The format of the frame that was unpacked last; `nil` before the first.
    private(set) var lastFormat: PixelFormat?

    /// - Parameters:
    ///   - quality: of JPEGs that have to be made, 1 to 100.
    ///   - compressionLevel: of PNGs, 0 to 9.
    init(
        _ format: PictureFormat, quality: Int = 95, compressionLevel: Int = 6
    ) throws(AssetError) {
        self.format = format
        self.quality = quality
        unpacker = try FrameUnpacker()
        jpeg = try JPEGEncoder()
        png = PNGEncoder(compressionLevel: compressionLevel)
    }

    /// Lends the bytes of a picture file of frame `index`; `nil` when the frame is not stored.
    ///
    /// A frame that is stored as JPEG becomes a JPEG as it is stored.
    ///
    /// - Throws: ``AssetError/Code/damaged`` naming the job and the frame,
    ///   ``AssetError/Code/unsupportedFormat`` for a codec this version does not know; what `body`
    ///   throws.
    func withPicture<Result>(
        ofFrame index: Int, of job: JobID, in store: Store, _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        var decoded: SharedFrame?
        let stored = try store.withFrame(index, of: job) { frame, bytes -> Result? in
            let codec = try frame.codec(of: job)
            if format == .jpg, codec == .jpeg { return try body(bytes) }
            decoded = SharedFrame(try unpack(bytes, codec))
            return nil
        }
        // The snapshot is let go of before the slow part.
        if let decoded { return try withPicture(of: decoded.frame, body) }
        return stored ?? nil
    }

    /// Lends the bytes of a picture file of `frame`.
    func withPicture<Result>(
        of frame: borrowing Frame, _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        switch format {
        case .png:
            guard frame.format.planeCount > 1 else { return try png.encode(frame, body) }
            return try png.encode(converted(frame, to: .bgraPremultiplied), body)
        case .jpg:
            switch frame.format {
            case .bgraPremultiplied, .rgbaPremultiplied, .rgb, .grey, .yuv420JPEG:
                return try jpeg.encode(frame, quality: quality, body)
            case .bgra, .rgba, .rgba16:
                return try jpeg.encode(
                    converted(frame, to: .bgraPremultiplied), quality: quality, body)
            case .yuv420BT709, .yuv420BT601, .yuv420BT709Full:
                return try jpeg.encode(
                    converted(frame, to: .yuv420JPEG), quality: quality, body)
            }
        case .raw: return try frame.withPackedRows(body)
        }
    }

    private func unpack(_ bytes: RawSpan, _ codec: FrameCodec) throws -> Frame {
        var shape = try unpacker.shape(of: bytes, codec: codec)
        // The chroma of JPEGs is best brought to full size by libjpeg-turbo itself.
        if codec == .jpeg, format == .png { shape.format = .bgraPremultiplied }
        var frame = try Frame(width: shape.width, height: shape.height, format: shape.format)
        try unpacker.unpack(bytes, codec: codec, into: &frame)
        lastFormat = frame.format
        return frame
    }

    private func converted(
        _ frame: borrowing Frame, to format: PixelFormat
    ) throws(AssetError) -> Frame {
        var target = try Frame(width: frame.width, height: frame.height, format: format)
        try converter.convert(frame, into: &target)
        return target
    }
}

extension Frame {
    /// Lends the samples without padding: row by row, plane after plane.
    fileprivate func withPackedRows<Result>(
        _ body: (RawSpan) throws -> Result
    ) rethrows -> Result {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(planes.reduce(0) { $0 + $1.rowByteCount * $1.rows })
        for plane in planes {
            for row in 0..<plane.rows {
                let start = plane.offset + row * plane.stride
                withBytes { memory in
                    unsafe memory.extracting(start..<start + plane.rowByteCount).withUnsafeBytes {
                        unsafe bytes.append(contentsOf: $0)
                    }
                }
            }
        }
        return unsafe try body(bytes.span.bytes)
    }
}
