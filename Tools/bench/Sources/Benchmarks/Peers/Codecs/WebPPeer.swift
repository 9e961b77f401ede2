// WebP without loss, at its fastest.

internal import CWebP
internal import FrameCodecs

/// Lossless WebP at level 0. Not thread-safe.
@safe final class WebPPeer: LosslessPeer {
    private var config = WebPConfig()
    /// The frames as libwebp holds them.
    private var pictures: [UnsafeMutablePointer<WebPPicture>] = unsafe []
    private let writer: UnsafeMutablePointer<WebPMemoryWriter>
    private var packed: [[UInt8]]
    private let width: Int
    private let pixels: PixelBuffer

    init(_ frames: [SharedFrame]) throws {
        let (width, height) = (frames[0].frame.width, frames[0].frame.height)
        self.width = width
        pixels = PixelBuffer(byteCount: 4 * width * height)
        packed = frames.map { _ in [] }
        unsafe writer = .allocate(capacity: 1)
        unsafe writer.initialize(to: WebPMemoryWriter())
        unsafe WebPMemoryWriterInit(writer)
        guard unsafe WebPConfigInit(&config) != 0,
            unsafe WebPConfigLosslessPreset(&config, 0) != 0
        else { throw peerError("webp", "the library has another version") }
        // What is transparent keeps its colours, as for everyone here.
        config.exact = 1
        config.thread_level = 0
        for shared in frames {
            let picture = UnsafeMutablePointer<WebPPicture>.allocate(capacity: 1)
            unsafe picture.initialize(to: WebPPicture())
            unsafe pictures.append(picture)
            guard unsafe WebPPictureInit(picture) != 0 else {
                throw peerError("webp", "the library has another version")
            }
            unsafe picture.pointee.use_argb = 1
            unsafe picture.pointee.width = CInt(width)
            unsafe picture.pointee.height = CInt(height)
            let status = shared.frame.withBytes { bytes in
                unsafe bytes.withUnsafeBytes {
                    unsafe WebPPictureImportRGBA(
                        picture, $0.bindMemory(to: UInt8.self).baseAddress, CInt(4 * width))
                }
            }
            guard status != 0 else { throw peerError("webp", "no memory for a frame") }
            unsafe picture.pointee.writer = { unsafe WebPMemoryWrite($0, $1, $2) }
            unsafe picture.pointee.custom_ptr = UnsafeMutableRawPointer(writer)
        }
    }

    deinit {
        for index in unsafe pictures.indices {
            unsafe WebPPictureFree(pictures[index])
            unsafe pictures[index].deallocate()
        }
        unsafe WebPMemoryWriterClear(writer)
        unsafe writer.deallocate()
    }

    func encode(_ index: Int) throws {
        unsafe writer.pointee.size = 0
        guard unsafe WebPEncode(&config, pictures[index]) != 0 else {
            throw peerError(
                "webp",
                "a frame can't be packed (\(unsafe pictures[index].pointee.error_code.rawValue))")
        }
        packed[index] = unsafe Array(
            UnsafeBufferPointer(start: writer.pointee.mem, count: writer.pointee.size))
    }

    func packedByteCount(_ index: Int) -> Int { packed[index].count }

    func decode(_ index: Int) throws {
        let target = unsafe packed[index].withUnsafeBufferPointer {
            unsafe WebPDecodeRGBAInto(
                $0.baseAddress, $0.count, pixels.start, pixels.byteCount, CInt(4 * width))
        }
        guard unsafe target != nil else { throw peerError("webp", "a frame can't be unpacked") }
    }

    func withDecoded(_ body: (RawSpan) throws -> Void) throws { try pixels.withBytes(body) }
}
