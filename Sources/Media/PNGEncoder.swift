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
        var kind: Kind

        var stride: Int { width * kind.pixelByteCount }
    }

    /// The kinds of PNG that frames become.
    private enum Kind {
        case grey, rgb, rgba, rgba16

        var format: AVPixelFormat {
            switch self {
            case .grey: AV_PIX_FMT_GRAY8
            case .rgb: AV_PIX_FMT_RGB24
            case .rgba: AV_PIX_FMT_RGBA
            case .rgba16: AV_PIX_FMT_RGBA64BE
            }
        }

        var pixelByteCount: Int {
            switch self {
            case .grey: 1
            case .rgb: 3
            case .rgba: 4
            case .rgba16: 8
            }
        }
    }

    /// - Parameter compressionLevel: 0 (none) to 9 (smallest), as in zlib.
    /// - Precondition: the level is within 0–9.
    public init(compressionLevel: Int = 6) {
        precondition((0...9).contains(compressionLevel), "no such compression level")
        self.compressionLevel = compressionLevel
    }

    /// Packs `frame` and lends the bytes of the PNG to `body`.
    ///
    /// Every sample is kept: of 8 bits with or without alpha, of 16 bits, or grey. Frames of four
    /// channels without transparency become PNGs of three. Premultiplied colours are divided by
    /// alpha and rounded to nearest, because PNG has none. The corresponding C function is
    /// `avcodec_send_frame`, for libavcodec's `png`.
    ///
    /// - Parameter frame: of any format but the YUV ones.
    /// - Throws: ``AssetError/Code/invalidArgument`` for another format,
    ///   ``AssetError/Code/library`` when libavcodec fails, and what `body` throws.
    public func encode<Result>(
        _ frame: borrowing Frame, _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        let shape = Shape(width: frame.width, height: frame.height, kind: try Self.kind(frame))
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

    private static func kind(_ frame: borrowing Frame) throws(AssetError) -> Kind {
        switch frame.format {
        case .grey: return .grey
        case .rgb: return .rgb
        case .rgba16: return .rgba16
        case .bgra, .bgraPremultiplied, .rgba, .rgbaPremultiplied:
            return isOpaque(frame) ? .rgb : .rgba
        case .yuv420JPEG, .yuv420BT709, .yuv420BT601, .yuv420BT709Full:
            throw AssetError(
                .invalidArgument,
                "a frame of \(frame.format) can't be packed as PNG; convert it to "
                    + "bgraPremultiplied first")
        }
    }

    /// The encoder for pictures of `shape`, which cannot change once it is open.
    private func open(_ shape: Shape) throws(AssetError) -> PacketEncoder {
        if let encoder, self.shape == shape { return encoder }
        let encoder = try PacketEncoder(named: "png")
        unsafe encoder.codec.pointee.width = CInt(shape.width)
        unsafe encoder.codec.pointee.height = CInt(shape.height)
        unsafe encoder.codec.pointee.pix_fmt = shape.kind.format
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
            unsafe picture.pointee.format = shape.kind.format.rawValue
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

    private static func isOpaque(_ frame: borrowing Frame) -> Bool {
        let plane = frame.planes[0]
        return unsafe frame.withUnsafeBytes { memory in
            for row in 0..<plane.rows {
                let start = plane.offset + row * plane.stride
                for alpha in stride(from: start + 3, to: start + plane.rowByteCount, by: 4)
                where unsafe memory[alpha] != 255 {
                    return false
                }
            }
            return true
        }
    }

    /// Puts the frame's samples in PNG's order: red, green, blue and, where there is any, alpha; of
    /// two bytes the higher one first.
    private func fill(from frame: borrowing Frame, _ shape: Shape) {
        let plane = frame.planes[0]
        let byteCount = shape.stride * shape.height
        if pixels.count != byteCount { pixels = [UInt8](repeating: 0, count: byteCount) }
        let format = frame.format
        unsafe pixels.withUnsafeMutableBytes { target in
            unsafe frame.withUnsafeBytes { memory in
                for row in 0..<plane.rows {
                    let start = plane.offset + row * plane.stride
                    let line = unsafe UnsafeRawBufferPointer(
                        rebasing: memory[start..<start + plane.rowByteCount])
                    let to = unsafe UnsafeMutableRawBufferPointer(
                        rebasing: target[row * shape.stride..<(row + 1) * shape.stride])
                    switch format {
                    case .bgra, .bgraPremultiplied, .rgba, .rgbaPremultiplied:
                        unsafe fill(to, from: line, format, hasAlpha: shape.kind == .rgba)
                    case .rgba16:
                        for byte in 0..<line.count { unsafe to[byte] = line[byte ^ 1] }
                    default: unsafe to.copyMemory(from: line)
                    }
                }
            }
        }
    }

    private func fill(
        _ target: UnsafeMutableRawBufferPointer, from line: UnsafeRawBufferPointer,
        _ format: PixelFormat, hasAlpha: Bool
    ) {
        let isBlueFirst = format == .bgra || format == .bgraPremultiplied
        let (red, blue) = isBlueFirst ? (2, 0) : (0, 2)
        let isPremultiplied = format.isPremultiplied
        let pixelByteCount = hasAlpha ? 4 : 3
        for x in 0..<line.count / 4 {
            let (from, to) = (x * 4, x * pixelByteCount)
            let alpha = unsafe line[from + 3]
            let divisor = isPremultiplied ? alpha : 255
            unsafe target[to] = straight(line[from + red], divisor)
            unsafe target[to + 1] = straight(line[from + 1], divisor)
            unsafe target[to + 2] = straight(line[from + blue], divisor)
            if hasAlpha { unsafe target[to + 3] = alpha }
        }
    }
}
