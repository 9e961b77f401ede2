// Packs drawn frames as PNG, for everything outside: stored frames that are exported, thumbnails.

internal import Basics
internal import CFFmpeg
public import FrameCodecs

/// Packs frames as PNG, by libavcodec. Not thread-safe: one per worker, who keeps it, because the
/// encoder and its memory are reused for frames of one size.
///
/// The same frame and compression level give the same bytes, whatever was encoded before.
public final class PNGEncoder {
    /// Smaller files cost more time; every level keeps every pixel.
    public let compressionLevel: Int

    private var encoder: PacketEncoder?
    private var shape: Shape?
    private var pixels: [UInt8] = []

    /// What an open encoder is good for.
    private struct Shape: Equatable {
        var width: Int
        var height: Int
        var hasAlpha: Bool

        var format: AVPixelFormat { hasAlpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24 }
        var stride: Int { width * (hasAlpha ? 4 : 3) }
    }

    /// - Parameter compressionLevel: 0 (none) to 9 (smallest), as in zlib.
    /// - Precondition: the level is within 0–9.
    public init(compressionLevel: Int = 6) {
        precondition((0...9).contains(compressionLevel), "no such compression level")
        self.compressionLevel = compressionLevel
    }

    /// Packs `frame` and lends the bytes of the PNG to `body`.
    ///
    /// A frame without transparency becomes a PNG of three channels, any other one of four with
    /// straight alpha, colours divided by alpha and rounded to nearest. The corresponding C
    /// function is `avcodec_send_frame`, for libavcodec's `png`.
    ///
    /// - Parameter frame: of format ``PixelFormat/bgraPremultiplied``.
    /// - Throws: ``AssetError/Code/invalidArgument`` for another format,
    ///   ``AssetError/Code/library`` when libavcodec fails, and what `body` throws.
    public func encode<Result>(
        _ frame: borrowing Frame, _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard frame.format == .bgraPremultiplied else {
            throw AssetError(
                .invalidArgument,
                "frames are packed as PNG from bgraPremultiplied, not from \(frame.format); "
                    + "convert the frame first")
        }
        let shape = Shape(
            width: frame.width, height: frame.height, hasAlpha: Self.hasAlpha(frame))
        let encoder = try open(shape)
        fill(from: frame, shape)
        let packets = try encode(shape, encoder)
        guard packets.count == 1, let packet = packets.first else {
            throw AssetError(
                .library,
                "libavcodec made \(packets.count) packets of one picture; check the installed "
                    + "libavcodec")
        }
        return unsafe try body(packet.bytes.span.bytes)
    }

    /// The encoder for pictures of `shape`, which cannot change once it is open.
    private func open(_ shape: Shape) throws(AssetError) -> PacketEncoder {
        if let encoder, self.shape == shape { return encoder }
        let encoder = try PacketEncoder(named: "png")
        unsafe encoder.codec.pointee.width = CInt(shape.width)
        unsafe encoder.codec.pointee.height = CInt(shape.height)
        unsafe encoder.codec.pointee.pix_fmt = shape.format
        unsafe encoder.codec.pointee.time_base = AVRational(num: 1, den: 1)
        unsafe encoder.codec.pointee.color_range = AVCOL_RANGE_JPEG
        unsafe encoder.codec.pointee.compression_level = CInt(compressionLevel)
        try encoder.open([("pred", "mixed")])
        self.encoder = encoder
        self.shape = shape
        return encoder
    }

    private func encode(
        _ shape: Shape, _ encoder: PacketEncoder
    ) throws(AssetError) -> [EncodedPacket] {
        let result: Swift.Result<[EncodedPacket], AssetError> = unsafe pixels.withUnsafeBytes {
            // libav only reads a frame that it was given to encode, and copies it.
            let start = unsafe UnsafeMutablePointer(
                mutating: $0.bindMemory(to: UInt8.self).baseAddress)
            let picture = unsafe encoder.frame
            unsafe picture.pointee.width = CInt(shape.width)
            unsafe picture.pointee.height = CInt(shape.height)
            unsafe picture.pointee.format = shape.format.rawValue
            unsafe picture.pointee.color_range = AVCOL_RANGE_JPEG
            unsafe picture.pointee.data.0 = start
            unsafe picture.pointee.linesize.0 = CInt(shape.stride)
            unsafe picture.pointee.pts += 1
            defer { unsafe picture.pointee.data.0 = nil }
            do throws(AssetError) {
                return .success(try unsafe encoder.encode(picture))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func hasAlpha(_ frame: borrowing Frame) -> Bool {
        let plane = frame.planes[0]
        return unsafe frame.withUnsafeBytes { memory in
            for row in 0..<plane.rows {
                let start = plane.offset + row * plane.stride
                for alpha in stride(from: start + 3, to: start + plane.rowByteCount, by: 4)
                where unsafe memory[alpha] != 255 {
                    return true
                }
            }
            return false
        }
    }

    /// Puts the frame's pixels in PNG's order: red, green, blue and, where there is any, alpha.
    private func fill(from frame: borrowing Frame, _ shape: Shape) {
        let plane = frame.planes[0]
        let pixelByteCount = shape.hasAlpha ? 4 : 3
        let byteCount = shape.stride * shape.height
        if pixels.count != byteCount { pixels = [UInt8](repeating: 0, count: byteCount) }
        unsafe pixels.withUnsafeMutableBytes { target in
            unsafe frame.withUnsafeBytes { memory in
                for row in 0..<plane.rows {
                    let source = plane.offset + row * plane.stride
                    let line = row * shape.stride
                    for x in 0..<shape.width {
                        let (from, to) = (source + x * 4, line + x * pixelByteCount)
                        let alpha = unsafe memory[from + 3]
                        unsafe target[to] = Self.straight(memory[from + 2], alpha)
                        unsafe target[to + 1] = Self.straight(memory[from + 1], alpha)
                        unsafe target[to + 2] = Self.straight(memory[from], alpha)
                        if shape.hasAlpha { unsafe target[to + 3] = alpha }
                    }
                }
            }
        }
    }

    /// A colour divided by alpha.
    private static func straight(_ color: UInt8, _ alpha: UInt8) -> UInt8 {
        if alpha == 255 || alpha == 0 { return color }
        let value = (UInt32(color) * 255 + UInt32(alpha) / 2) / UInt32(alpha)
        return UInt8(truncatingIfNeeded: min(255, value))
    }
}
