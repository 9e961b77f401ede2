// What video and audio encoding share: an open encoder, its frame, and its packets.

internal import Basics
internal import CFFmpeg

/// The one owner of an encoding `AVCodecContext`, a frame and a packet. Not thread-safe.
@safe final class PacketEncoder {
    let codec: UnsafeMutablePointer<AVCodecContext>
    let frame: UnsafeMutablePointer<AVFrame>
    private let packet: UnsafeMutablePointer<AVPacket>
    private let name: String

    /// Allocates, but does not open. The corresponding C functions are
    /// `avcodec_find_encoder_by_name` and `avcodec_alloc_context3`.
    init(named name: String) throws(AssetError) {
        Libav.prepare()
        guard let encoder = unsafe avcodec_find_encoder_by_name(name) else {
            throw AssetError(
                .library, "libavcodec has no encoder \(name); install Debian's libavcodec59")
        }
        guard let codec = unsafe avcodec_alloc_context3(encoder) else {
            throw Libav.outOfMemory("avcodec_alloc_context3")
        }
        guard let frame = unsafe av_frame_alloc(), let packet = unsafe av_packet_alloc() else {
            var closing: UnsafeMutablePointer<AVCodecContext>? = unsafe codec
            unsafe avcodec_free_context(&closing)
            throw Libav.outOfMemory("av_frame_alloc")
        }
        self.name = name
        unsafe self.codec = codec
        unsafe self.frame = frame
        unsafe self.packet = packet
        // Parameter sets apart from the packets, the same bytes every time, one thread.
        unsafe codec.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT
        unsafe codec.pointee.thread_count = 1
        unsafe codec.pointee.thread_type = 0
    }

    deinit {
        var codec: UnsafeMutablePointer<AVCodecContext>? = unsafe codec
        var frame: UnsafeMutablePointer<AVFrame>? = unsafe frame
        var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
        unsafe avcodec_free_context(&codec)
        unsafe av_frame_free(&frame)
        unsafe av_packet_free(&packet)
    }

    /// Opens the encoder with private `options`. The corresponding C function is `avcodec_open2`.
    func open(_ options: [(String, String)]) throws(AssetError) {
        var dictionary: OpaquePointer? = nil
        defer { unsafe av_dict_free(&dictionary) }
        for (key, value) in options {
            try Libav.check("av_dict_set", unsafe av_dict_set(&dictionary, key, value, 0))
        }
        let status = unsafe avcodec_open2(codec, nil, &dictionary)
        guard status >= 0 else {
            throw AssetError(
                .library,
                "the encoder \(name) can't be opened: \(Libav.text(status)); check the size, rate "
                    + "and quality asked of it")
        }
        if let ignored = unsafe av_dict_get(dictionary, "", nil, AV_DICT_IGNORE_SUFFIX),
            let key = unsafe ignored.pointee.key
        {
            throw AssetError(
                .library,
                "the encoder \(name) does not know the option \(unsafe String(cString: key)); "
                    + "install Debian's libavcodec59")
        }
    }

    /// The codec's parameter sets; there once the encoder is open.
    var extradata: [UInt8] {
        guard let bytes = unsafe codec.pointee.extradata else { return [] }
        return unsafe Array(
            UnsafeBufferPointer(start: bytes, count: Int(codec.pointee.extradata_size)))
    }

    /// Gives ``frame`` to the encoder, or `nil` for the end, and returns the packets that come out.
    /// The corresponding C functions are `avcodec_send_frame` and `avcodec_receive_packet`.
    func encode(_ frame: UnsafeMutablePointer<AVFrame>?) throws(AssetError) -> [EncodedPacket] {
        try Libav.check("avcodec_send_frame", unsafe avcodec_send_frame(codec, frame))
        var packets: [EncodedPacket] = []
        while true {
            let status = unsafe avcodec_receive_packet(codec, packet)
            if status == Libav.again || status == Libav.end { return packets }
            try Libav.check("avcodec_receive_packet", status)
            packets.append(unsafe Self.copy(packet))
            unsafe av_packet_unref(packet)
        }
    }

    private static func copy(_ packet: UnsafeMutablePointer<AVPacket>) -> EncodedPacket {
        let bytes = unsafe UnsafeBufferPointer(
            start: packet.pointee.data, count: Int(packet.pointee.size))
        return unsafe EncodedPacket(
            bytes: Array(bytes), pts: packet.pointee.pts, dts: packet.pointee.dts,
            duration: packet.pointee.duration,
            isKey: packet.pointee.flags & AV_PKT_FLAG_KEY != 0)
    }
}
