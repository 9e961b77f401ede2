// Frames packed as PNG are the same pixels when they are unpacked again.

import Basics
import FrameCodecs
import Media
import Testing

@Suite struct PicturesPackedAsPNG {
    /// Whether the pixels come back, for odd sizes, with and without transparency.
    @Test(arguments: [(1, 1), (17, 5), (64, 64), (301, 3)], [true, false])
    func everyPixelComesBack(_ size: (width: Int, height: Int), _ isOpaque: Bool) throws {
        var random = SystemRandomNumberGenerator()
        var frame = try Frame(
            width: size.width, height: size.height, format: .bgraPremultiplied)
        let plane = frame.planes[0]
        unsafe frame.withUnsafeMutableBytes { memory in
            for row in 0..<plane.rows {
                for x in stride(from: 0, to: plane.rowByteCount, by: 4) {
                    let place = row * plane.stride + x
                    let alpha = isOpaque ? 255 : UInt8.random(in: 0...255, using: &random)
                    for channel in 0..<3 {
                        unsafe memory[place + channel] = .random(in: 0...alpha, using: &random)
                    }
                    unsafe memory[place + 3] = alpha
                }
            }
        }
        let encoder = PNGEncoder()
        let png = try bytes(frame, encoder)
        // The colour type: 2 for three channels, 6 for four.
        #expect(png[25] == (isOpaque ? 2 : 6))
        #expect(try bytes(frame, encoder) == png)
        let decoded = try ImageDecoder.decode(MemoryBytes(png))
        #expect(decoded.width == size.width && decoded.height == size.height)
        #expect(pixels(decoded) == pixels(frame))
    }

    @Test func levelsChangeTheSizeAlone() throws {
        var frame = try Frame(width: 200, height: 100, format: .bgraPremultiplied)
        unsafe frame.withUnsafeMutableBytes { memory in
            for place in 0..<memory.count {
                unsafe memory[place] = place % 4 == 3 ? 255 : UInt8(place / 7 % 100)
            }
        }
        let sizes = try [0, 1, 9].map { level in
            let png = try bytes(frame, PNGEncoder(compressionLevel: level))
            #expect(pixels(try ImageDecoder.decode(MemoryBytes(png))) == pixels(frame))
            return png.count
        }
        #expect(sizes[0] > sizes[1] && sizes[1] >= sizes[2])
    }

    @Test func otherFormatsAreRefused() throws {
        let frame = try Frame(width: 2, height: 2, format: .yuv420BT709)
        #expect(throws: AssetError(.invalidArgument, "")) { try bytes(frame, PNGEncoder()) }
    }

    private func bytes(_ frame: borrowing Frame, _ encoder: PNGEncoder) throws -> [UInt8] {
        try encoder.encode(frame) { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
    }

    private func pixels(_ frame: borrowing Frame) -> [UInt8] {
        let plane = frame.planes[0]
        return frame.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { memory in
                (0..<plane.rows).flatMap { row in
                    let start = row * plane.stride
                    return unsafe Array(memory[start..<start + plane.rowByteCount])
                }
            }
        }
    }
}
