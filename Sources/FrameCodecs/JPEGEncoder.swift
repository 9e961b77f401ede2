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
    private var evenLuma: [UInt8] = []

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
    /// Cost: about 4 ms for 1920×1080 at quality 85, 4:2:0. The corresponding C functions are
    /// `tjCompress2`, and `tjCompressFromYUVPlanes` for ``PixelFormat/yuv420JPEG``, whose samples
    /// are taken as they are, with `TJFLAG_ACCURATEDCT`.
    ///
    /// - Parameters:
    ///   - frame: of 8-bit RGB, grey, or ``PixelFormat/yuv420JPEG``. Alpha is ignored: what is
    ///     transparent in a premultiplied frame comes out as if drawn over black. Grey frames
    ///     become JPEGs of one component.
    ///   - quality: 1 (smallest) to 100 (best).
    ///   - subsampling: how many chroma samples to keep; for planes it must be theirs.
    /// - Throws: ``AssetError/Code/invalidArgument`` for another format, quality or subsampling,
    ///   ``AssetError/Code/library`` when libjpeg-turbo fails, and what `body` throws.
    public mutating func encode<Result>(
        _ frame: borrowing Frame, quality: Int, subsampling: JPEGSubsampling = .yuv420,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard (1...100).contains(quality) else {
            throw AssetError(
                .invalidArgument, "JPEG quality \(quality) is outside 1–100; choose one within")
        }
        let (width, height) = (frame.width, frame.height)
        let status: CInt
        var byteCount: UInt
        if frame.format == .yuv420JPEG {
            guard subsampling == .yuv420 else {
                throw AssetError(
                    .invalidArgument,
                    "planes of 4:2:0 can't be packed as a JPEG of 4:4:4; choose yuv420")
            }
            byteCount = try reserve(frame, TJSAMP_420)
            status = encodePlanes(frame, quality, &byteCount)
        } else {
            guard let layout = Self.layouts[frame.format] else {
                throw AssetError(
                    .invalidArgument,
                    "a frame of \(frame.format) can't be packed as JPEG; convert it to "
                        + "yuv420JPEG or bgraPremultiplied first")
            }
            let samples =
                frame.format == .grey
                ? TJSAMP_GRAY : subsampling == .yuv420 ? TJSAMP_420 : TJSAMP_444
            byteCount = try reserve(frame, samples)
            status = encodePixels(frame, layout, samples, quality, &byteCount)
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

    private static let flags = TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC

    /// How libjpeg-turbo is told of the pixels of a frame.
    private static let layouts: [PixelFormat: TJPF] = [
        .bgraPremultiplied: TJPF_BGRX, .bgra: TJPF_BGRX, .rgbaPremultiplied: TJPF_RGBX,
        .rgba: TJPF_RGBX, .rgb: TJPF_RGB, .grey: TJPF_GRAY,
    ]

    private mutating func encodePixels(
        _ frame: borrowing Frame, _ layout: TJPF, _ samples: TJSAMP, _ quality: Int,
        _ byteCount: inout UInt
    ) -> CInt {
        let stride = frame.planes[0].stride
        let (width, height) = (frame.width, frame.height)
        return unsafe frame.withUnsafeBytes { pixels in
            unsafe tjCompress2(
                handle, pixels.bindMemory(to: UInt8.self).baseAddress, CInt(width), CInt(stride),
                CInt(height), CInt(layout.rawValue), &buffer, &byteCount,
                CInt(samples.rawValue), CInt(quality), Self.flags)
        }
    }

    /// libjpeg-turbo reads an even number of luma columns and rows, so where there is an odd one,
    /// the luma is first copied to where its edge can be repeated.
    private mutating func encodePlanes(
        _ frame: borrowing Frame, _ quality: Int, _ byteCount: inout UInt
    ) -> CInt {
        let planes = frame.planes
        let (width, height) = (frame.width, frame.height)
        let isOdd = width % 2 == 1 || height % 2 == 1
        if isOdd { copyLuma(of: frame) }
        var strides = planes.map { CInt($0.stride) }
        if isOdd { strides[0] = CInt(width + width % 2) }
        return unsafe frame.withUnsafeBytes { memory in
            unsafe evenLuma.withUnsafeBufferPointer { luma in
                let samples = unsafe memory.bindMemory(to: UInt8.self).baseAddress
                var sources = unsafe [
                    isOdd ? luma.baseAddress : samples,
                    samples?.advanced(by: planes[1].offset),
                    samples?.advanced(by: planes[2].offset),
                ]
                return unsafe tjCompressFromYUVPlanes(
                    handle, &sources, CInt(width), &strides, CInt(height),
                    CInt(TJSAMP_420.rawValue), &buffer, &byteCount, CInt(quality), Self.flags)
            }
        }
    }

    /// Copies the luma of a frame so that it has an even width and height.
    private mutating func copyLuma(of frame: borrowing Frame) {
        let plane = frame.planes[0]
        let (width, height) = (frame.width, frame.height)
        evenLuma.removeAll(keepingCapacity: true)
        for y in 0..<height + height % 2 {
            let start = plane.offset + min(y, height - 1) * plane.stride
            unsafe frame.withUnsafeBytes { memory in
                unsafe evenLuma.append(contentsOf: memory[start..<start + width])
                if width % 2 == 1 { unsafe evenLuma.append(memory[start + width - 1]) }
            }
        }
    }

    /// Makes room for the largest JPEG of a frame and says how much that is. The corresponding C
    /// function is `tjBufSize`.
    private mutating func reserve(
        _ frame: borrowing Frame, _ samples: TJSAMP
    ) throws(AssetError) -> UInt {
        try reserve(
            Int(
                bitPattern: tjBufSize(
                    CInt(frame.width), CInt(frame.height), CInt(samples.rawValue))))
        return UInt(capacity)
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
