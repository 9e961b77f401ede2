// libswscale, safely: pictures of one size and pixel format to another.

internal import Basics
internal import CFFmpeg
internal import FrameCodecs

/// A scaler that is kept for pictures of one kind: the one owner of a `SwsContext`. Not
/// thread-safe.
@safe final class Scaler {
    /// What one side's pictures are.
    struct Side: Equatable {
        var width: CInt
        var height: CInt
        var format: AVPixelFormat
        /// Whether luma uses 0…255; RGB always does.
        var isFullRange = true
        /// `SWS_CS_ITU601` or `SWS_CS_ITU709`.
        var matrix = SWS_CS_ITU601

        static func == (left: Side, right: Side) -> Bool {
            left.width == right.width && left.height == right.height
                && left.format.rawValue == right.format.rawValue
                && left.isFullRange == right.isFullRange && left.matrix == right.matrix
        }
    }

    private var context: OpaquePointer?
    private var sides: (Side, Side)?

    init() {}

    deinit { unsafe sws_freeContext(context) }

    /// Converts and scales a whole picture. The corresponding C functions are `sws_getContext`,
    /// `sws_setColorspaceDetails` and `sws_scale`.
    ///
    /// - Parameters:
    ///   - planes: the first byte of each plane of the source; 4 entries, as are the others.
    ///   - targets: the same of the destination, whose rows lie so that vectors may reach to the
    ///     next multiple of 64 bytes.
    /// - Throws: ``AssetError/Code/library`` when libswscale can't do it.
    func scale(
        _ source: Side, _ planes: [UnsafePointer<UInt8>?], _ strides: [CInt],
        to destination: Side, _ targets: [UnsafeMutablePointer<UInt8>?], _ targetStrides: [CInt]
    ) throws(AssetError) {
        let context = try unsafe open(source, destination)
        let rows = unsafe planes.withUnsafeBufferPointer { planes in
            unsafe targets.withUnsafeBufferPointer { targets in
                unsafe sws_scale(
                    context, planes.baseAddress, strides, 0, source.height, targets.baseAddress,
                    targetStrides)
            }
        }
        try Libav.check("sws_scale", rows)
    }

    private func open(_ source: Side, _ destination: Side) throws(AssetError) -> OpaquePointer {
        if let sides, sides == (source, destination), let context = unsafe context {
            return unsafe context
        }
        unsafe sws_freeContext(context)
        unsafe context = nil
        Libav.prepare()
        let isSmaller =
            destination.width < source.width || destination.height < source.height
        guard
            let opened = unsafe sws_getContext(
                source.width, source.height, source.format, destination.width,
                destination.height, destination.format,
                (isSmaller ? SWS_AREA : SWS_BICUBIC) | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT
                    | SWS_FULL_CHR_H_INP | SWS_BITEXACT, nil, nil, nil)
        else {
            throw AssetError(
                .library,
                "libswscale can't convert \(source.width)×\(source.height) pixels of format "
                    + "\(source.format.rawValue) to \(destination.width)×\(destination.height) of "
                    + "\(destination.format.rawValue); use another format")
        }
        // A negative status says that neither format has a matrix to set.
        _ = unsafe sws_setColorspaceDetails(
            opened, sws_getCoefficients(source.matrix), source.isFullRange ? 1 : 0,
            sws_getCoefficients(destination.matrix), destination.isFullRange ? 1 : 0, 0, 1 << 16,
            1 << 16)
        unsafe context = opened
        sides = (source, destination)
        return unsafe opened
    }
}

extension Scaler {
    /// Converts a decoded picture to straight BGRA of its size. `frame` is one of four channels of
    /// 8 bits, blue first, with aligned rows.
    ///
    /// - Parameter isVideo: whether a picture that doesn't say its matrix has, from 720 rows on,
    ///   that of HD video, as players assume.
    /// - Throws: ``AssetError/Code/inputUnreadable`` when libswscale can't read such pictures.
    func scale(
        _ picture: UnsafeMutablePointer<AVFrame>, isVideo: Bool = false, into frame: inout Frame
    ) throws(AssetError) {
        let (width, height) = unsafe (picture.pointee.width, picture.pointee.height)
        let format = unsafe AVPixelFormat(rawValue: picture.pointee.format)
        let space = unsafe picture.pointee.colorspace
        let isBT709 =
            space == AVCOL_SPC_BT709
            || isVideo && space == AVCOL_SPC_UNSPECIFIED && height >= 720
        let isFull = unsafe picture.pointee.color_range == AVCOL_RANGE_JPEG
        let source = Side(
            width: width, height: height, format: format,
            isFullRange: isFull || Self.isFullByName(format),
            matrix: isBT709 ? SWS_CS_ITU709 : SWS_CS_ITU601)
        let target = Side(width: width, height: height, format: AV_PIX_FMT_BGRA)
        let stride = CInt(frame.planes[0].stride)
        let (data, lines) = unsafe (picture.pointee.data, picture.pointee.linesize)
        let result: Result<Void, AssetError> = unsafe frame.withUnsafeMutableBytes { memory in
            let start = unsafe memory.bindMemory(to: UInt8.self).baseAddress
            do throws(AssetError) {
                return .success(
                    try unsafe scale(
                        source,
                        [
                            UnsafePointer(data.0), UnsafePointer(data.1), UnsafePointer(data.2),
                            UnsafePointer(data.3),
                        ],
                        [lines.0, lines.1, lines.2, lines.3], to: target,
                        [start, nil, nil, nil], [stride, 0, 0, 0]))
            } catch {
                return .failure(
                    AssetError(
                        .inputUnreadable,
                        "pictures of pixel format \(format.rawValue) can't be converted; save the "
                            + "picture as PNG", cause: error))
            }
        }
        try result.get()
    }

    /// The formats whose name, not a flag, says that they use the full range.
    private static func isFullByName(_ format: AVPixelFormat) -> Bool {
        [
            AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUVJ440P,
            AV_PIX_FMT_YUVJ411P,
        ].contains { $0.rawValue == format.rawValue }
    }
}
