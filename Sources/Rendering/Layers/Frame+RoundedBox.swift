// Bars, drawn by hand: a general path filler spends most of its time on finding out that a bar is
// a bar.

internal import FrameCodecs

extension Frame {
    /// Fills a box with round corners, source over, antialiased, on a premultiplied BGRA frame.
    ///
    /// How much of a pixel is covered is told by its centre's distance to the box's edge, which is
    /// right to about 1/50 for a straight edge between pixels and for corners of two pixels or more.
    ///
    /// - Parameters:
    ///   - radius: at most half of the box's shorter side.
    ///   - rowColors: a premultiplied colour for each row of `bounds`.
    ///   - bounds: what may be changed; within the frame.
    mutating func fill(
        _ box: Area, radius: Double, rowColors: [UInt32], within bounds: PixelRectangle
    ) {
        let touched = box.wholePixels().intersection(bounds)
        guard !touched.isEmpty else { return }
        let stride = planes[0].stride
        let (halfWidth, halfHeight) = (box.width / 2, box.height / 2)
        let (middleX, middleY) = (box.x + halfWidth, box.y + halfHeight)
        let columns = touched.x..<touched.x + touched.width
        // Columns so far inside that nothing but the row decides.
        let solidStart = max(columns.lowerBound, Int((box.x + radius + 1).rounded(.up)))
        let solidEnd = min(
            columns.upperBound, Int((box.x + box.width - radius - 1).rounded(.down)))
        unsafe withUnsafeMutableBytes { bytes in
            for row in touched.y..<touched.y + touched.height {
                let color = rowColors[row - bounds.y]
                let dy = abs(Double(row) + 0.5 - middleY)
                // The same for every pixel that is far from the corners.
                let straight = coverage(halfHeight - dy)
                var column = columns.lowerBound
                while column < columns.upperBound {
                    var covered = straight
                    if column < solidStart || column >= solidEnd {
                        let dx = abs(Double(column) + 0.5 - middleX)
                        if dy <= halfHeight - radius - 1 {
                            covered = coverage(halfWidth - dx)
                        } else {
                            let (outX, outY) = (
                                max(dx - halfWidth + radius, 0), max(dy - halfHeight + radius, 0)
                            )
                            let corner = radius - (outX * outX + outY * outY).squareRoot()
                            covered =
                                outX > 0 && outY > 0
                                ? coverage(corner)
                                : min(coverage(halfWidth - dx), straight)
                        }
                    }
                    unsafe bytes.cover(at: row * stride + 4 * column, color, covered)
                    column += 1
                }
            }
        }
    }
}

/// How much of a pixel, 0…255, whose centre is so far inside an edge.
@inline(__always) private func coverage(_ inside: Double) -> UInt32 {
    UInt32(max(0, min(1, inside + 0.5)) * 255 + 0.5)
}

extension UnsafeMutableRawBufferPointer {
    /// Puts a premultiplied colour, of which 0…255 is there, over a pixel.
    @inline(__always)
    fileprivate func cover(at byte: Int, _ color: UInt32, _ covered: UInt32) {
        guard covered > 0 else { return }
        let source = covered == 255 ? color : scaled(color, by: covered)
        let alpha = source >> 24
        if alpha == 255 {
            unsafe storeBytes(of: source, toByteOffset: byte, as: UInt32.self)
        } else if alpha > 0 {
            let backdrop = unsafe load(fromByteOffset: byte, as: UInt32.self)
            unsafe storeBytes(
                of: source &+ scaled(backdrop, by: 255 - alpha), toByteOffset: byte,
                as: UInt32.self)
        }
    }
}

/// All four channels of a pixel times `part` / 255, rounded.
@inline(__always) private func scaled(_ pixel: UInt32, by part: UInt32) -> UInt32 {
    var lanes = UInt64(pixel)
    lanes = (lanes | lanes << 16) & 0x0000_FFFF_0000_FFFF
    lanes = (lanes | lanes << 8) & 0x00FF_00FF_00FF_00FF
    lanes = lanes * UInt64(part) + 0x0080_0080_0080_0080
    lanes = (lanes + ((lanes >> 8) & 0x00FF_00FF_00FF_00FF)) >> 8 & 0x00FF_00FF_00FF_00FF
    lanes = (lanes | lanes >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: lanes | lanes >> 16)
}
