// From drawn pixels to the samples of HD video, in one step, for frames that are kept without loss.
//
// BT.709 limited range of R'G'B' in 0…255, with Kr 0.2126 and Kb 0.0722:
//
//     Y'  =  16 + 219/255 (Kr R + Kg G + Kb B)
//     Cb' = 128 + 224/255 (B − Y) / (2 (1 − Kb)), of the mean of 2×2 pixels
//     Cr' = 128 + 224/255 (R − Y) / (2 (1 − Kr)), of the mean of 2×2 pixels
//
// The loops multiply numbers of at most 15 bits in 32-bit lanes, which every machine has vector
// instructions for, and round once.

internal import Basics

extension Frame {
    /// Converts drawn pixels; both frames have the same size and the formats that
    /// ``convertToBT709(_:into:)`` checks for. What is transparent comes out as if over black.
    func convertPixelsToBT709(into destination: inout Frame) {
        let (from, to) = (planes[0], destination.planes)
        let (width, height) = (width, height)
        unsafe withUnsafeBytes { source in
            unsafe destination.withUnsafeMutableBytes { target in
                // Frames are never empty, so both have a first byte.
                guard let source = source.baseAddress,
                    let target = unsafe target.bindMemory(to: UInt8.self).baseAddress
                else { return }
                for row in 0..<to[1].rows {
                    let top = unsafe source + from.offset + 2 * row * from.stride
                    // The last row of an odd height stands for the one below it, too.
                    let bottom = unsafe 2 * row + 1 < height ? top + from.stride : top
                    unsafe lumas(
                        of: top, into: target + to[0].offset + 2 * row * to[0].stride,
                        count: width)
                    if 2 * row + 1 < height {
                        unsafe lumas(
                            of: bottom,
                            into: target + to[0].offset + (2 * row + 1) * to[0].stride,
                            count: width)
                    }
                    unsafe chromas(
                        of: top, bottom, width: width, .blue,
                        into: target + to[1].offset + row * to[1].stride)
                    unsafe chromas(
                        of: top, bottom, width: width, .red,
                        into: target + to[2].offset + row * to[2].stride)
                }
            }
        }
    }
}

/// A pixel in the byte order of the frame, blue lowest.
private func pixel(_ row: UnsafeRawPointer, _ x: Int) -> UInt32 {
    unsafe UInt32(littleEndian: row.loadUnaligned(fromByteOffset: 4 * x, as: UInt32.self))
}

/// Weights of blue, green and red in 1/32768, whose sum is exact.
private struct Weights {
    var blue: Int32
    var green: Int32
    var red: Int32

    private static let (kr, kb) = (0.2126, 0.0722)

    private init(blue: Double, red: Double, sum: Double) {
        self.blue = Int32((blue * 32768).rounded())
        self.red = Int32((red * 32768).rounded())
        // Greys stay greys: green takes up what the others' roundings left.
        green = Int32((sum * 32768).rounded()) - self.blue - self.red
    }

    static let luma = Weights(
        blue: 219.0 / 255 * kb, red: 219.0 / 255 * kr, sum: 219.0 / 255)
    static let blue = Weights(
        blue: 112.0 / 255, red: -112.0 / 255 * kr / (1 - kb), sum: 0)
    static let red = Weights(
        blue: -112.0 / 255 * kb / (1 - kr), red: 112.0 / 255, sum: 0)
}

private func lumas(
    of row: UnsafeRawPointer, into target: UnsafeMutablePointer<UInt8>, count: Int
) {
    let weights = Weights.luma
    for x in 0..<count {
        let pixel = unsafe pixel(row, x)
        let (blue, green, red) = (
            Int32(truncatingIfNeeded: pixel & 255), Int32(truncatingIfNeeded: pixel >> 8 & 255),
            Int32(truncatingIfNeeded: pixel >> 16 & 255)
        )
        let sum =
            (blue &* weights.blue) &+ (green &* weights.green) &+ (red &* weights.red)
            &+ (16 << 15 + 1 << 14)
        unsafe target[x] = UInt8(truncatingIfNeeded: sum >> 15)
    }
}

private func chromas(
    of top: UnsafeRawPointer, _ bottom: UnsafeRawPointer, width: Int, _ weights: Weights,
    into target: UnsafeMutablePointer<UInt8>
) {
    for x in 0..<width / 2 {
        unsafe target[x] = chroma(
            pixel(top, 2 * x), pixel(top, 2 * x + 1), pixel(bottom, 2 * x),
            pixel(bottom, 2 * x + 1), weights)
    }
    guard width % 2 == 1 else { return }
    let (last, below) = unsafe (pixel(top, width - 1), pixel(bottom, width - 1))
    unsafe target[width / 2] = chroma(last, last, below, below, weights)
}

/// The chroma of four pixels' mean. Sums of four samples stay below 1021 and share lanes.
@inline(__always) private func chroma(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ weights: Weights
) -> UInt8 {
    let mask: UInt32 = 0x00FF_00FF
    let outer = (a & mask) &+ (b & mask) &+ (c & mask) &+ (d & mask)
    let green =
        (a >> 8 & 255) &+ (b >> 8 & 255) &+ (c >> 8 & 255) &+ (d >> 8 & 255)
    let sum =
        (Int32(truncatingIfNeeded: outer & 0xFFFF) &* weights.blue)
        &+ (Int32(truncatingIfNeeded: green) &* weights.green)
        &+ (Int32(truncatingIfNeeded: outer >> 16) &* weights.red)
        &+ (128 << 17 + 1 << 16)
    return UInt8(truncatingIfNeeded: sum >> 17)
}
