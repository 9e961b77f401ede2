// Frames from one pixel format, and one size, to another.

public import Basics
internal import CFFmpeg
public import FrameCodecs

/// Converts and scales frames, by libswscale. Not thread-safe: one per worker, who keeps it,
/// because its memory is reused for frames of one kind.
///
/// Range and matrix of video samples are what their ``PixelFormat`` says. What has alpha and
/// becomes something without comes out as if over black; what had none is opaque. Frames become
/// smaller by the mean of the pixels that fall together, and larger by bicubic interpolation,
/// colours multiplied by alpha meanwhile.
public final class FrameConverter {
    private let scaler = Scaler()

    /// Makes a converter. It takes memory when it first converts.
    public init() {}

    /// Fills `destination` with the picture of `source`.
    ///
    /// Between formats of 8-bit RGB of one kind of alpha nothing is lost, and from 8 to 16 bits
    /// neither; from 16 to 8 bits is rounded. Video samples, and what is made of them, are at most
    /// 1 from the exact ones where chroma is not resampled; scaling, in 8 bits, may add 3. From video samples to others of another range or matrix the way is through pixels, but from
    /// ``PixelFormat/yuv420JPEG`` to ``PixelFormat/yuv420BT709`` it is straight. Cost: some 5 to
    /// 20 ms for 1920×1080.
    ///
    /// - Throws: ``AssetError/Code/library`` when libswscale can't do it or there is no memory.
    public func convert(
        _ source: borrowing Frame, into destination: inout Frame
    ) throws(AssetError) {
        let isScaled = source.width != destination.width || source.height != destination.height
        let (from, to) = (source.format, destination.format)
        if !isScaled {
            if from == to { return destination.copyRows(from: source) }
            if from == .yuv420JPEG || from == .bgraPremultiplied, to == .yuv420BT709 {
                return try convertToBT709(source, into: &destination)
            }
        }
        // Each step changes one thing; 16 bits and straight alpha are the last to come and the
        // first to go.
        if from == .rgba16 || to == .rgba16 {
            return try convertWide(source, into: &destination)
        }
        if from.hasAlpha, !from.isPremultiplied, isScaled || !to.hasAlpha {
            var pixels = try Frame(
                width: source.width, height: source.height, format: .bgra)
            try scale(source, into: &pixels)
            pixels.multiplyByAlpha()
            return try convert(pixels.reinterpreted(as: .bgraPremultiplied), into: &destination)
        }
        if to.hasAlpha, !to.isPremultiplied, from.isPremultiplied {
            var pixels = try Frame(
                width: destination.width, height: destination.height, format: .bgraPremultiplied)
            try scale(source, into: &pixels)
            pixels.divideByAlpha()
            return try scale(pixels.reinterpreted(as: .bgra), into: &destination)
        }
        if from.planeCount == 3, to.planeCount == 3, from != to {
            var pixels = try Frame(
                width: source.width, height: source.height, format: .bgraPremultiplied)
            try scale(source, into: &pixels)
            return try convert(pixels, into: &destination)
        }
        try scale(source, into: &destination)
        if to.isPremultiplied, from.hasAlpha, !from.isPremultiplied {
            destination.multiplyByAlpha()
        }
    }

    /// libswscale takes 16 bits through video samples, so they are narrowed and widened here.
    private func convertWide(
        _ source: borrowing Frame, into destination: inout Frame
    ) throws(AssetError) {
        if source.format == .rgba16 {
            var narrow = try Frame(width: source.width, height: source.height, format: .rgba)
            narrow.narrow(source)
            return try convert(narrow, into: &destination)
        }
        var narrow = try Frame(
            width: destination.width, height: destination.height, format: .rgba)
        try convert(source, into: &narrow)
        destination.widen(narrow)
    }

    /// Converts without a thought of alpha. Frames whose rows are not aligned go through ones whose
    /// are: libswscale may read and write to the next multiple of 64 bytes.
    private func scale(
        _ source: borrowing Frame, into destination: inout Frame
    ) throws(AssetError) {
        guard source.isAligned else {
            var aligned = try Frame(
                width: source.width, height: source.height, format: source.format)
            aligned.copyRows(from: source)
            return try scale(aligned, into: &destination)
        }
        guard destination.isAligned else {
            var aligned = try Frame(
                width: destination.width, height: destination.height, format: destination.format)
            try scale(source, into: &aligned)
            return destination.copyRows(from: aligned)
        }
        let sides = (source.side(wantsAlpha: destination.format.hasAlpha), destination.side())
        let (planes, targets) = (source.planes, destination.planes)
        let result: Result<Void, AssetError> = unsafe source.withUnsafeBytes { from in
            unsafe destination.withUnsafeMutableBytes { to in
                let from = unsafe from.bindMemory(to: UInt8.self).baseAddress
                let to = unsafe to.bindMemory(to: UInt8.self).baseAddress
                let none = 4 - planes.count
                let noTarget = 4 - targets.count
                do throws(AssetError) {
                    return .success(
                        try unsafe scaler.scale(
                            sides.0,
                            planes.map { unsafe from?.advanced(by: $0.offset) }
                                + Array(repeating: nil, count: none),
                            planes.map { CInt($0.stride) } + Array(repeating: 0, count: none),
                            to: sides.1,
                            targets.map { unsafe to?.advanced(by: $0.offset) }
                                + Array(repeating: nil, count: noTarget),
                            targets.map { CInt($0.stride) } + Array(repeating: 0, count: noTarget)))
                } catch {
                    return .failure(error)
                }
            }
        }
        try result.get()
    }
}

extension Frame {
    /// Whether libswscale may use vectors up to the end of each row.
    fileprivate var isAligned: Bool { planes.allSatisfy { $0.stride % Self.alignment == 0 } }

    /// What libswscale is told of the frame.
    fileprivate func side(wantsAlpha: Bool = true) -> Scaler.Side {
        var side = Scaler.Side(
            width: CInt(width), height: CInt(height), format: format.libavFormat)
        switch format {
        case .bgraPremultiplied, .bgra: if !wantsAlpha { side.format = AV_PIX_FMT_BGR0 }
        case .rgbaPremultiplied, .rgba: if !wantsAlpha { side.format = AV_PIX_FMT_RGB0 }
        case .rgb, .grey, .rgba16, .yuv420JPEG: break
        case .yuv420BT601: side.isFullRange = false
        case .yuv420BT709: (side.isFullRange, side.matrix) = (false, SWS_CS_ITU709)
        case .yuv420BT709Full: side.matrix = SWS_CS_ITU709
        }
        return side
    }
}

extension Frame {
    /// Takes 16-bit samples, each rounded to 8 bits.
    fileprivate mutating func narrow(_ wide: borrowing Frame) {
        let (to, from) = (planes[0], wide.planes[0])
        unsafe withUnsafeMutableBytes { target in
            unsafe wide.withUnsafeBytes { source in
                for row in 0..<to.rows {
                    for x in 0..<to.rowByteCount {
                        let sample = unsafe source.loadUnaligned(
                            fromByteOffset: from.offset + row * from.stride + 2 * x,
                            as: UInt16.self)
                        unsafe target[to.offset + row * to.stride + x] = UInt8(
                            truncatingIfNeeded: (UInt32(sample) * 255 + 32_767) / 65_535)
                    }
                }
            }
        }
    }

    /// Takes 8-bit samples, spread over 16 bits.
    fileprivate mutating func widen(_ narrow: borrowing Frame) {
        let (to, from) = (planes[0], narrow.planes[0])
        unsafe withUnsafeMutableBytes { target in
            unsafe narrow.withUnsafeBytes { source in
                for row in 0..<to.rows {
                    for x in 0..<from.rowByteCount {
                        let sample = unsafe source[from.offset + row * from.stride + x]
                        unsafe target.storeBytes(
                            of: UInt16(sample) * 257,
                            toByteOffset: to.offset + row * to.stride + 2 * x, as: UInt16.self)
                    }
                }
            }
        }
    }
}

extension PixelFormat {
    /// How libav calls it; range and matrix are told apart.
    var libavFormat: AVPixelFormat {
        switch self {
        case .bgraPremultiplied, .bgra: AV_PIX_FMT_BGRA
        case .rgbaPremultiplied, .rgba: AV_PIX_FMT_RGBA
        case .rgb: AV_PIX_FMT_RGB24
        case .grey: AV_PIX_FMT_GRAY8
        case .rgba16: AV_PIX_FMT_RGBA64LE
        case .yuv420JPEG, .yuv420BT709, .yuv420BT601, .yuv420BT709Full: AV_PIX_FMT_YUV420P
        }
    }
}
