// Packing frames by whichever codec was chosen, and unpacking them by the one they name.

public import Basics

/// How frames are packed.
public enum FramePacking: Sendable, Equatable {
    /// As JPEG, of a quality from 1 (smallest) to 100 (best).
    case jpeg(quality: Int, subsampling: JPEGSubsampling = .yuv420)
    /// Without loss.
    case lossless

    /// The codec that unpacks them.
    public var codec: FrameCodec {
        switch self {
        case .jpeg: .jpeg
        case .lossless: .lossless
        }
    }
}

/// Packs frames by one codec. Not thread-safe: one per worker, who keeps it, because its memory is
/// reused.
public struct FramePacker: ~Copyable {
    /// How frames are packed.
    public let packing: FramePacking
    private var jpeg: JPEGEncoder?
    private var lossless = LosslessEncoder()
    private var output: [UInt8] = []

    /// Makes a packer.
    ///
    /// - Throws: ``AssetError/Code/library`` when there is no memory for one.
    public init(_ packing: FramePacking) throws(AssetError) {
        self.packing = packing
        jpeg = packing.codec == .jpeg ? try JPEGEncoder() : nil
    }

    /// Packs `frame` and lends the bytes to `body`. The same frame gives the same bytes, whatever
    /// was packed before. Costs what ``JPEGEncoder`` and ``LosslessEncoder`` say.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` for a frame or quality that the codec does not
    ///   take, ``AssetError/Code/library`` when libjpeg-turbo fails, and what `body` throws.
    public mutating func pack<Result>(
        _ frame: borrowing Frame, _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        if case .jpeg(let quality, let subsampling) = packing {
            let result = try jpeg?.encode(
                frame, quality: quality, subsampling: subsampling, body)
            guard let result else { preconditionFailure("a packer for JPEG without an encoder") }
            return result
        }
        output.removeAll(keepingCapacity: true)
        try lossless.encode(frame, into: &output)
        return unsafe try body(output.span.bytes)
    }
}
