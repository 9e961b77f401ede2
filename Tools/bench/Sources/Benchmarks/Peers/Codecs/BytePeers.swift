// Compressors that know nothing of pictures: zstd and LZ4 on the bytes of a frame.

internal import CLZ4
internal import CPeerZstd
internal import FrameCodecs

/// zstd at a level. Not thread-safe.
@safe final class ZstdPeer: LosslessPeer {
    private let frames: [SharedFrame]
    private let compressor: OpaquePointer
    private let decompressor: OpaquePointer
    private var packed: [[UInt8]]
    private var counts: [Int]
    private let pixels: PixelBuffer

    init(level: CInt, _ frames: [SharedFrame]) throws {
        self.frames = frames
        pixels = PixelBuffer(byteCount: frames[0].frame.byteCount)
        let room = ZSTD_compressBound(frames[0].frame.byteCount)
        packed = frames.map { _ in [UInt8](repeating: 0, count: room) }
        counts = frames.map { _ in 0 }
        guard let compressor = unsafe ZSTD_createCCtx(),
            let decompressor = unsafe ZSTD_createDCtx()
        else { throw peerError("zstd", "no memory for a context") }
        unsafe self.compressor = compressor
        unsafe self.decompressor = decompressor
        _ = try check(unsafe ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, level))
    }

    deinit {
        unsafe ZSTD_freeCCtx(compressor)
        unsafe ZSTD_freeDCtx(decompressor)
    }

    func encode(_ index: Int) throws {
        counts[index] = try frames[index].frame.withBytes { bytes in
            let status = unsafe bytes.withUnsafeBytes { source in
                unsafe packed[index].withUnsafeMutableBytes { target in
                    unsafe ZSTD_compress2(
                        compressor, target.baseAddress, target.count, source.baseAddress,
                        source.count)
                }
            }
            return try check(status)
        }
    }

    func packedByteCount(_ index: Int) -> Int { counts[index] }

    func decode(_ index: Int) throws {
        let status = unsafe packed[index].withUnsafeBytes { source in
            unsafe ZSTD_decompressDCtx(
                decompressor, pixels.start, pixels.byteCount, source.baseAddress, counts[index])
        }
        guard try check(status) == pixels.byteCount else {
            throw peerError("zstd", "a frame has another length")
        }
    }

    func withDecoded(_ body: (RawSpan) throws -> Void) throws { try pixels.withBytes(body) }

    private func check(_ status: Int) throws -> Int {
        guard ZSTD_isError(status) == 0 else {
            throw peerError("zstd", unsafe String(cString: ZSTD_getErrorName(status)))
        }
        return status
    }
}

/// LZ4 with its defaults. Not thread-safe.
final class LZ4Peer: LosslessPeer {
    private let frames: [SharedFrame]
    private var packed: [[UInt8]]
    private var counts: [Int]
    private let pixels: PixelBuffer

    init(_ frames: [SharedFrame]) throws {
        self.frames = frames
        pixels = PixelBuffer(byteCount: frames[0].frame.byteCount)
        let room = Int(LZ4_compressBound(CInt(frames[0].frame.byteCount)))
        packed = frames.map { _ in [UInt8](repeating: 0, count: room) }
        counts = frames.map { _ in 0 }
    }

    func encode(_ index: Int) throws {
        counts[index] = frames[index].frame.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { source in
                unsafe packed[index].withUnsafeMutableBytes { target in
                    unsafe Int(
                        LZ4_compress_default(
                            source.bindMemory(to: CChar.self).baseAddress,
                            target.bindMemory(to: CChar.self).baseAddress, CInt(source.count),
                            CInt(target.count)))
                }
            }
        }
        guard counts[index] > 0 else { throw peerError("lz4", "a frame can't be packed") }
    }

    func packedByteCount(_ index: Int) -> Int { counts[index] }

    func decode(_ index: Int) throws {
        let count = unsafe packed[index].withUnsafeBytes { source in
            unsafe pixels.start.withMemoryRebound(to: CChar.self, capacity: pixels.byteCount) {
                unsafe LZ4_decompress_safe(
                    source.bindMemory(to: CChar.self).baseAddress, $0, CInt(counts[index]),
                    CInt(pixels.byteCount))
            }
        }
        guard Int(count) == pixels.byteCount else {
            throw peerError("lz4", "a frame can't be unpacked")
        }
    }

    func withDecoded(_ body: (RawSpan) throws -> Void) throws { try pixels.withBytes(body) }
}
