// Frames to pack without loss: every format, odd strides, and contents of many kinds.

import Basics
import FrameCodecs
import TestSupport

/// What is in a frame.
enum Content: CaseIterable {
    /// Every sample is anything.
    case noise
    /// Zero and the largest value, at random.
    case extremes
    /// The same everywhere.
    case flat
    /// Smooth, with a little noise.
    case smooth
    /// Mostly flat, with edges and lone samples.
    case sparse
    /// Opaque, and smooth.
    case opaque

    /// The byte of a row at a place.
    func byte(_ row: Int, _ at: Int, _ generator: inout SeededGenerator) -> UInt8 {
        switch self {
        case .noise: return UInt8.random(in: 0...255, using: &generator)
        case .extremes: return Bool.random(using: &generator) ? 255 : 0
        case .flat: return 77
        case .smooth:
            let noise = Int.random(in: 0...2, using: &generator)
            return UInt8(truncatingIfNeeded: at / 3 + row * 2 + noise)
        case .sparse:
            let isLone = Int.random(in: 0..<90, using: &generator) == 0
            return isLone
                ? UInt8.random(in: 0...255, using: &generator) : (row / 9 % 2 == 0 ? 10 : 200)
        case .opaque: return at % 4 == 3 ? 255 : UInt8(truncatingIfNeeded: row + at / 4)
        }
    }
}

/// A frame of some content; `stridePadding` bytes lie behind each row, and hold anything.
func frame(
    _ content: Content, _ format: PixelFormat, width: Int, height: Int, stridePadding: Int = 0,
    seed: UInt64 = 1
) throws -> Frame {
    var generator = SeededGenerator(seed: seed)
    let strides = (0..<format.planeCount).map {
        format.planeSize($0, width: width, height: height).rowByteCount + stridePadding
    }
    var frame = try Frame(width: width, height: height, format: format, strides: strides)
    unsafe frame.withUnsafeMutableBytes { memory in
        for index in memory.indices { unsafe memory[index] = UInt8(truncatingIfNeeded: index) }
    }
    for plane in 0..<format.planeCount {
        frame.fill(plane: plane) { row, at in content.byte(row, at, &generator) }
    }
    return frame
}

extension Frame {
    /// The samples of all planes.
    var allSamples: [UInt8] { (0..<planes.count).flatMap { samples(plane: $0) } }
}

extension LosslessEncoder {
    mutating func bytes(of frame: borrowing Frame) throws(AssetError) -> [UInt8] {
        var bytes: [UInt8] = []
        try encode(frame, into: &bytes)
        return bytes
    }

    mutating func bytes(
        of frame: borrowing Frame, reference: borrowing Frame
    ) throws(AssetError) -> [UInt8] {
        var bytes: [UInt8] = []
        try encode(frame, reference: reference, into: &bytes)
        return bytes
    }
}

extension LosslessDecoder {
    /// All samples of a payload's frame.
    mutating func samples(of payload: [UInt8]) throws(AssetError) -> [UInt8] {
        let header = try unsafe LosslessHeader(payload.span.bytes)
        var frame = try Frame(width: header.width, height: header.height, format: header.format)
        try unsafe decode(payload.span.bytes, into: &frame)
        return frame.allSamples
    }
}
