// Unpacks JPEG into frames, by libjpeg-turbo. The bytes may be damaged or hostile.

public import Basics
internal import CTurboJPEG

/// Unpacks JPEG files into frames. Not thread-safe: one per worker, who keeps it.
@safe public struct JPEGDecoder: ~Copyable, @unchecked Sendable {
    // @unchecked: the handle has one owner; libjpeg-turbo's state is only changed by `mutating`
    // functions and by `size(of:)`, which a shared reference can't reach across threads without
    // the caller's own lock, the type being documented as not thread-safe.

    private let handle: UnsafeMutableRawPointer

    /// Makes a decoder. The corresponding C function is `tjInitDecompress`.
    ///
    /// - Throws: ``AssetError/Code/library`` when there is no memory for one.
    public init() throws(AssetError) {
        guard let handle = unsafe tjInitDecompress() else {
            throw AssetError(
                .library, "libjpeg-turbo could not make a decoder; free some memory and try again")
        }
        unsafe self.handle = handle
    }

    deinit {
        // Its status says only that the handle was null, which it is not.
        _ = unsafe tjDestroy(handle)
    }

    /// The size of a JPEG in pixels. The corresponding C function is `tjDecompressHeader3`.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the header can't be read or the size is
    ///   outside ``Limits/frameSide``.
    public mutating func size(of bytes: RawSpan) throws(AssetError) -> (width: Int, height: Int) {
        let header = try header(of: bytes)
        return (header.width, header.height)
    }

    /// Unpacks a whole JPEG into `frame`, which must have its size.
    ///
    /// Into ``PixelFormat/yuv420JPEG`` the samples are taken as they are (`tjDecompressToYUVPlanes`,
    /// about 2.5 ms for 1920×1080); the JPEG must then be 4:2:0. Into
    /// ``PixelFormat/bgraPremultiplied`` any JPEG of YCbCr, RGB or grey is converted, with alpha
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
            guard header.subsampling == TJSAMP_420, header.colorspace == TJCS_YCbCr else {
                throw AssetError(
                    .inputUnreadable,
                    "the JPEG is not YCbCr 4:2:0, so its samples can't be taken as they are; "
                        + "unpack it into a bgraPremultiplied frame")
            }
            try check(decodePlanes(bytes, into: &frame))
        case .bgraPremultiplied:
            try check(decodePixels(bytes, into: &frame))
        case .rgba, .yuv420BT709:
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
    }

    private mutating func header(of bytes: RawSpan) throws(AssetError) -> Header {
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

    private func decodePlanes(_ bytes: RawSpan, into frame: inout Frame) -> CInt {
        let planes = frame.planes
        let (width, height) = (frame.width, frame.height)
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe frame.withUnsafeMutableBytes { memory in
                let samples = unsafe memory.bindMemory(to: UInt8.self).baseAddress
                var pointers = unsafe planes.map { plane in unsafe samples?.advanced(by: plane.offset) }
                var strides = planes.map { CInt($0.stride) }
                return unsafe tjDecompressToYUVPlanes(
                    handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count),
                    &pointers, CInt(width), &strides, CInt(height), Self.flags)
            }
        }
    }

    private func decodePixels(_ bytes: RawSpan, into frame: inout Frame) -> CInt {
        let stride = frame.planes[0].stride
        let (width, height) = (frame.width, frame.height)
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe frame.withUnsafeMutableBytes { memory in
                unsafe tjDecompress2(
                    handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count),
                    memory.bindMemory(to: UInt8.self).baseAddress, CInt(width), CInt(stride),
                    CInt(height), CInt(TJPF_BGRA.rawValue), Self.flags)
            }
        }
    }

    private func check(_ status: CInt) throws(AssetError) {
        guard status == 0 else {
            let reason = unsafe turboJPEGMessage(handle)
            throw AssetError(
                .inputUnreadable,
                "the JPEG can't be unpacked: \(reason); it is damaged or no JPEG, so use a whole "
                    + "copy")
        }
    }
}
