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
        try unsafe Scaler().scale(picture, into: &frame)
        frame.multiplyByAlpha()
        guard let orientation = unsafe PictureOrientation(picture) else { return frame }
        return try orientation.apply(to: frame)
    }

    static func checkSize(
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
}
