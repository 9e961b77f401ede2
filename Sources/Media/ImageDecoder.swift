// Turns a picture file into a frame that can be drawn.

public import Basics
internal import CFFmpeg
public import FrameCodecs

/// Decodes pictures of every format that ``MediaInfo`` knows as an image.
public enum ImageDecoder {
    /// The most pixels of a picture.
    public static let pixelCountMax = 100_000_000

    /// Decodes the first picture of `bytes` into a frame of ``PixelFormat/bgraPremultiplied``.
    ///
    /// Straight alpha is multiplied into the colours, each rounded to nearest. Of a moving picture
    /// or a video it is the first frame. A picture whose EXIF data says that it lies on its side is
    /// turned upright, so width and height may be swapped against ``MediaInfo``. The corresponding
    /// C functions are `avcodec_receive_frame` and `sws_scale`.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the bytes are no picture, damaged, or
    ///   larger than ``pixelCountMax`` or ``Limits/frameSide``; what reading them throws.
    public static func decode(_ bytes: any RandomAccessBytes) throws(AssetError) -> Frame {
        guard let demuxer = try Demuxer.open(bytes),
            let stream = demuxer.firstStream(AVMEDIA_TYPE_VIDEO)
        else {
            throw AssetError(
                .inputUnreadable,
                "\(bytes.subject) is no picture of a known format; use PNG, JPEG or WebP")
        }
        if let parameters = unsafe demuxer.stream(stream)?.pointee.codecpar {
            try unsafe checkSize(
                parameters.pointee.width, parameters.pointee.height, bytes.subject)
        }
        let decoder = try PacketDecoder(demuxer, stream: stream, isStrict: true)
        guard try decoder.next(damaged: { () throws(AssetError) in throw damaged(bytes.subject) })
        else { throw damaged(bytes.subject) }
        let picture = unsafe decoder.frame
        guard unsafe picture.pointee.decode_error_flags == 0,
            unsafe picture.pointee.flags & AV_FRAME_FLAG_CORRUPT == 0
        else { throw damaged(bytes.subject) }
        try unsafe checkSize(picture.pointee.width, picture.pointee.height, bytes.subject)
        var frame = try unsafe Frame(
            width: Int(picture.pointee.width), height: Int(picture.pointee.height),
            format: .bgraPremultiplied)
        try unsafe convert(picture, into: &frame)
        premultiply(&frame)
        guard let orientation = unsafe PictureOrientation(picture) else { return frame }
        return try orientation.apply(to: frame)
    }

    private static func checkSize(
        _ width: CInt, _ height: CInt, _ subject: String
    ) throws(AssetError) {
        guard Limits.frameSide.contains(Int(width)), Limits.frameSide.contains(Int(height)),
            Int(width) * Int(height) <= pixelCountMax
        else {
            throw AssetError(
                .inputUnreadable,
                "\(subject) is \(width)×\(height) pixels; scale it down to at most "
                    + "\(Limits.frameSide.upperBound) per side and \(pixelCountMax / 1_000_000) "
                    + "megapixels")
        }
    }

    private static func damaged(_ subject: String) -> AssetError {
        AssetError(.inputUnreadable, "\(subject): the picture is damaged; use a whole copy")
    }

    /// Converts to straight BGRA. The corresponding C functions are `sws_getContext`,
    /// `sws_setColorspaceDetails` and `sws_scale`.
    private static func convert(
        _ picture: UnsafeMutablePointer<AVFrame>, into frame: inout Frame
    ) throws(AssetError) {
        let (width, height) = unsafe (picture.pointee.width, picture.pointee.height)
        let format = unsafe AVPixelFormat(rawValue: picture.pointee.format)
        guard
            let scaler = unsafe sws_getContext(
                width, height, format, width, height, AV_PIX_FMT_BGRA,
                SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP
                    | SWS_BITEXACT, nil, nil, nil)
        else {
            throw AssetError(
                .inputUnreadable,
                "pictures of pixel format \(format.rawValue) can't be converted; save the picture "
                    + "as PNG")
        }
        defer { unsafe sws_freeContext(scaler) }
        let isBT709 = unsafe picture.pointee.colorspace == AVCOL_SPC_BT709
        let isFull = unsafe picture.pointee.color_range == AVCOL_RANGE_JPEG
        let matrix = unsafe sws_getCoefficients(isBT709 ? SWS_CS_ITU709 : SWS_CS_ITU601)
        // A negative status says that the format has no matrix to set.
        _ = unsafe sws_setColorspaceDetails(
            scaler, matrix, isFull || isFullByName(format) ? 1 : 0, matrix, 1, 0, 1 << 16, 1 << 16)
        let plane = frame.planes[0]
        let rows = unsafe frame.withUnsafeMutableBytes { memory in
            var target = unsafe [
                memory.bindMemory(to: UInt8.self).baseAddress, nil, nil, nil,
            ]
            var strides: [CInt] = [CInt(plane.stride), 0, 0, 0]
            return unsafe withUnsafePointer(to: &picture.pointee.data) { data in
                unsafe withUnsafePointer(to: &picture.pointee.linesize) { linesize in
                    unsafe data.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 8) {
                        planes in
                        unsafe linesize.withMemoryRebound(to: CInt.self, capacity: 8) { lines in
                            unsafe sws_scale(scaler, planes, lines, 0, height, &target, &strides)
                        }
                    }
                }
            }
        }
        try Libav.check("sws_scale", rows)
    }

    /// The formats whose name, not a flag, says that they use the full range.
    private static func isFullByName(_ format: AVPixelFormat) -> Bool {
        [
            AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P,
            AV_PIX_FMT_YUVJ411P,
        ].contains(format)
    }

    /// Multiplies colours by alpha, rounding to nearest.
    static func premultiply(_ frame: inout Frame) {
        let plane = frame.planes[0]
        unsafe frame.withUnsafeMutableBytes { memory in
            for row in 0..<plane.rows {
                let start = row * plane.stride
                let pixels = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: memory[start..<(start + plane.rowByteCount)])
                for x in stride(from: 0, to: pixels.count, by: 4) {
                    let alpha = unsafe UInt32(pixels[x + 3])
                    guard alpha < 255 else { continue }
                    for channel in x..<(x + 3) {
                        let product = unsafe UInt32(pixels[channel]) * alpha
                        unsafe pixels[channel] = UInt8(truncatingIfNeeded: (product + 127) / 255)
                    }
                }
            }
        }
    }
}
