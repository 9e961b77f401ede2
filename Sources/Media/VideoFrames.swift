// The frames of a video file, one after another.

public import Basics
internal import CFFmpeg
public import FrameCodecs

/// Decodes the frames of a video in the order they are shown, or the one of a picture. Not
/// thread-safe.
///
/// ```swift
/// let video = try VideoFrames(FileBytes(path: "clip.mp4"))
/// var frame = try video.makeFrame()
/// while try video.next(into: &frame) { … }
/// ```
public final class VideoFrames {
    /// Pixels of every frame.
    public let width: Int
    /// Pixels of every frame.
    public let height: Int
    /// Frames per second as the file declares or libav guesses them; `nil` where neither does.
    public let framesPerSecond: Double?
    /// About how many frames there are; `nil` when nothing tells.
    public let estimatedFrameCount: Int?
    private let decoder: PacketDecoder
    private let scaler = Scaler()
    private let subject: String

    /// Opens the first video stream of `bytes`.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the bytes are no video or picture, or its
    ///   frames are outside ``Limits/frameSide`` or have more than
    ///   ``ImageDecoder/pixelCountMax`` pixels; what reading the bytes throws.
    public init(_ bytes: any RandomAccessBytes) throws(AssetError) {
        guard let demuxer = try Demuxer.open(bytes),
            let index = demuxer.firstStream(AVMEDIA_TYPE_VIDEO),
            let stream = unsafe demuxer.stream(index),
            let parameters = unsafe stream.pointee.codecpar
        else {
            throw AssetError(
                .inputUnreadable,
                "\(bytes.subject) is no video or picture of a known format; use MP4, WebM or PNG")
        }
        try unsafe ImageDecoder.checkSize(
            parameters.pointee.width, parameters.pointee.height, bytes.subject)
        unsafe (width, height) = (
            Int(parameters.pointee.width), Int(parameters.pointee.height)
        )
        let rate = unsafe av_guess_frame_rate(demuxer.context, stream, nil)
        let perSecond = rate.num > 0 && rate.den > 0 ? Double(rate.num) / Double(rate.den) : nil
        framesPerSecond = perSecond
        let declared = unsafe Int(stream.pointee.nb_frames)
        let estimate = demuxer.durationSeconds.flatMap { seconds in
            perSecond.flatMap { Int(exactly: (seconds * $0).rounded()) }
        }
        estimatedFrameCount = declared > 0 ? declared : estimate
        subject = bytes.subject
        decoder = try PacketDecoder(demuxer, stream: index)
    }

    /// A frame that ``next(into:)`` can fill.
    public func makeFrame() throws(AssetError) -> Frame {
        try Frame(width: width, height: height, format: .bgraPremultiplied)
    }

    /// Decodes the next frame into `frame`, with its alpha multiplied in; `false` at the end. The
    /// corresponding C functions are `avcodec_receive_frame` and `sws_scale`.
    ///
    /// - Parameter frame: made by ``makeFrame()``.
    /// - Throws: ``AssetError/Code/inputUnreadable`` where the video is damaged or changes its
    ///   size; what reading the bytes throws.
    public func next(into frame: inout Frame) throws(AssetError) -> Bool {
        guard frame.width == width, frame.height == height, frame.format == .bgraPremultiplied,
            frame.planes[0].stride % Frame.alignment == 0
        else {
            throw AssetError(
                .invalidArgument,
                "a frame of \(frame.width)×\(frame.height) \(frame.format) can't take one of "
                    + "\(subject); make it by makeFrame()")
        }
        let subject = subject
        let isThere = try decoder.next(damaged: { () throws(AssetError) in
            throw AssetError(
                .inputUnreadable, "\(subject): a frame is damaged; use a whole copy")
        })
        guard isThere else { return false }
        let picture = unsafe decoder.frame
        guard unsafe Int(picture.pointee.width) == width,
            unsafe Int(picture.pointee.height) == height
        else {
            throw AssetError(
                .inputUnreadable,
                unsafe "\(subject) changes its size to \(picture.pointee.width)×"
                    + "\(picture.pointee.height) pixels on the way; cut it there")
        }
        try unsafe scaler.scale(picture, isVideo: true, into: &frame)
        frame.multiplyByAlpha()
        return true
    }
}
