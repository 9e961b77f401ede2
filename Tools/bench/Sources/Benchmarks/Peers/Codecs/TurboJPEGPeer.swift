// libjpeg-turbo as a program calls it that has the memory for everything at hand.

internal import CPeerTurboJPEG
internal import FrameCodecs

/// Packs and unpacks JPEGs. Not thread-safe.
@safe final class TurboJPEGPeer {
    private let compressor: tjhandle
    private let decompressor: tjhandle
    private var buffer: UnsafeMutablePointer<UInt8>?
    private var byteCount: UInt = 0
    private let capacity: UInt
    private let frame: (width: Int, height: Int)
    private let pixels: PixelBuffer

    /// - Parameter size: even in both directions.
    init(_ size: (width: Int, height: Int)) throws {
        frame = size
        capacity = tjBufSize(CInt(size.width), CInt(size.height), CInt(TJSAMP_444.rawValue))
        pixels = PixelBuffer(byteCount: 4 * size.width * size.height)
        guard let compressor = unsafe tjInitCompress(),
            let decompressor = unsafe tjInitDecompress(),
            let buffer = unsafe tjAlloc(CInt(capacity))
        else { throw peerError("turbojpeg", "no memory") }
        unsafe self.compressor = compressor
        unsafe self.decompressor = decompressor
        unsafe self.buffer = buffer
    }

    deinit {
        unsafe tjFree(buffer)
        _ = unsafe tjDestroy(compressor)
        _ = unsafe tjDestroy(decompressor)
    }

    /// Lends the JPEG of pixels, red first.
    func encode(
        _ source: borrowing Frame, quality: Int, _ samples: TJSAMP, _ body: (RawSpan) -> Void
    ) throws {
        byteCount = capacity
        let status = source.withBytes { bytes in
            unsafe bytes.withUnsafeBytes {
                unsafe tjCompress2(
                    compressor, $0.bindMemory(to: UInt8.self).baseAddress, CInt(frame.width),
                    CInt(4 * frame.width), CInt(frame.height), CInt(TJPF_RGBX.rawValue), &buffer,
                    &byteCount, CInt(samples.rawValue), CInt(quality),
                    TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC)
            }
        }
        try check(status)
        body(unsafe UnsafeRawBufferPointer(start: buffer, count: Int(byteCount)).bytes)
    }

    /// Lends the JPEG of planes 4:2:0, which lie behind each other without gaps.
    func encodePlanes(
        _ source: borrowing Frame, quality: Int, _ body: (RawSpan) -> Void
    ) throws {
        byteCount = capacity
        let luma = frame.width * frame.height
        let status = source.withBytes { bytes in
            unsafe bytes.withUnsafeBytes {
                let start = unsafe $0.bindMemory(to: UInt8.self).baseAddress
                var planes = unsafe [
                    start, start?.advanced(by: luma), start?.advanced(by: luma + luma / 4),
                ]
                var strides = [CInt(frame.width), CInt(frame.width / 2), CInt(frame.width / 2)]
                return unsafe tjCompressFromYUVPlanes(
                    compressor, &planes, CInt(frame.width), &strides, CInt(frame.height),
                    CInt(TJSAMP_420.rawValue), &buffer, &byteCount, CInt(quality),
                    TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC)
            }
        }
        try check(status)
        body(unsafe UnsafeRawBufferPointer(start: buffer, count: Int(byteCount)).bytes)
    }

    private static let unpackingFlags =
        TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS

    /// Lends the pixels of a JPEG as RGBA.
    func decode(_ jpeg: [UInt8], _ body: (RawSpan) -> Void) throws {
        try readHeader(jpeg)
        let status = unsafe jpeg.withUnsafeBufferPointer {
            unsafe tjDecompress2(
                decompressor, $0.baseAddress, UInt($0.count), pixels.start, CInt(frame.width),
                CInt(4 * frame.width), CInt(frame.height), CInt(TJPF_RGBA.rawValue),
                Self.unpackingFlags)
        }
        try check(status)
        pixels.withBytes(body)
    }

    /// Lends the planes of a JPEG 4:2:0.
    func decodePlanes(_ jpeg: [UInt8], _ body: (RawSpan) -> Void) throws {
        try readHeader(jpeg)
        let luma = frame.width * frame.height
        let status = unsafe jpeg.withUnsafeBufferPointer {
            let start = unsafe pixels.start
            var planes: [UnsafeMutablePointer<UInt8>?] = unsafe [
                start, start + luma, start + luma + luma / 4,
            ]
            var strides = [CInt(frame.width), CInt(frame.width / 2), CInt(frame.width / 2)]
            return unsafe tjDecompressToYUVPlanes(
                decompressor, $0.baseAddress, UInt($0.count), &planes, CInt(frame.width), &strides,
                CInt(frame.height), Self.unpackingFlags)
        }
        try check(status)
        pixels.withBytes { body($0.extracting(first: luma + luma / 2)) }
    }

    /// What everyone asks first who does not know the size.
    private func readHeader(_ jpeg: [UInt8]) throws {
        var (width, height, samples, colorspace): (CInt, CInt, CInt, CInt) = (0, 0, -1, -1)
        let status = unsafe jpeg.withUnsafeBufferPointer {
            unsafe tjDecompressHeader3(
                decompressor, $0.baseAddress, UInt($0.count), &width, &height, &samples,
                &colorspace)
        }
        try check(status)
        guard Int(width) == frame.width, Int(height) == frame.height else {
            throw peerError("turbojpeg", "a JPEG has another size")
        }
    }

    private func check(_ status: CInt) throws {
        guard status == 0 else { throw peerError("turbojpeg", "a call failed") }
    }
}
