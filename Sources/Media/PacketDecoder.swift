// Turns the packets of one stream into raw frames.

internal import Basics
internal import CFFmpeg

/// A decoder for one stream: the one owner of an `AVCodecContext`, a packet and a frame. Not
/// thread-safe.
@safe final class PacketDecoder {
    let demuxer: Demuxer
    let streamIndex: Int
    private(set) var codec: UnsafeMutablePointer<AVCodecContext>
    /// The frame that ``next(damaged:)`` filled last.
    private(set) var frame: UnsafeMutablePointer<AVFrame>
    private let packet: UnsafeMutablePointer<AVPacket>
    private var isDraining = false
    /// After so many failures without asking for another packet, a decoder is stuck.
    private static let failureCountMax = 1000
    /// Called with every packet of the file, whichever its stream.
    var watchPacket: ((UnsafeMutablePointer<AVPacket>) -> Void)?

    /// The corresponding C functions are `avcodec_find_decoder`, `avcodec_alloc_context3`,
    /// `avcodec_parameters_to_context` and `avcodec_open2`.
    ///
    /// - Parameter isStrict: whether what the decoder could conceal is damage: a picture that ends
    ///   early, say.
    init(
        _ demuxer: Demuxer, stream streamIndex: Int, isStrict: Bool = false
    ) throws(AssetError) {
        self.demuxer = demuxer
        self.streamIndex = streamIndex
        guard let stream = unsafe demuxer.stream(streamIndex),
            let parameters = unsafe stream.pointee.codecpar
        else { throw AssetError(.invalidArgument, "\(demuxer.subject) has no such stream") }
        let codecName = unsafe String(cString: avcodec_get_name(parameters.pointee.codec_id))
        guard let decoder = unsafe avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw AssetError(
                .inputUnreadable,
                "\(demuxer.subject): no decoder for \(codecName) is installed; convert the file")
        }
        guard let codec = unsafe avcodec_alloc_context3(decoder) else {
            throw Libav.outOfMemory("avcodec_alloc_context3")
        }
        guard let frame = unsafe av_frame_alloc(), let packet = unsafe av_packet_alloc() else {
            var closing: UnsafeMutablePointer<AVCodecContext>? = unsafe codec
            unsafe avcodec_free_context(&closing)
            throw Libav.outOfMemory("av_frame_alloc")
        }
        unsafe self.codec = codec
        unsafe self.frame = frame
        unsafe self.packet = packet
        try Libav.check(
            "avcodec_parameters_to_context",
            unsafe avcodec_parameters_to_context(codec, parameters))
        unsafe codec.pointee.pkt_timebase = stream.pointee.time_base
        unsafe codec.pointee.thread_count = 1
        unsafe codec.pointee.max_pixels = Int64(Libav.pixelCountMax)
        unsafe codec.pointee.err_recognition =
            AV_EF_CRCCHECK | (isStrict ? AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE : 0)
        let status = unsafe avcodec_open2(codec, decoder, nil)
        guard status >= 0 else {
            throw AssetError(
                .inputUnreadable,
                "\(demuxer.subject): its \(codecName) can't be decoded: \(Libav.text(status)); "
                    + "it is damaged, so use a whole copy")
        }
    }

    deinit {
        var codec: UnsafeMutablePointer<AVCodecContext>? = unsafe codec
        var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
        var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
        unsafe avcodec_free_context(&codec)
        unsafe av_frame_free(&frame)
        unsafe av_packet_free(&packet)
    }

    /// Decodes the next frame into ``frame``; `false` at the end of the file. `damaged` is called
    /// for every packet that the decoder refuses as damaged, and may throw.
    ///
    /// The corresponding C functions are `avcodec_send_packet` and `avcodec_receive_frame`.
    func next(damaged: () throws(AssetError) -> Void) throws(AssetError) -> Bool {
        var failures = 0
        while failures < Self.failureCountMax {
            let status = unsafe avcodec_receive_frame(codec, frame)
            if status >= 0 { return true }
            if status == Libav.end { return false }
            if status == Libav.again {
                failures = 0
                try feed(damaged)
            } else {
                failures += 1
                try Self.checkMemory("avcodec_receive_frame", status)
                try damaged()
            }
        }
        return false
    }

    private func feed(_ damaged: () throws(AssetError) -> Void) throws(AssetError) {
        while try unsafe demuxer.read(into: packet) {
            if let watchPacket = unsafe watchPacket { unsafe watchPacket(packet) }
            guard unsafe Int(packet.pointee.stream_index) == streamIndex,
                unsafe packet.pointee.size > 0
            else { continue }
            let status = unsafe avcodec_send_packet(codec, packet)
            if status >= 0 { return }
            try Self.checkMemory("avcodec_send_packet", status)
            try damaged()
        }
        guard !isDraining else { return }
        isDraining = true
        if demuxer.isBroken { try damaged() }
        let status = unsafe avcodec_send_packet(codec, nil)
        guard status >= 0 || status == Libav.end else {
            throw Libav.failure("avcodec_send_packet", status)
        }
    }

    /// Decoders have many words for bytes that they don't understand, and one for lack of memory.
    private static func checkMemory(_ call: StaticString, _ status: CInt) throws(AssetError) {
        if status == Libav.noMemory { throw Libav.failure(call, status) }
    }
}
