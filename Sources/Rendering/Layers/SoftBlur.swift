// The blur of soft shadows: three box blurs, which together are close to a Gaussian.

internal import FrameCodecs

/// Blurs a premultiplied frame. Exact integers, so the same on every machine.
struct SoftBlur {
    /// How far one of the three passes reaches, in pixels.
    let reach: Int

    /// - Parameter radius: the blur's standard deviation, in pixels.
    init(radius: Double) {
        // Three boxes of width w have the variance (w² − 1) / 4.
        let width = (4 * radius * radius + 1).squareRoot()
        reach = min(4096, Int(((width - 1) / 2).rounded()))
    }

    /// Blurs every channel; beyond its edges the frame counts as transparent.
    func apply(to frame: inout Frame) {
        guard reach > 0 else { return }
        let (width, height, stride) = (frame.width, frame.height, frame.planes[0].stride)
        unsafe frame.withUnsafeMutableBytes { bytes in
            for channel in 0..<4 {
                for _ in 0..<3 {
                    for row in 0..<height {
                        unsafe blur(bytes, start: row * stride + channel, step: 4, count: width)
                    }
                    for column in 0..<width {
                        unsafe blur(
                            bytes, start: column * 4 + channel, step: stride, count: height)
                    }
                }
            }
        }
    }

    /// One box blur along a line of samples.
    private func blur(
        _ bytes: UnsafeMutableRawBufferPointer, start: Int, step: Int, count: Int
    ) {
        var line = [Int](repeating: 0, count: count)
        for index in 0..<count { line[index] = Int(unsafe bytes[start + index * step]) }
        let width = 2 * reach + 1
        var sum = line.prefix(reach).reduce(0, +)
        for index in 0..<count {
            if index + reach < count { sum += line[index + reach] }
            if index - reach > 0 { sum -= line[index - reach - 1] }
            unsafe bytes[start + index * step] = UInt8((sum + width / 2) / width)
        }
    }
}
