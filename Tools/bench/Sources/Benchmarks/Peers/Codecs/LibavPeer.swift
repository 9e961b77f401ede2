// Codecs of libavcodec: UT Video, FFV1, PNG and QOI, on one thread.

internal import CPeerFFmpeg
internal import FrameCodecs

/// A lossless codec of libavcodec. Not thread-safe.
@safe final class LibavPeer: LosslessPeer {
    /// Which codec, and how it is set.
    struct Settings: Sendable {
        var codec: String
        var layout: Layout
        var options: [String: String] = [:]
        /// zlib's level, where there is one.
        var compressionLevel: CInt?
    }

    /// How a codec wants its pixels: for red, green, blue and alpha the plane and the byte, and how
    /// many bytes a pixel takes in a plane.
    enum Layout: Sendable {
        case rgba, bgra, planesOfGBRA

        var format: AVPixelFormat {
            switch self {
            case .rgba: AV_PIX_FMT_RGBA
            case .bgra: AV_PIX_FMT_BGRA
            case .planesOfGBRA: AV_PIX_FMT_GBRAP
            }
        }

        var places: [(plane: Int, byte: Int)] {
            switch self {
            case .rgba: [(0, 0), (0, 1), (0, 2), (0, 3)]
            case .bgra: [(0, 2), (0, 1), (0, 0), (0, 3)]
            case .planesOfGBRA: [(2, 0), (0, 0), (1, 0), (3, 0)]
            }
        }

        var pixelByteCount: Int { self == .planesOfGBRA ? 1 : 4 }
    }

    private let name: String
    private let settings: Settings
    private var encoder: UnsafeMutablePointer<AVCodecContext>?
    private var decoder: UnsafeMutablePointer<AVCodecContext>?
    private var sources: [UnsafeMutablePointer<AVFrame>?] = unsafe []
    private var packets: [UnsafeMutablePointer<AVPacket>?] = unsafe []
    private var decoded: UnsafeMutablePointer<AVFrame>?
    private let pixels: PixelBuffer

    init(_ name: String, _ settings: Settings, _ frames: [SharedFrame]) throws {
        self.name = name
        self.settings = settings
        let (width, height) = (frames[0].frame.width, frames[0].frame.height)
        pixels = PixelBuffer(byteCount: 4 * width * height)
        av_log_set_level(AV_LOG_ERROR)
        try openEncoder(width: width, height: height)
        try openDecoder()
        for shared in frames {
            guard let frame = unsafe av_frame_alloc(), let packet = unsafe av_packet_alloc() else {
                throw peerError(name, "no memory for a frame")
            }
            unsafe sources.append(frame)
            unsafe packets.append(packet)
            unsafe frame.pointee.width = CInt(width)
            unsafe frame.pointee.height = CInt(height)
            unsafe frame.pointee.format = settings.layout.format.rawValue
            try check(unsafe av_frame_get_buffer(frame, 64), "no memory for a frame")
            shared.frame.withBytes { bytes in
                unsafe bytes.withUnsafeBytes { source in
                    unsafe transfer(
                        source.bindMemory(to: UInt8.self).baseAddress!, frame, width: width,
                        height: height)
                }
            }
        }
        unsafe decoded = av_frame_alloc()
    }

    deinit {
        for index in unsafe sources.indices {
            unsafe av_frame_free(&sources[index])
            unsafe av_packet_free(&packets[index])
        }
        unsafe av_frame_free(&decoded)
        unsafe avcodec_free_context(&encoder)
        unsafe avcodec_free_context(&decoder)
    }

    private func openEncoder(width: Int, height: Int) throws {
        guard let codec = unsafe avcodec_find_encoder_by_name(settings.codec),
            let context = unsafe avcodec_alloc_context3(codec)
        else { throw peerError(name, "libavcodec has no such encoder") }
        unsafe encoder = context
        unsafe context.pointee.width = CInt(width)
        unsafe context.pointee.height = CInt(height)
        unsafe context.pointee.pix_fmt = settings.layout.format
        unsafe context.pointee.time_base = AVRational(num: 1, den: 25)
        unsafe context.pointee.thread_count = 1
        // Each frame can be unpacked without the others, as stored frames must be.
        unsafe context.pointee.gop_size = 1
        if let level = settings.compressionLevel {
            unsafe context.pointee.compression_level = level
        }
        var options: OpaquePointer?
        defer { unsafe av_dict_free(&options) }
        for (key, value) in settings.options {
            try check(unsafe av_dict_set(&options, key, value, 0), "no memory for options")
        }
        try check(unsafe avcodec_open2(context, codec, &options), "the encoder can't be opened")
        guard unsafe av_dict_count(options) == 0 else {
            throw peerError(name, "the encoder does not know all options")
        }
    }

    private func openDecoder() throws {
        guard let encoder = unsafe encoder,
            let codec = unsafe avcodec_find_decoder(encoder.pointee.codec_id),
            let context = unsafe avcodec_alloc_context3(codec)
        else { throw peerError(name, "libavcodec has no such decoder") }
        unsafe decoder = context
        var parameters = unsafe avcodec_parameters_alloc()
        defer { unsafe avcodec_parameters_free(&parameters) }
        try check(
            unsafe avcodec_parameters_from_context(parameters, encoder), "no memory for a decoder")
        try check(
            unsafe avcodec_parameters_to_context(context, parameters), "no memory for a decoder")
        unsafe context.pointee.thread_count = 1
        try check(unsafe avcodec_open2(context, codec, nil), "the decoder can't be opened")
    }

    func encode(_ index: Int) throws {
        unsafe sources[index]?.pointee.pts = Int64(index)
        unsafe av_packet_unref(packets[index])
        try check(unsafe avcodec_send_frame(encoder, sources[index]), "a frame is not taken")
        try check(
            unsafe avcodec_receive_packet(encoder, packets[index]), "a frame can't be packed")
    }

    func packedByteCount(_ index: Int) -> Int {
        unsafe Int(packets[index]?.pointee.size ?? 0)
    }

    func decode(_ index: Int) throws {
        try check(unsafe avcodec_send_packet(decoder, packets[index]), "a packet is not taken")
        try check(unsafe avcodec_receive_frame(decoder, decoded), "a packet can't be unpacked")
    }

    func withDecoded(_ body: (RawSpan) throws -> Void) throws {
        guard let frame = unsafe decoded,
            unsafe frame.pointee.format == settings.layout.format.rawValue
        else { throw peerError(name, "the decoder gives another pixel format") }
        let (width, height) = unsafe (Int(frame.pointee.width), Int(frame.pointee.height))
        guard 4 * width * height == pixels.byteCount else {
            throw peerError(name, "the decoder gives another size")
        }
        unsafe transfer(pixels.start, frame, width: width, height: height, isBack: true)
        try pixels.withBytes(body)
    }

    /// Copies RGBA into a frame of libav's, or back.
    private func transfer(
        _ pixels: UnsafePointer<UInt8>, _ frame: UnsafeMutablePointer<AVFrame>, width: Int,
        height: Int
    ) {
        unsafe transfer(
            UnsafeMutablePointer(mutating: pixels), frame, width: width, height: height,
            isBack: false)
    }

    private func transfer(
        _ pixels: UnsafeMutablePointer<UInt8>, _ frame: UnsafeMutablePointer<AVFrame>, width: Int,
        height: Int, isBack: Bool
    ) {
        let data = unsafe [
            frame.pointee.data.0, frame.pointee.data.1, frame.pointee.data.2, frame.pointee.data.3,
        ]
        let strides = unsafe [
            frame.pointee.linesize.0, frame.pointee.linesize.1, frame.pointee.linesize.2,
            frame.pointee.linesize.3,
        ]
        let step = settings.layout.pixelByteCount
        for (channel, place) in settings.layout.places.enumerated() {
            guard let plane = unsafe data[place.plane] else { continue }
            for row in 0..<height {
                let samples = unsafe plane + row * Int(strides[place.plane]) + place.byte
                let line = unsafe pixels + 4 * row * width + channel
                for x in 0..<width {
                    if isBack {
                        unsafe line[4 * x] = samples[step * x]
                    } else {
                        unsafe samples[step * x] = line[4 * x]
                    }
                }
            }
        }
    }

    private func check(_ status: CInt, _ what: String) throws {
        guard status >= 0 else { throw peerError(name, "\(what) (\(status))") }
    }
}
