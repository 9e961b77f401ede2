// Frames to encode, and the bytes of frames to compare.

import Basics
import FrameCodecs
import TestSupport

extension Frame {
    /// Sets each sample of a plane to what `value` says of its row and column.
    mutating func fill(plane: Int, _ value: (Int, Int) -> UInt8) {
        let plane = planes[plane]
        unsafe withUnsafeMutableBytes { memory in
            for row in 0..<plane.rows {
                for column in 0..<plane.rowByteCount {
                    unsafe memory[plane.offset + row * plane.stride + column] = value(row, column)
                }
            }
        }
    }

    /// The samples of a plane, without padding.
    func samples(plane: Int) -> [UInt8] {
        let plane = planes[plane]
        return unsafe withUnsafeBytes { memory in
            (0..<plane.rows).flatMap { row in
                let start = plane.offset + row * plane.stride
                return unsafe Array(memory[start..<(start + plane.rowByteCount)])
            }
        }
    }
}

/// A picture of smooth gradients, opaque.
func gradient(width: Int, height: Int, shift: Int = 0) throws -> Frame {
    var frame = try Frame(width: width, height: height, format: .bgraPremultiplied)
    frame.fill(plane: 0) { row, column in
        switch column % 4 {
        case 0: UInt8((column / 4 + shift) * 200 / (width + shift))
        case 1: UInt8(row * 220 / height)
        case 2: UInt8((row + column / 4) * 240 / (width + height))
        default: 255
        }
    }
    return frame
}

extension JPEGEncoder {
    /// The JPEG bytes of a frame.
    mutating func bytes(
        of frame: borrowing Frame, quality: Int, subsampling: JPEGSubsampling = .yuv420
    ) throws -> [UInt8] {
        try encode(frame, quality: quality, subsampling: subsampling) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
    }
}
