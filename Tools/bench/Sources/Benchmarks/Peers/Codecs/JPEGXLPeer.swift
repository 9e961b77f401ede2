// JPEG XL without loss, at its fastest, on one thread.

internal import CJXL
internal import FrameCodecs

/// Lossless JPEG XL at effort 1. Not thread-safe.
@safe final class JPEGXLPeer: LosslessPeer {
    private let frames: [SharedFrame]
    private let encoder: OpaquePointer
    private let decoder: OpaquePointer
    private var packed: [[UInt8]]
    private var counts: [Int]
    private let pixels: PixelBuffer
    private var format = JxlPixelFormat(
        num_channels: 4, data_type: JXL_TYPE_UINT8, endianness: JXL_NATIVE_ENDIAN, align: 0)

    init(_ frames: [SharedFrame]) throws {
        self.frames = frames
        pixels = PixelBuffer(byteCount: frames[0].frame.byteCount)
        packed = frames.map {
            [UInt8](repeating: 0, count: $0.frame.byteCount + $0.frame.byteCount / 4 + 4096)
        }
        counts = frames.map { _ in 0 }
        guard let encoder = unsafe JxlEncoderCreate(nil),
            let decoder = unsafe JxlDecoderCreate(nil)
        else { throw peerError("jxl", "no memory") }
        unsafe self.encoder = encoder
        unsafe self.decoder = decoder
    }

    deinit {
        unsafe JxlEncoderDestroy(encoder)
        unsafe JxlDecoderDestroy(decoder)
    }

    func encode(_ index: Int) throws {
        let (width, height) = (frames[index].frame.width, frames[index].frame.height)
        unsafe JxlEncoderReset(encoder)
        var info = JxlBasicInfo()
        unsafe JxlEncoderInitBasicInfo(&info)
        info.xsize = UInt32(width)
        info.ysize = UInt32(height)
        info.bits_per_sample = 8
        info.num_extra_channels = 1
        info.alpha_bits = 8
        info.uses_original_profile = JXL_TRUE
        try check(unsafe JxlEncoderSetBasicInfo(encoder, &info))
        var color = JxlColorEncoding()
        unsafe JxlColorEncodingSetToSRGB(&color, JXL_FALSE)
        try check(unsafe JxlEncoderSetColorEncoding(encoder, &color))
        guard let settings = unsafe JxlEncoderFrameSettingsCreate(encoder, nil) else {
            throw peerError("jxl", "no memory")
        }
        try check(unsafe JxlEncoderSetFrameLossless(settings, JXL_TRUE))
        try check(
            unsafe JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT, 1))
        let status = frames[index].frame.withBytes { bytes in
            unsafe bytes.withUnsafeBytes {
                unsafe JxlEncoderAddImageFrame(settings, &format, $0.baseAddress, $0.count)
            }
        }
        try check(status)
        unsafe JxlEncoderCloseInput(encoder)
        let rest = unsafe packed[index].withUnsafeMutableBufferPointer { buffer in
            var next = buffer.baseAddress
            var available = buffer.count
            let status = unsafe JxlEncoderProcessOutput(encoder, &next, &available)
            return status == JXL_ENC_SUCCESS ? available : nil
        }
        guard let rest else { throw peerError("jxl", "a frame can't be packed") }
        counts[index] = packed[index].count - rest
    }

    func packedByteCount(_ index: Int) -> Int { counts[index] }

    func decode(_ index: Int) throws {
        unsafe JxlDecoderReset(decoder)
        let wanted = CInt(JXL_DEC_FULL_IMAGE.rawValue)
        guard unsafe JxlDecoderSubscribeEvents(decoder, wanted) == JXL_DEC_SUCCESS else {
            throw peerError("jxl", "the decoder tells nothing")
        }
        let isWhole = unsafe packed[index].withUnsafeBufferPointer { bytes in
            guard
                unsafe JxlDecoderSetInput(decoder, bytes.baseAddress, counts[index])
                    == JXL_DEC_SUCCESS
            else { return false }
            unsafe JxlDecoderCloseInput(decoder)
            while true {
                switch unsafe JxlDecoderProcessInput(decoder) {
                case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
                    guard
                        unsafe JxlDecoderSetImageOutBuffer(
                            decoder, &format, pixels.start, pixels.byteCount) == JXL_DEC_SUCCESS
                    else { return false }
                case JXL_DEC_FULL_IMAGE: return true
                default: return false
                }
            }
        }
        guard isWhole else { throw peerError("jxl", "a frame can't be unpacked") }
    }

    func withDecoded(_ body: (RawSpan) throws -> Void) throws { try pixels.withBytes(body) }

    private func check(_ status: JxlEncoderStatus) throws {
        guard status == JXL_ENC_SUCCESS else {
            throw peerError("jxl", "the encoder refuses (\(status.rawValue))")
        }
    }
}
