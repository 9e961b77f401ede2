// Cameras store pictures as their sensor lies and note how to turn them; this turns them.

internal import Basics
internal import CFFmpeg
internal import FrameCodecs

/// A turn by a multiple of 90°, or its mirror image.
///
/// The pixel at (p, q) goes to (a p + c q, b p + d q), moved so that the picture begins at (0, 0).
struct PictureOrientation: Equatable {
    var a: Int
    var b: Int
    var c: Int
    var d: Int

    init(a: Int, b: Int, c: Int, d: Int) { (self.a, self.b, self.c, self.d) = (a, b, c, d) }

    /// What a decoded picture notes; `nil` when there is nothing to turn. The corresponding C
    /// function is `av_frame_get_side_data`, for `AV_FRAME_DATA_DISPLAYMATRIX`: nine 32-bit numbers
    /// by rows, of which the left upper four, in 1/65536, turn.
    init?(_ picture: UnsafeMutablePointer<AVFrame>) {
        guard let side = unsafe av_frame_get_side_data(picture, AV_FRAME_DATA_DISPLAYMATRIX),
            unsafe side.pointee.size >= 36, let data = unsafe side.pointee.data
        else { return nil }
        let terms = [0, 1, 3, 4].map { index in
            unsafe UnsafeRawPointer(data).loadUnaligned(
                fromByteOffset: index * 4, as: Int32.self)
        }
        let units = terms.map { Int($0.signum()) }
        guard terms.allSatisfy({ $0 == 0 || abs(Int($0)) == 65_536 }),
            abs(units[0]) == abs(units[3]), abs(units[1]) == abs(units[2]),
            abs(units[0]) + abs(units[1]) == 1
        else { return nil }
        self.init(a: units[0], b: units[1], c: units[2], d: units[3])
        if self == Self(a: 1, b: 0, c: 0, d: 1) { return nil }
    }

    /// The turned copy of a frame of four bytes a pixel.
    func apply(to source: borrowing Frame) throws(AssetError) -> Frame {
        let swaps = a == 0
        var target = try Frame(
            width: swaps ? source.height : source.width,
            height: swaps ? source.width : source.height, format: source.format)
        let (width, height) = (source.width, source.height)
        let (fromStride, toStride) = (source.planes[0].stride, target.planes[0].stride)
        // Where (0, 0) goes, and how far one step right or down leads.
        let left = (a < 0 ? width - 1 : 0) + (c < 0 ? height - 1 : 0)
        let top = (b < 0 ? width - 1 : 0) + (d < 0 ? height - 1 : 0)
        let origin = top * toStride + left * 4
        let (right, down) = (b * toStride + a * 4, d * toStride + c * 4)
        unsafe source.withUnsafeBytes { from in
            unsafe target.withUnsafeMutableBytes { to in
                for row in 0..<height {
                    for column in 0..<width {
                        let pixel = unsafe from.load(
                            fromByteOffset: row * fromStride + column * 4, as: UInt32.self)
                        unsafe to.storeBytes(
                            of: pixel, toByteOffset: origin + row * down + column * right,
                            as: UInt32.self)
                    }
                }
            }
        }
        return target
    }
}
