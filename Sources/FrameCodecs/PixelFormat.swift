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
    /// 8-bit blue, green, red, alpha in memory order, colour not multiplied by alpha. sRGB.
    case bgra = 5
    /// 8-bit red, green, blue, alpha in memory order; colour multiplied by alpha. sRGB.
    case rgbaPremultiplied = 6
    /// 8-bit red, green, blue in memory order, 3 bytes a pixel. sRGB.
    case rgb = 7
    /// 8-bit grey. sRGB's transfer.
    case grey = 8
    /// 16-bit red, green, blue, alpha in memory order, each in the machine's byte order, colour not
    /// multiplied by alpha. sRGB.
    case rgba16 = 9
    /// Three planes Y, Cb, Cr with chroma halved both ways (rounded up); limited range (16–235,
    /// 16–240), BT.601: what standard-definition video holds.
    case yuv420BT601 = 10
    /// Three planes Y, Cb, Cr with chroma halved both ways (rounded up); full range, BT.709.
    case yuv420BT709Full = 11

    /// The planes of a frame: 1 or 3.
    public var planeCount: Int {
        switch self {
        case .bgraPremultiplied, .rgba, .bgra, .rgbaPremultiplied, .rgb, .grey, .rgba16: 1
        case .yuv420JPEG, .yuv420BT709, .yuv420BT601, .yuv420BT709Full: 3
        }
    }

    /// Bytes of a sample: 1 or 2.
    public var sampleByteCount: Int { self == .rgba16 ? 2 : 1 }

    /// The samples of a pixel that lie together in a plane: 1, 3 or 4.
    package func channelCount(plane: Int) -> Int {
        switch self {
        case .bgraPremultiplied, .rgba, .bgra, .rgbaPremultiplied, .rgba16: 4
        case .rgb: 3
        case .grey, .yuv420JPEG, .yuv420BT709, .yuv420BT601, .yuv420BT709Full: 1
        }
    }

    /// The rows and used bytes per row of one plane of a frame.
    package func planeSize(_ plane: Int, width: Int, height: Int) -> (rowByteCount: Int, rows: Int)
    {
        let isHalved = plane > 0
        let pixelByteCount = channelCount(plane: plane) * sampleByteCount
        return isHalved
            ? ((width + 1) / 2 * pixelByteCount, (height + 1) / 2)
            : (width * pixelByteCount, height)
    }
}
