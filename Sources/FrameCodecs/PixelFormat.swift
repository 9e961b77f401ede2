// What the bytes of a frame mean.

/// The layout and meaning of a frame's samples.
///
/// Raw values are stored; they are never renumbered.
public enum PixelFormat: UInt8, Sendable, CaseIterable {
    /// 8-bit blue, green, red, alpha in memory order; colour multiplied by alpha. What cairo calls
    /// `CAIRO_FORMAT_ARGB32` and pixman `PIXMAN_a8r8g8b8` on little-endian machines. sRGB.
    case bgraPremultiplied = 1
    /// 8-bit red, green, blue, alpha in memory order, colour not multiplied by alpha. sRGB.
    case rgba = 2
    /// Three planes Y, Cb, Cr with chroma halved both ways (rounded up); full range, BT.601: what
    /// JPEG (JFIF) files hold.
    case yuv420JPEG = 3
    /// Three planes Y, Cb, Cr with chroma halved both ways (rounded up); limited range (16–235,
    /// 16–240), BT.709: what HD video holds.
    case yuv420BT709 = 4

    /// The planes of a frame: 1 or 3.
    public var planeCount: Int {
        switch self {
        case .bgraPremultiplied, .rgba: 1
        case .yuv420JPEG, .yuv420BT709: 3
        }
    }

    /// The rows and used bytes per row of one plane of a frame.
    package func planeSize(_ plane: Int, width: Int, height: Int) -> (rowByteCount: Int, rows: Int)
    {
        switch self {
        case .bgraPremultiplied, .rgba:
            (width * 4, height)
        case .yuv420JPEG, .yuv420BT709:
            plane == 0 ? (width, height) : ((width + 1) / 2, (height + 1) / 2)
        }
    }
}
