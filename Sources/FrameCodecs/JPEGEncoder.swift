// Packs drawn frames as JPEG, by libjpeg-turbo.

public import Basics
internal import CTurboJPEG

/// How many chroma samples a JPEG keeps.
public enum JPEGSubsampling: UInt8, Sendable, CaseIterable {
    /// One chroma sample for 2×2 pixels: what video needs, and the smaller file.
    case yuv420 = 1
    /// One chroma sample for each pixel.
    case yuv444 = 2
}

/// Packs frames as JPEG. Not thread-safe: one per worker, who keeps it, because the encoder and its
/// output buffer are reused.
///
/// The same frame, quality and subsampling give the same bytes, whatever was encoded before.
@safe public struct JPEGEncoder: ~Copyable, @unchecked Sendable {
    // @unchecked: the handle and the buffer have one owner, and are only used by `mutating`
    // functions.

    private let handle: UnsafeMutableRawPointer
    private var buffer: UnsafeMutablePointer<UInt8>?
    private var capacity = 0

    /// Makes an encoder. The corresponding C function is `tjInitCompress`.
    ///
    /// - Throws: ``AssetError/Code/library`` when there is no memory for one.
    public init() throws(AssetError) {
        guard let handle = unsafe tjInitCompress() else {
            throw AssetError(
                .library, "libjpeg-turbo could not make an encoder; free some memory and try again")
        }
        unsafe self.handle = handle
        unsafe buffer = nil
    }

    deinit {
        unsafe tjFree(buffer)
        // Its status says only that the handle was null, which it is not.
        _ = unsafe tjDestroy(handle)
    }

    /// Packs `frame` and lends the JPEG bytes to `body`.
    ///
    /// Cost: about 4 ms for 1920×1080 at quality 85, 4:2:0. The corresponding C function is
    /// `tjCompress2` with `TJFLAG_ACCURATEDCT`.
    ///
    /// - Parameters:
    ///   - frame: of format ``PixelFormat/bgraPremultiplied``. Alpha is ignored: what is
    ///     transparent comes out as if drawn over black.
    ///   - quality: 1 (smallest) to 100 (best).
    ///   - subsampling: how many chroma samples to keep.
    /// - Throws: ``AssetError/Code/invalidArgument`` for another format or quality,
    ///   ``AssetError/Code/library`` when libjpeg-turbo fails, and what `body` throws.
    public mutating func encode<Result>(
        _ frame: borrowing Frame, quality: Int, subsampling: JPEGSubsampling = .yuv420,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard frame.format == .bgraPremultiplied else {
            throw AssetError(
                .invalidArgument,
                "frames are packed as JPEG from bgraPremultiplied, not from \(frame.format); "
                    + "convert the frame first")
        }
        guard (1...100).contains(quality) else {
            throw AssetError(
                .invalidArgument, "JPEG quality \(quality) is outside 1–100; choose one within")
        }
        let subsamplingNumber = subsampling == .yuv420 ? TJSAMP_420 : TJSAMP_444
        try reserve(
            Int(
                bitPattern: tjBufSize(
                    CInt(frame.width), CInt(frame.height), CInt(subsamplingNumber.rawValue))))
        let (width, height) = (frame.width, frame.height)
        let stride = frame.planes[0].stride
        var byteCount = UInt(capacity)
        let status = unsafe frame.withUnsafeBytes { pixels in
            unsafe tjCompress2(
                handle, pixels.bindMemory(to: UInt8.self).baseAddress, CInt(width), CInt(stride),
                CInt(height), CInt(TJPF_BGRX.rawValue), &buffer, &byteCount,
                CInt(subsamplingNumber.rawValue), CInt(quality),
                TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC)
        }
        guard status == 0 else {
            let reason = unsafe turboJPEGMessage(handle)
            throw AssetError(
                .library,
                "libjpeg-turbo could not pack a frame of \(width)×\(height) pixels: \(reason); "
                    + "check its size and try again")
        }
        return try body(
            unsafe UnsafeRawBufferPointer(start: buffer, count: Int(byteCount)).bytes)
    }

    /// Makes room for `byteCount` bytes of output. The corresponding C function is `tjAlloc`.
    private mutating func reserve(_ byteCount: Int) throws(AssetError) {
        guard byteCount > capacity else { return }
        unsafe tjFree(buffer)
        unsafe buffer = nil
        capacity = 0
        guard byteCount <= Int(CInt.max), let memory = unsafe tjAlloc(CInt(byteCount)) else {
            throw AssetError(
                .library,
                "no memory for \(byteCount) bytes of JPEG; render smaller frames or free memory")
        }
        unsafe buffer = memory
        capacity = byteCount
    }
}

/// What libjpeg-turbo says about the last failure of `handle`. The corresponding C function is
/// `tjGetErrorStr2`.
func turboJPEGMessage(_ handle: UnsafeMutableRawPointer) -> String {
    guard let text = unsafe tjGetErrorStr2(handle) else { return "no reason given" }
    return unsafe String(cString: text)
}
