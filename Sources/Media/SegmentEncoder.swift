// Encodes one segment of a video, so that segments can be encoded apart and joined.

public import Basics
internal import CFFmpeg
public import FrameCodecs

/// A fresh H.264 encoder for one segment: some consecutive frames of a video. Not thread-safe.
///
/// It is always single-threaded, because x264's bytes depend on the number of threads: so the same
/// frames and settings give the same bytes, whoever encodes them and when. Each segment begins
/// with a key frame and refers to nothing outside itself; the extradata of all segments of one
/// video is the same. B-frames are used.
///
/// ```swift
/// let encoder = try SegmentEncoder(settings)
/// for index in 120..<240 { packets += try encoder.encode(frame(index), index: index) }
/// packets += try encoder.finish()
/// ```
public final class SegmentEncoder {
    /// What the encoder was opened with.
    public let settings: VideoSettings
    /// The H.264 parameter sets, as a byte stream with start codes (Annex B); the same for every
    /// segment of the same settings.
    public let extradata: [UInt8]

    private let encoder: PacketEncoder
    private var firstIndex: Int?
    private var nextIndex = 0
    private var packetCount = 0
    private var isFinished = false

    /// Opens an encoder. The corresponding C function is `avcodec_open2`, for `libx264`.
    ///
    /// - Throws: ``AssetError/Code/library`` when libx264 is not there or refuses the settings.
    public init(_ settings: VideoSettings) throws(AssetError) {
        self.settings = settings
        encoder = try PacketEncoder(named: "libx264")
        unsafe Self.configure(encoder.codec, settings)
        try encoder.open([
            ("preset", settings.preset.rawValue),
            ("crf", "\(settings.crf)"),
            ("x264-params", Self.parameters),
        ])
        extradata = encoder.extradata
    }

    /// Streams that can be joined, decided by nothing but their own frames.
    private static let parameters = [
        "threads=1", "lookahead-threads=1", "sliced-threads=0", "stitchable=1", "scenecut=0",
        "open-gop=0", "keyint=infinite", "cpu-independent=1", "force-cfr=1",
    ].joined(separator: ":")

    private static func configure(
        _ codec: UnsafeMutablePointer<AVCodecContext>, _ settings: VideoSettings
    ) {
        unsafe codec.pointee.width = CInt(settings.width)
        unsafe codec.pointee.height = CInt(settings.height)
        unsafe codec.pointee.pix_fmt = AV_PIX_FMT_YUV420P
        unsafe codec.pointee.time_base = settings.timeBase
        unsafe codec.pointee.framerate = AVRational(
            num: settings.timeBase.den, den: settings.timeBase.num)
        unsafe codec.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
        unsafe codec.pointee.colorspace = AVCOL_SPC_BT709
        unsafe codec.pointee.color_primaries = AVCOL_PRI_BT709
        unsafe codec.pointee.color_trc = AVCOL_TRC_BT709
        unsafe codec.pointee.color_range = AVCOL_RANGE_MPEG
        // Chroma is the mean of 2×2 pixels, as in JPEG.
        unsafe codec.pointee.chroma_sample_location = AVCHROMA_LOC_CENTER
    }

    /// Encodes a frame and returns the packets that are ready, in decoding order.
    ///
    /// - Parameters:
    ///   - frame: of format ``PixelFormat/yuv420BT709`` and the settings' size.
    ///   - index: the frame's number in the whole video; each call's is one more than the last's.
    /// - Throws: ``AssetError/Code/invalidArgument`` when the frame or its index is another,
    ///   ``AssetError/Code/library`` when the encoder fails.
    public func encode(
        _ frame: borrowing Frame, index: Int
    ) throws(AssetError) -> [EncodedPacket] {
        guard frame.format == .yuv420BT709, frame.width == settings.width,
            frame.height == settings.height
        else {
            throw AssetError(
                .invalidArgument,
                "a frame of \(frame.width)×\(frame.height) \(frame.format) does not fit a video "
                    + "of \(settings.width)×\(settings.height) yuv420BT709; convert it first")
        }
        guard !isFinished, index >= 0, firstIndex == nil || index == nextIndex else {
            throw AssetError(
                .invalidArgument,
                "frame \(index) does not follow frame \(nextIndex - 1) of the segment; encode "
                    + "consecutive frames, and a new segment with a new encoder")
        }
        if firstIndex == nil { firstIndex = index }
        nextIndex = index + 1
        let planes = frame.planes
        let result: Result<[EncodedPacket], AssetError> = unsafe frame.withUnsafeBytes { memory in
            unsafe point(encoder.frame, to: memory, planes, index: index)
            // The encoder copies the planes, so they are lent for this call only.
            defer { unsafe clear(encoder.frame) }
            do throws(AssetError) {
                return .success(try unsafe encoder.encode(encoder.frame))
            } catch {
                return .failure(error)
            }
        }
        return number(try result.get())
    }

    /// Ends the segment and returns its remaining packets.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when it was finished before,
    ///   ``AssetError/Code/library`` when the encoder fails or lost frames.
    public func finish() throws(AssetError) -> [EncodedPacket] {
        guard !isFinished, let firstIndex else {
            throw AssetError(
                .invalidArgument,
                "a segment is finished once, after its frames; encode a frame first")
        }
        isFinished = true
        let packets = number(try unsafe encoder.encode(nil))
        guard packetCount == nextIndex - firstIndex else {
            throw AssetError(
                .library,
                "x264 made \(packetCount) packets of \(nextIndex - firstIndex) frames; check the "
                    + "installed libx264")
        }
        return packets
    }

    private func point(
        _ target: UnsafeMutablePointer<AVFrame>, to memory: UnsafeRawBufferPointer,
        _ planes: [Frame.Plane], index: Int
    ) {
        // libav only reads a frame that it was given to encode.
        let start = unsafe UnsafeMutablePointer(
            mutating: memory.bindMemory(to: UInt8.self).baseAddress)
        unsafe target.pointee.width = CInt(settings.width)
        unsafe target.pointee.height = CInt(settings.height)
        unsafe target.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        unsafe target.pointee.color_range = AVCOL_RANGE_MPEG
        unsafe target.pointee.colorspace = AVCOL_SPC_BT709
        unsafe target.pointee.color_primaries = AVCOL_PRI_BT709
        unsafe target.pointee.color_trc = AVCOL_TRC_BT709
        unsafe target.pointee.pts = Int64(index)
        unsafe target.pointee.data.0 = start?.advanced(by: planes[0].offset)
        unsafe target.pointee.data.1 = start?.advanced(by: planes[1].offset)
        unsafe target.pointee.data.2 = start?.advanced(by: planes[2].offset)
        unsafe target.pointee.linesize.0 = CInt(planes[0].stride)
        unsafe target.pointee.linesize.1 = CInt(planes[1].stride)
        unsafe target.pointee.linesize.2 = CInt(planes[2].stride)
    }

    private func clear(_ target: UnsafeMutablePointer<AVFrame>) {
        unsafe target.pointee.data.0 = nil
        unsafe target.pointee.data.1 = nil
        unsafe target.pointee.data.2 = nil
    }

    /// Counts decoding times on from the segment's start, so that the times of joined segments run
    /// on without a gap, however short a segment is: x264 only knows its own.
    private func number(_ packets: [EncodedPacket]) -> [EncodedPacket] {
        let delay = unsafe Int(encoder.codec.pointee.has_b_frames)
        return packets.map { packet in
            let dts = (firstIndex ?? 0) + packetCount - delay
            packetCount += 1
            return EncodedPacket(
                bytes: packet.bytes, pts: packet.pts, dts: Int64(dts), duration: 1,
                isKey: packet.isKey)
        }
    }
}
