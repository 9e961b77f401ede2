// Unpacks JPEG into frames, by libjpeg-turbo. The bytes may be damaged or hostile.

public import Basics
internal import CTurboJPEG

/// Unpacks JPEG files into frames. Not thread-safe: one per worker, who keeps it.
@safe public struct JPEGDecoder: ~Copyable, @unchecked Sendable {
    // @unchecked: the handle has one owner, and is only used by `mutating` functions.

    /// `nil` only after a failure that was followed by a lack of memory.
    private var handle: UnsafeMutableRawPointer?

    /// Makes a decoder. The corresponding C function is `tjInitDecompress`.
    ///
    /// - Throws: ``AssetError/Code/library`` when there is no memory for one.
    public init() throws(AssetError) {
        unsafe handle = tjInitDecompress()
        guard unsafe handle != nil else { throw Self.outOfMemory() }
    }

    deinit {
        // Its status says only whether the handle was null.
        _ = unsafe tjDestroy(handle)
    }

    private static func outOfMemory() -> AssetError {
        AssetError(
            .library, "libjpeg-turbo could not make a decoder; free some memory and try again")
    }

    /// The size of a JPEG in pixels. The corresponding C function is `tjDecompressHeader3`.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the header can't be read or the size is
    ///   outside ``Limits/frameSide``.
    public mutating func size(of bytes: RawSpan) throws(AssetError) -> (width: Int, height: Int) {
        let header = try header(of: bytes)
        return (header.width, header.height)
    }

    /// The size of a JPEG, and the format that it unpacks to with the fewest conversions:
    /// ``PixelFormat/yuv420JPEG`` for YCbCr 4:2:0, else ``PixelFormat/bgraPremultiplied``.
    ///
    /// - Throws: as ``size(of:)``.
    public mutating func shape(of bytes: RawSpan) throws(AssetError) -> FrameShape {
        let header = try header(of: bytes)
        return FrameShape(
            width: header.width, height: header.height,
            format: header.hasVideoPlanes ? .yuv420JPEG : .bgraPremultiplied)
    }

    /// Unpacks a whole JPEG into `frame`, which must have its size.
    ///
    /// Into ``PixelFormat/yuv420JPEG`` the samples are taken as they are
    /// (`tjDecompressToYUVPlanes`, about 2.5 ms for 1920×1080); the JPEG must then be 4:2:0. Into
    /// the formats of 8-bit RGB and grey any JPEG of YCbCr, RGB or grey is converted, with alpha
    /// 255 (`tjDecompress2`).
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the bytes are damaged, truncated, of
    ///   another subsampling than the frame can hold, or of another size than the frame;
    ///   ``AssetError/Code/invalidArgument`` for any other pixel format. After an error the frame's
    ///   samples are unspecified.
    public mutating func decode(_ bytes: RawSpan, into frame: inout Frame) throws(AssetError) {
        let header = try header(of: bytes)
        guard header.width == frame.width, header.height == frame.height else {
            throw AssetError(
                .inputUnreadable,
                "the JPEG is \(header.width)×\(header.height) pixels, but a frame of "
                    + "\(frame.width)×\(frame.height) was expected; make the frame that large")
        }
        switch frame.format {
        case .yuv420JPEG:
            guard header.hasVideoPlanes else {
                throw AssetError(
                    .inputUnreadable,
                    "the JPEG is not YCbCr 4:2:0, so its samples can't be taken as they are; "
                        + "unpack it into a bgraPremultiplied frame")
            }
            try check(decodePlanes(bytes, into: &frame))
        case .bgraPremultiplied, .bgra: try check(decodePixels(bytes, TJPF_BGRA, into: &frame))
        case .rgbaPremultiplied, .rgba: try check(decodePixels(bytes, TJPF_RGBA, into: &frame))
        case .rgb: try check(decodePixels(bytes, TJPF_RGB, into: &frame))
        case .grey: try check(decodePixels(bytes, TJPF_GRAY, into: &frame))
        case .rgba16, .yuv420BT709, .yuv420BT601, .yuv420BT709Full:
            throw AssetError(
                .invalidArgument,
                "a JPEG can't be unpacked into \(frame.format); use bgraPremultiplied or "
                    + "yuv420JPEG and convert")
        }
    }

    /// What every call forbids: many-scan bombs, and going on after damage.
    private static let flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS

    private struct Header {
        var width: Int
        var height: Int
        var subsampling: TJSAMP
        var colorspace: TJCS

        /// Whether its samples are those of ``PixelFormat/yuv420JPEG``.
        var hasVideoPlanes: Bool { subsampling == TJSAMP_420 && colorspace == TJCS_YCbCr }
    }

    private mutating func header(of bytes: RawSpan) throws(AssetError) -> Header {
        guard unsafe handle != nil else { throw Self.outOfMemory() }
        var (width, height, subsampling, colorspace): (CInt, CInt, CInt, CInt) = (0, 0, -1, -1)
        let status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe tjDecompressHeader3(
                handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count), &width,
                &height, &subsampling, &colorspace)
        }
        try check(status)
        guard Limits.frameSide.contains(Int(width)), Limits.frameSide.contains(Int(height)) else {
            throw AssetError(
                .inputUnreadable,
                "the JPEG is \(width)×\(height) pixels, outside \(Limits.frameSide.lowerBound)–"
                    + "\(Limits.frameSide.upperBound) per side; scale it down")
        }
        return Header(
            width: Int(width), height: Int(height),
            subsampling: TJSAMP(rawValue: UInt32(bitPattern: subsampling)),
            colorspace: TJCS(rawValue: UInt32(bitPattern: colorspace)))
    }

    /// libjpeg-turbo writes an even number of luma rows, so for an odd height the last one would
    /// fall upon the first row of the plane behind it; that plane is then put in place afterwards.
    private func decodePlanes(_ bytes: RawSpan, into frame: inout Frame) -> CInt {
        let planes = frame.planes
        let (width, height) = (frame.width, frame.height)
        var aside = [UInt8](
            repeating: 0, count: height % 2 == 0 ? 0 : planes[1].stride * planes[1].rows)
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe frame.withUnsafeMutableBytes { memory in
                unsafe aside.withUnsafeMutableBufferPointer { aside in
                    let samples = unsafe memory.bindMemory(to: UInt8.self).baseAddress
                    let first =
                        unsafe aside.isEmpty
                        ? samples?.advanced(by: planes[1].offset) : aside.baseAddress
                    var targets = unsafe [
                        samples, first, samples?.advanced(by: planes[2].offset),
                    ]
                    var strides = planes.map { CInt($0.stride) }
                    let status = unsafe tjDecompressToYUVPlanes(
                        handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count),
                        &targets, CInt(width), &strides, CInt(height), Self.flags)
                    if let start = aside.baseAddress, let samples = unsafe samples {
                        unsafe samples.advanced(by: planes[1].offset)
                            .update(from: start, count: aside.count)
                    }
                    return status
                }
            }
        }
    }

    private func decodePixels(
        _ bytes: RawSpan, _ layout: TJPF, into frame: inout Frame
    ) -> CInt {
        let stride = frame.planes[0].stride
        let (width, height) = (frame.width, frame.height)
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe frame.withUnsafeMutableBytes { memory in
                unsafe tjDecompress2(
                    handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count),
                    memory.bindMemory(to: UInt8.self).baseAddress, CInt(width), CInt(stride),
                    CInt(height), CInt(layout.rawValue), Self.flags)
            }
        }
    }

    /// Throws for a failed call, after which the handle is replaced: libjpeg-turbo leaves a header
    /// that it could not read half read, and would go on there with the next JPEG.
    private mutating func check(_ status: CInt) throws(AssetError) {
        guard status != 0, let failed = unsafe handle else { return }
        let reason = unsafe turboJPEGMessage(failed)
        _ = unsafe tjDestroy(failed)
        unsafe handle = tjInitDecompress()
        throw AssetError(
            .inputUnreadable,
            "the JPEG can't be unpacked: \(reason); it is damaged or no JPEG, so use a whole copy")
    }
}
