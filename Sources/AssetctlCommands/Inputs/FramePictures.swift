// Stored frames as picture files.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import Media

/// What kind of picture file a frame is written as.
enum PictureFormat: Sendable {
    case png, jpg

    var fileExtension: String { self == .png ? "png" : "jpg" }

    /// By the ending of a file's name; `nil` for any other ending.
    init?(ofFile path: String) {
        let name = FileSystem.name(of: path).lowercased()
        if name.hasSuffix(".png") {
            self = .png
        } else if name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") {
            self = .jpg
        } else {
            return nil
        }
    }
}

/// Turns stored frames into picture files. Not thread-safe: one per worker, who keeps it.
final class FramePictures {
    private let format: PictureFormat
    private var decoder: JPEGDecoder
    private var encoder = PNGEncoder()

    init(_ format: PictureFormat) throws(AssetError) {
        self.format = format
        decoder = try JPEGDecoder()
    }

    /// Lends the bytes of a picture file of frame `index`; `nil` when the frame is not stored.
    ///
    /// - Throws: ``AssetError/Code/damaged`` naming the job and the frame,
    ///   ``AssetError/Code/unsupportedFormat`` for a codec this version does not know; what `body`
    ///   throws.
    func withPicture<Result>(
        ofFrame index: Int, of job: JobID, in store: Store, _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        var decoded: SharedFrame?
        let stored = try store.withFrame(index, of: job) { frame, bytes -> Result? in
            guard FrameCodec(rawValue: frame.facts.codec) == .jpeg else {
                throw AssetError(
                    .unsupportedFormat,
                    "frame \(index) of job \(job) is packed by codec \(frame.facts.codec), which "
                        + "this version does not know; use a newer assetctl")
            }
            if format == .jpg { return try body(bytes) }
            let size = try decoder.size(of: bytes)
            var pixels = try Frame(
                width: size.width, height: size.height, format: .bgraPremultiplied)
            try decoder.decode(bytes, into: &pixels)
            decoded = SharedFrame(pixels)
            return nil
        }
        // The snapshot is let go of before the slow part.
        if let decoded { return try encoder.encode(decoded.frame, body) }
        return stored ?? nil
    }
}
