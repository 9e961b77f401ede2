// How large a picture is, found without making it: libav would decode the whole of it to know.

internal import Basics
internal import CFFmpeg

/// The first bytes of others, in which the headers of pictures are.
struct BeginningOfBytes: RandomAccessBytes {
    private let whole: any RandomAccessBytes
    let byteCount: Int
    var subject: String { whole.subject }

    init(_ whole: any RandomAccessBytes, byteCountMax: Int) {
        self.whole = whole
        byteCount = min(whole.byteCount, byteCountMax)
    }

    func read(at offset: Int, into buffer: inout MutableRawSpan) throws(AssetError) -> Int {
        let count = min(buffer.byteCount, byteCount - offset)
        guard count > 0 else { return 0 }
        var target = buffer._mutatingExtracting(0..<count)
        return try whole.read(at: offset, into: &target)
    }
}

extension Demuxer {
    /// Finds out how large the picture is that the first stream holds, and notes it with the
    /// stream. Reads its first packet, and lets a decoder go as far as asking for memory for the
    /// pixels, which it doesn't get.
    ///
    /// - Parameter whole: all bytes of the file, of which ``source`` may be the beginning.
    /// - Returns: a negative status when that can't be found out.
    /// - Throws: what reading the bytes throws, ``AssetError/Code/library`` without memory.
    ///
    /// The corresponding C functions are `avcodec_open2`, `avcodec_send_packet` and
    /// `avcodec_receive_frame`, with a `get_buffer2` that refuses.
    func findPicture(_ whole: any RandomAccessBytes) throws(AssetError) -> CInt {
        guard let parameters = unsafe stream(0)?.pointee.codecpar else { return Libav.end }
        if unsafe parameters.pointee.width > 0 { return 0 }
        if let sizeOf = unsafe PictureHeader.known[parameters.pointee.codec_id.rawValue] {
            guard let size = try sizeOf(whole), size.width > 0, size.height > 0,
                size.width <= Libav.pixelCountMax / size.height
            else { return Libav.end }
            unsafe parameters.pointee.width = CInt(size.width)
            unsafe parameters.pointee.height = CInt(size.height)
            return 0
        }
        var packet = unsafe av_packet_alloc()
        defer { unsafe av_packet_free(&packet) }
        var codec = unsafe avcodec_alloc_context3(
            avcodec_find_decoder(parameters.pointee.codec_id))
        defer { unsafe avcodec_free_context(&codec) }
        var frame = unsafe av_frame_alloc()
        defer { unsafe av_frame_free(&frame) }
        guard let packet = unsafe packet, let codec = unsafe codec, let frame = unsafe frame else {
            throw Libav.outOfMemory("av_frame_alloc")
        }
        guard try unsafe read(into: packet) else { return Libav.end }
        try Libav.check(
            "avcodec_parameters_to_context",
            unsafe avcodec_parameters_to_context(codec, parameters))
        unsafe codec.pointee.thread_count = 1
        unsafe codec.pointee.max_pixels = Int64(Libav.pixelCountMax)
        unsafe codec.pointee.get_buffer2 = { _, _, _ in assetstore_averror_io }
        var status = unsafe avcodec_open2(codec, nil, nil)
        guard status >= 0 else { return status }
        // Some decode when they are given a packet, some when they are asked for a frame.
        status = unsafe avcodec_send_packet(codec, packet)
        if status >= 0 { _ = unsafe avcodec_receive_frame(codec, frame) }
        guard unsafe codec.pointee.width > 0, unsafe codec.pointee.height > 0 else {
            return Libav.end
        }
        unsafe parameters.pointee.width = codec.pointee.width
        unsafe parameters.pointee.height = codec.pointee.height
        return 0
    }
}

/// The headers of pictures whose decoders want more than the beginning of a file, or all of it.
enum PictureHeader {
    /// By the numbers of libav's codecs; `nil` where a file doesn't say.
    static let known: [UInt32: @Sendable (any RandomAccessBytes) throws(AssetError) -> Size?] = [
        AV_CODEC_ID_PNG.rawValue: png, AV_CODEC_ID_TIFF.rawValue: tiff,
        AV_CODEC_ID_WEBP.rawValue: webP,
    ]

    struct Size: Equatable, Sendable {
        var width: Int
        var height: Int
    }

    /// PNG (ISO/IEC 15948, 11.2.2): the first chunk is `IHDR`, behind a signature of 8 bytes and
    /// its own length and name; width and height come first, big-endian.
    static func png(_ bytes: any RandomAccessBytes) throws(AssetError) -> Size? {
        guard let head = try read(bytes, at: 0, count: 24), head[12..<16].elementsEqual("IHDR".utf8)
        else { return nil }
        return Size(
            width: number(head[16..<20], isLittle: false),
            height: number(head[20..<24], isLittle: false))
    }

    /// WebP (RFC 9649): the first chunk of a RIFF file, at 12, is `VP8X`, `VP8 ` or `VP8L`.
    static func webP(_ bytes: any RandomAccessBytes) throws(AssetError) -> Size? {
        guard let head = try read(bytes, at: 0, count: 30) else { return nil }
        switch String(decoding: head[12..<16], as: UTF8.self) {
        case "VP8X":
            // 24 bits each, less one, behind four bytes of flags.
            return Size(
                width: 1 + number(head[24..<27], isLittle: true),
                height: 1 + number(head[27..<30], isLittle: true))
        case "VP8 ":
            // RFC 6386, 9.1: behind three bytes and a start code, 14 bits each, and two of scale.
            guard head[23..<26].elementsEqual([0x9D, 0x01, 0x2A]) else { return nil }
            return Size(
                width: number(head[26..<28], isLittle: true) & 0x3FFF,
                height: number(head[28..<30], isLittle: true) & 0x3FFF)
        case "VP8L":
            // Behind a byte, 14 bits each, less one.
            guard head[20] == 0x2F else { return nil }
            let sides = number(head[21..<25], isLittle: true)
            return Size(width: 1 + sides & 0x3FFF, height: 1 + sides >> 14 & 0x3FFF)
        default: return nil
        }
    }

    /// TIFF (TIFF 6.0, section 2): where the directory lies, stands at 4, behind `II`, which is
    /// little-endian, or `MM`, and 42. It is a count of 2 bytes, and entries of 12: tag and type
    /// (3 of 16 bits, 4 of 32) of 2 bytes each, a count and a value of 4.
    static func tiff(_ bytes: any RandomAccessBytes) throws(AssetError) -> Size? {
        guard let head = try read(bytes, at: 0, count: 8), head[0] == head[1] else { return nil }
        let isLittle = head[0] == UInt8(ascii: "I")
        guard isLittle || head[0] == UInt8(ascii: "M"),
            number(head[2..<4], isLittle: isLittle) == 42,
            case let start = number(head[4..<8], isLittle: isLittle),
            let counted = try read(bytes, at: start, count: 2),
            case let count = number(counted[...], isLittle: isLittle),
            let entries = try read(bytes, at: start + 2, count: 12 * count)
        else { return nil }
        var size = Size(width: 0, height: 0)
        for at in stride(from: 0, to: entries.count, by: 12) {
            let isShort = number(entries[at + 2..<at + 4], isLittle: isLittle) == 3
            let value = number(entries[at + 8..<at + (isShort ? 10 : 12)], isLittle: isLittle)
            switch number(entries[at..<at + 2], isLittle: isLittle) {
            case 256: size.width = value
            case 257: size.height = value
            default: break
            }
        }
        return size
    }

    private static func number(_ bytes: ArraySlice<UInt8>, isLittle: Bool) -> Int {
        let digits = isLittle ? Array(bytes.reversed()) : Array(bytes)
        return digits.reduce(0) { $0 << 8 | Int($1) }
    }

    /// So many bytes from an offset on; `nil` when there are not.
    private static func read(
        _ bytes: any RandomAccessBytes, at offset: Int, count: Int
    ) throws(AssetError) -> [UInt8]? {
        guard offset + count <= bytes.byteCount else { return nil }
        var found = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            var span = found.mutableSpan
            var target = unsafe span.mutableBytes
            var rest = target._mutatingExtracting(done..<count)
            let more = try bytes.read(at: offset + done, into: &rest)
            guard more > 0 else { return nil }
            done += more
        }
        return found
    }
}
