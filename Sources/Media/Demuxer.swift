// Opens a media file and hands out its packets.

internal import Basics
internal import CFFmpeg

/// An open media file: the one owner of an `AVFormatContext` for reading. Not thread-safe.
@safe final class Demuxer {
    let source: ByteSource
    let format: ContainerFormat
    let context: UnsafeMutablePointer<AVFormatContext>
    /// Whether reading stopped because the container is damaged, and not at its end.
    private(set) var isBroken = false

    /// How sure libav must be of a format; below, it suggests itself to look at more bytes.
    private static let scoreMin: CInt = 25
    private static let probeByteCountMax: CUnsignedInt = 1 << 20
    private static let analysisByteCountMax: Int64 = 8 << 20
    private static let analysisMicrosecondsMax: Int64 = 5_000_000
    private static let streamCountMax: CInt = 64

    var subject: String { source.bytes.subject }

    /// What came of opening bytes.
    enum Opening {
        case opened(Demuxer)
        /// No media of a known format.
        case unknown
        /// They start like media that then can't be understood.
        case unreadable(AssetError)
    }

    /// Opens `bytes`, or returns `nil` when they are no media of a known format.
    ///
    /// - Throws: what reading the bytes throws, ``AssetError/Code/inputUnreadable`` when they
    ///   start like media that then can't be understood, ``AssetError/Code/library`` without
    ///   memory.
    static func open(_ bytes: any RandomAccessBytes) throws(AssetError) -> Demuxer? {
        switch try opening(bytes) {
        case .opened(let demuxer): return demuxer
        case .unknown: return nil
        case .unreadable(let error): throw error
        }
    }

    /// Opens `bytes`. The corresponding C functions are `av_probe_input_buffer2`,
    /// `avformat_open_input` and `avformat_find_stream_info`.
    ///
    /// - Parameter forFacts: whether only what is said of the streams is wanted. Then pictures are
    ///   not decoded, and only the beginning of their files is taken into memory.
    /// - Throws: what reading the bytes throws, ``AssetError/Code/library`` without memory.
    static func opening(
        _ bytes: any RandomAccessBytes, forFacts: Bool = false
    ) throws(AssetError) -> Opening {
        guard bytes.byteCount > 0 else { return .unknown }
        var source = try ByteSource(bytes)
        var input: UnsafePointer<AVInputFormat>?
        let score = unsafe av_probe_input_buffer2(
            source.context, &input, "", nil, 0, probeByteCountMax)
        try source.rethrow()
        guard score >= scoreMin, let input = unsafe input, let name = unsafe input.pointee.name,
            let format = unsafe ContainerFormat.named(String(cString: name))
        else { return .unknown }
        let isPicture = forFacts && format.isImage
        if isPicture {
            source = try ByteSource(
                BeginningOfBytes(bytes, byteCountMax: Int(analysisByteCountMax)))
        }
        let (context, status) = try unsafe open(source, input)
        try source.rethrow()
        guard let context = unsafe context, status >= 0 else {
            return .unreadable(unreadable(source.bytes.subject, format, status))
        }
        let demuxer = unsafe Demuxer(source, format, context)
        let found = isPicture ? try demuxer.findPicture(bytes) : try demuxer.findStreams()
        try source.rethrow()
        guard found >= 0 else {
            return .unreadable(unreadable(source.bytes.subject, format, found))
        }
        return .opened(demuxer)
    }

    private static func open(
        _ source: ByteSource, _ input: UnsafePointer<AVInputFormat>
    ) throws(AssetError) -> (UnsafeMutablePointer<AVFormatContext>?, CInt) {
        var opening: UnsafeMutablePointer<AVFormatContext>? = unsafe avformat_alloc_context()
        guard let allocated = unsafe opening else {
            throw Libav.outOfMemory("avformat_alloc_context")
        }
        unsafe allocated.pointee.pb = source.context
        unsafe allocated.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        unsafe allocated.pointee.probesize = analysisByteCountMax
        unsafe allocated.pointee.max_analyze_duration = analysisMicrosecondsMax
        unsafe allocated.pointee.max_streams = streamCountMax
        unsafe assetstore_forbid_opening(allocated)
        // On failure libav frees the context and sets it to nil.
        let status = unsafe avformat_open_input(&opening, "", input, nil)
        return unsafe (opening, status)
    }

    private init(
        _ source: ByteSource, _ format: ContainerFormat,
        _ takingOwnership: UnsafeMutablePointer<AVFormatContext>
    ) {
        self.source = source
        self.format = format
        unsafe context = takingOwnership
    }

    deinit {
        var closing: UnsafeMutablePointer<AVFormatContext>? = unsafe context
        unsafe avformat_close_input(&closing)
    }

    /// Finds out what each stream holds, decoding a little where needed, with no more pixels than
    /// are ever decoded.
    private func findStreams() throws(AssetError) -> CInt {
        let count = streamCount
        var options = unsafe [OpaquePointer?](repeating: nil, count: count)
        defer { for index in 0..<count { unsafe av_dict_free(&options[index]) } }
        for index in 0..<count {
            try Libav.check(
                "av_dict_set",
                unsafe av_dict_set_int(
                    &options[index], "max_pixels", Int64(Libav.pixelCountMax), 0))
            try Libav.check("av_dict_set", unsafe av_dict_set(&options[index], "threads", "1", 0))
        }
        return unsafe avformat_find_stream_info(context, &options)
    }

    private static func unreadable(
        _ subject: String, _ format: ContainerFormat, _ status: CInt
    ) -> AssetError {
        AssetError(
            .inputUnreadable,
            "\(subject) starts like \(format.audioType) but can't be read: \(Libav.text(status)); "
                + "it is damaged, so use a whole copy")
    }

    var streamCount: Int { unsafe Int(context.pointee.nb_streams) }

    func stream(_ index: Int) -> UnsafeMutablePointer<AVStream>? {
        guard (0..<streamCount).contains(index) else { return nil }
        return unsafe context.pointee.streams[index]
    }

    /// The first stream of `type` that has what decoding needs; no cover pictures.
    func firstStream(_ type: AVMediaType) -> Int? {
        for index in 0..<streamCount {
            guard let stream = unsafe stream(index), let codec = unsafe stream.pointee.codecpar,
                unsafe codec.pointee.codec_type == type,
                unsafe codec.pointee.codec_id != AV_CODEC_ID_NONE,
                unsafe stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
            else { continue }
            switch type {
            case AVMEDIA_TYPE_AUDIO:
                guard unsafe codec.pointee.sample_rate > 0,
                    unsafe codec.pointee.ch_layout.nb_channels > 0
                else { continue }
            default:
                guard unsafe codec.pointee.width > 0, unsafe codec.pointee.height > 0 else {
                    continue
                }
            }
            return index
        }
        return nil
    }

    /// Reads the next packet of any stream into `packet`, replacing what was in it; `false` at the
    /// end, or where damage makes reading on impossible, which ``isBroken`` tells. The
    /// corresponding C function is `av_read_frame`.
    ///
    /// - Throws: what reading the bytes throws.
    func read(into packet: UnsafeMutablePointer<AVPacket>) throws(AssetError) -> Bool {
        unsafe av_packet_unref(packet)
        let status = unsafe av_read_frame(context, packet)
        try source.rethrow()
        isBroken = status < 0 && status != Libav.end
        return status >= 0
    }
}
