// One pass over all packets of an MP4 file: counting, or writing.

internal import Basics
internal import CFFmpeg

/// The one owner of an `AVFormatContext` for writing MP4. Not thread-safe.
@safe final class MuxerPass {
    /// What a pass found out.
    struct Result {
        var packetCount: Int
        /// The bytes before the index, which stands last when no room was reserved.
        var mediaEnd: Int
        var byteCount: Int

        /// Room for the index and the empty box after it. Chunk offsets grow from 4 to 8 bytes
        /// when the index pushes the media beyond 4 GiB.
        var indexByteCountToReserve: Int {
            let index = byteCount - mediaEnd + 8
            let isNearLimit =
                mediaEnd + index > Int(UInt32.max) - (16 << 20) && mediaEnd <= Int(UInt32.max)
            return index + (isNearLimit ? 4 * packetCount : 0)
        }
    }

    private let output: MuxerOutput
    private let context: UnsafeMutablePointer<AVFormatContext>
    private let packet: UnsafeMutablePointer<AVPacket>
    private let video: MP4Muxer.VideoTrack
    private let audio: MP4Muxer.AudioTrack?
    private let indexByteCount: Int?
    private var packetCount = 0

    /// The corresponding C functions are `avformat_alloc_output_context2` and
    /// `avformat_new_stream`.
    init(
        _ output: MuxerOutput, _ video: MP4Muxer.VideoTrack, _ audio: MP4Muxer.AudioTrack?,
        _ title: String?, indexByteCount: Int?
    ) throws(AssetError) {
        self.output = output
        self.video = video
        self.audio = audio
        self.indexByteCount = indexByteCount
        var made: UnsafeMutablePointer<AVFormatContext>? = nil
        try Libav.check(
            "avformat_alloc_output_context2",
            unsafe avformat_alloc_output_context2(&made, nil, "mp4", nil))
        guard let context = unsafe made else {
            throw Libav.outOfMemory("avformat_alloc_output_context2")
        }
        guard let packet = unsafe av_packet_alloc() else {
            unsafe avformat_free_context(context)
            throw Libav.outOfMemory("av_packet_alloc")
        }
        unsafe self.context = context
        unsafe self.packet = packet
        unsafe context.pointee.pb = output.context
        unsafe context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT
        if let title {
            try Libav.check(
                "av_dict_set", unsafe av_dict_set(&context.pointee.metadata, "title", title, 0))
        }
        try addVideo()
        if let audio { try add(audio) }
    }

    deinit {
        unsafe avformat_free_context(context)
        var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
        unsafe av_packet_free(&packet)
    }

    private func addVideo() throws(AssetError) {
        let settings = video.settings
        let stream = try unsafe newStream(settings.timeBase, video.extradata)
        unsafe stream.pointee.avg_frame_rate = AVRational(
            num: settings.timeBase.den, den: settings.timeBase.num)
        guard let parameters = unsafe stream.pointee.codecpar else { return }
        unsafe parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
        unsafe parameters.pointee.codec_id = AV_CODEC_ID_H264
        unsafe parameters.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        unsafe parameters.pointee.width = CInt(settings.width)
        unsafe parameters.pointee.height = CInt(settings.height)
        unsafe parameters.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
        unsafe parameters.pointee.color_space = AVCOL_SPC_BT709
        unsafe parameters.pointee.color_primaries = AVCOL_PRI_BT709
        unsafe parameters.pointee.color_trc = AVCOL_TRC_BT709
        unsafe parameters.pointee.color_range = AVCOL_RANGE_MPEG
        unsafe parameters.pointee.chroma_location = AVCHROMA_LOC_CENTER
    }

    private func add(_ audio: MP4Muxer.AudioTrack) throws(AssetError) {
        let base = AVRational(num: 1, den: CInt(clamping: audio.sampleRate))
        let stream = try unsafe newStream(base, audio.extradata)
        guard let parameters = unsafe stream.pointee.codecpar else { return }
        let shape = AudioShape(
            sampleRate: audio.sampleRate, channelCount: audio.channelCount,
            sampleFormat: AV_SAMPLE_FMT_FLTP)
        unsafe parameters.pointee.codec_type = AVMEDIA_TYPE_AUDIO
        unsafe parameters.pointee.codec_id = AV_CODEC_ID_AAC
        unsafe parameters.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
        unsafe parameters.pointee.sample_rate = shape.sampleRate
        unsafe parameters.pointee.ch_layout = shape.layout
        unsafe parameters.pointee.frame_size = 1024
        unsafe parameters.pointee.initial_padding = CInt(clamping: audio.initialPadding)
    }

    private func newStream(
        _ timeBase: AVRational, _ extradata: [UInt8]
    ) throws(AssetError) -> UnsafeMutablePointer<AVStream> {
        guard let stream = unsafe avformat_new_stream(context, nil),
            let parameters = unsafe stream.pointee.codecpar,
            let copy = unsafe av_mallocz(extradata.count + Int(AV_INPUT_BUFFER_PADDING_SIZE))
        else { throw Libav.outOfMemory("avformat_new_stream") }
        unsafe extradata.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe copy.copyMemory(from: start, byteCount: bytes.count)
        }
        unsafe parameters.pointee.extradata = copy.assumingMemoryBound(to: UInt8.self)
        unsafe parameters.pointee.extradata_size = CInt(clamping: extradata.count)
        unsafe stream.pointee.time_base = timeBase
        return unsafe stream
    }

    /// Muxes everything. The corresponding C functions are `avformat_write_header`,
    /// `av_write_frame` and `av_write_trailer`.
    func run(progress: ((Int) throws -> Void)?) throws -> Result {
        try writeHeader()
        try writePackets(progress: progress)
        unsafe avio_flush(context.pointee.pb)
        try output.rethrow()
        let mediaEnd = output.byteCount
        let status = unsafe av_write_trailer(context)
        unsafe avio_flush(context.pointee.pb)
        try output.rethrow()
        try Libav.check("av_write_trailer", status)
        return Result(packetCount: packetCount, mediaEnd: mediaEnd, byteCount: output.byteCount)
    }

    private func writeHeader() throws(AssetError) {
        var options: OpaquePointer? = nil
        defer { unsafe av_dict_free(&options) }
        try Libav.check(
            "av_dict_set",
            unsafe av_dict_set_int(&options, "movie_timescale", Int64(ticksPerSecond), 0))
        if let indexByteCount {
            try Libav.check(
                "av_dict_set",
                unsafe av_dict_set_int(&options, "moov_size", Int64(indexByteCount), 0))
        }
        let status = unsafe avformat_write_header(context, &options)
        try output.rethrow()
        try Libav.check("avformat_write_header", status)
    }

    /// The unit of the tracks' lengths: one in which both are whole where that is possible, so that
    /// neither is cut short, and else one in which the audio is.
    private var ticksPerSecond: Int {
        let frames = video.settings.frameRate.numerator
        guard let audio else { return frames * (1 + 999 / frames) }
        let common = audio.sampleRate / greatestCommonDivisor(audio.sampleRate, frames) * frames
        return common <= 1_000_000 ? common : audio.sampleRate
    }

    /// Writes both tracks' packets in the order in which they are decoded; the video's first where
    /// they meet. Only one packet of each is in memory.
    private func writePackets(progress: ((Int) throws -> Void)?) throws {
        let pullVideo = try video.makePackets()
        let pullAudio = try audio?.makePackets()
        var (videoOrder, audioOrder) = (PacketOrder(), PacketOrder())
        var nextVideo = try videoOrder.check(pullVideo())
        var nextAudio = try audioOrder.check(pullAudio?())
        var videoCount = 0
        while true {
            if let packet = nextVideo, isFirst(packet, before: nextAudio) {
                try write(packet, stream: 0, base: video.settings.timeBase)
                nextVideo = try videoOrder.check(pullVideo())
                videoCount += 1
                try progress?(videoCount)
            } else if let packet = nextAudio, let audio {
                try write(
                    packet, stream: 1,
                    base: AVRational(num: 1, den: CInt(clamping: audio.sampleRate)))
                nextAudio = try audioOrder.check(pullAudio?())
            } else {
                return
            }
        }
    }

    /// The corresponding C function is `av_compare_ts`.
    private func isFirst(_ packet: EncodedPacket, before other: EncodedPacket?) -> Bool {
        guard let other, let audio else { return true }
        let base = AVRational(num: 1, den: CInt(clamping: audio.sampleRate))
        return av_compare_ts(packet.dts, video.settings.timeBase, other.dts, base) <= 0
    }

    private func write(
        _ encoded: EncodedPacket, stream index: Int, base: AVRational
    ) throws(AssetError) {
        guard let stream = unsafe context.pointee.streams[index] else { return }
        try Libav.check(
            "av_new_packet", unsafe av_new_packet(packet, CInt(clamping: encoded.bytes.count)))
        defer { unsafe av_packet_unref(packet) }
        unsafe encoded.bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, let target = unsafe packet.pointee.data else {
                return
            }
            unsafe UnsafeMutableRawPointer(target).copyMemory(
                from: start, byteCount: bytes.count)
        }
        unsafe packet.pointee.stream_index = CInt(index)
        unsafe packet.pointee.pts = encoded.pts
        unsafe packet.pointee.dts = encoded.dts
        unsafe packet.pointee.duration = encoded.duration
        unsafe packet.pointee.flags = encoded.isKey ? AV_PKT_FLAG_KEY : 0
        unsafe av_packet_rescale_ts(packet, base, stream.pointee.time_base)
        let status = unsafe av_write_frame(context, packet)
        try output.rethrow()
        try Libav.check("av_write_frame", status)
        packetCount += 1
    }
}

/// Checks that a track's packets come in decoding order.
private struct PacketOrder {
    private var last: Int64?

    mutating func check(_ packet: EncodedPacket?) throws(AssetError) -> EncodedPacket? {
        guard let packet else { return nil }
        guard last.map({ $0 < packet.dts }) ?? true, packet.pts >= packet.dts else {
            throw AssetError(
                .invalidArgument,
                "a packet to be decoded at \(packet.dts) and shown at \(packet.pts) follows one "
                    + "decoded at \(last ?? 0); join segments in their order")
        }
        last = packet.dts
        return packet
    }
}

private func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
    var (larger, smaller) = (left, right)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return max(larger, 1)
}
