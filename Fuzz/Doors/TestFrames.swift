// Frames that are made from bytes, and their samples to compare.

internal import Basics
internal import FrameCodecs

enum TestFrames {
    /// A frame of one byte again and again, padding included.
    static func empty(
        _ shape: FrameShape, rowPadding: Int = 0, filledWith byte: UInt8
    ) throws -> Frame {
        let strides = (0..<shape.format.planeCount).map {
            shape.format.planeSize($0, width: shape.width, height: shape.height).rowByteCount
                + rowPadding
        }
        var frame = try Frame(
            width: shape.width, height: shape.height, format: shape.format, strides: strides)
        unsafe frame.withUnsafeMutableBytes { memory in
            _ = unsafe memory.initializeMemory(as: UInt8.self, repeating: byte)
        }
        return frame
    }

    /// A frame whose rows go through `bytes` again and again, each a little further on: what is near
    /// is alike, as in pictures.
    static func made(
        _ shape: FrameShape, rowPadding: Int = 0, from bytes: [UInt8]
    ) throws -> Frame {
        var frame = try empty(shape, rowPadding: rowPadding, filledWith: 0xA5)
        guard !bytes.isEmpty else { return frame }
        let planes = frame.planes
        unsafe frame.withUnsafeMutableBytes { memory in
            for (number, plane) in planes.enumerated() {
                for row in 0..<plane.rows {
                    var place = (row * plane.rowByteCount + number * 7 + row / 8) % bytes.count
                    let start = plane.offset + row * plane.stride
                    for column in 0..<plane.rowByteCount {
                        unsafe memory[start + column] = bytes[place]
                        place = place + 1 == bytes.count ? 0 : place + 1
                    }
                }
            }
        }
        return frame
    }

    /// The samples of all planes without padding; of `rows` only, if they are given.
    static func samples(of frame: borrowing Frame, rows: Range<Int>? = nil) -> [UInt8] {
        let (planes, height) = (frame.planes, frame.height)
        let rows = rows ?? 0..<height
        return unsafe frame.withUnsafeBytes { memory in
            var samples: [UInt8] = []
            for (number, plane) in planes.enumerated() {
                let shift = number > 0 ? 1 : 0
                let first = rows.lowerBound >> shift
                let end = (rows.upperBound + shift) >> shift
                for row in first..<end {
                    let start = plane.offset + row * plane.stride
                    unsafe samples.append(contentsOf: memory[start..<start + plane.rowByteCount])
                }
            }
            return samples
        }
    }
}
