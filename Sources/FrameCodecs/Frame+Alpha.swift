// Colours multiplied by alpha and divided by it again.

extension PixelFormat {
    /// Whether pixels have an alpha channel.
    package var hasAlpha: Bool {
        switch self {
        case .bgraPremultiplied, .rgbaPremultiplied, .bgra, .rgba, .rgba16: true
        case .rgb, .grey, .yuv420JPEG, .yuv420BT709, .yuv420BT601, .yuv420BT709Full: false
        }
    }

    /// Whether colours are multiplied by alpha.
    package var isPremultiplied: Bool { self == .bgraPremultiplied || self == .rgbaPremultiplied }
}

/// A colour of 8 bits multiplied by alpha, rounded to nearest.
@inline(__always) package func premultiplied(_ color: UInt8, _ alpha: UInt8) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt32(color) * UInt32(alpha) + 127) / 255)
}

/// A colour of 8 bits divided by alpha, rounded to nearest. What is transparent keeps its colour.
@inline(__always) package func straight(_ color: UInt8, _ alpha: UInt8) -> UInt8 {
    if alpha == 255 || alpha == 0 { return color }
    return UInt8(
        truncatingIfNeeded: min(255, (UInt32(color) * 255 + UInt32(alpha) / 2) / UInt32(alpha)))
}

extension Frame {
    /// Multiplies colours by alpha, each rounded to nearest. The frame has four channels of 8 bits;
    /// what its format says of its colours is up to the caller.
    package mutating func multiplyByAlpha() { mapColors(premultiplied) }

    /// Divides colours by alpha, each rounded to nearest. The frame has four channels of 8 bits;
    /// what its format says of its colours is up to the caller.
    package mutating func divideByAlpha() { mapColors(straight) }

    @inline(__always) private mutating func mapColors(_ body: (UInt8, UInt8) -> UInt8) {
        precondition(
            format.channelCount(plane: 0) == 4 && format.sampleByteCount == 1,
            "colours of \(format) have no alpha")
        let plane = planes[0]
        unsafe withUnsafeMutableBytes { memory in
            for row in 0..<plane.rows {
                let start = row * plane.stride
                let pixels = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: memory[start..<(start + plane.rowByteCount)])
                for x in stride(from: 0, to: pixels.count, by: 4) {
                    let alpha = unsafe pixels[x + 3]
                    guard alpha < 255 else { continue }
                    for channel in x..<(x + 3) {
                        unsafe pixels[channel] = body(pixels[channel], alpha)
                    }
                }
            }
        }
    }
}
