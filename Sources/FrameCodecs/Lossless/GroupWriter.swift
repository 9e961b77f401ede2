// Puts a group of channels of a frame together again, row by row.

/// Rows of a group on their way from differences to the frame. Not thread-safe.
///
/// Channels that lie together are put together first and then all predicted at once, a pixel in a
/// vector. One group is written at a time; all groups share the memory.
struct GroupWriter {
    private var group: LosslessShape.Group
    /// Pixels in which red and blue are still differences to green; 4 channels also for 3.
    private var row: Lane<UInt8>
    private var rowAbove: Lane<UInt8>
    private var hasAbove = false
    private var hasRow = false
    /// Differences to what was predicted, by track, to be filled before each row.
    let differences: [Lane<UInt8>]

    private static let trackCountMax = 8

    static func scratchSize(_ shape: LosslessShape) -> (byteCount: Int, laneCount: Int) {
        ((shape.width + 2 * blockLength) * (8 * 2 + trackCountMax), 2 + trackCountMax)
    }

    init(_ scratch: inout ScratchMemory, shape: LosslessShape) {
        group = shape.groups[0]
        let samples = shape.width + 2 * blockLength
        row = scratch.lane(8 * samples)
        rowAbove = scratch.lane(8 * samples)
        var differences: [Lane<UInt8>] = []
        for _ in 0..<Self.trackCountMax { differences.append(scratch.lane(samples)) }
        self.differences = differences
    }

    /// Begins a band of a group: there is nothing above its first row.
    mutating func begin(_ group: LosslessShape.Group) {
        self.group = group
        (hasRow, hasAbove) = (false, false)
    }

    /// Makes samples of the differences. They stay here as the row above the next.
    mutating func predict(by predictor: Predictor) {
        swap(&row, &rowAbove)
        hasAbove = hasRow
        hasRow = true
        switch (group.channelCount, group.sampleByteCount) {
        case (1, _): predictor.restore(differences[0], into: row, above: above, width: group.width)
        case (_, 1):
            Pixels.join(differences, count: group.channelCount, into: row, width: group.width)
            predictor.restorePixels(row, above: above, width: group.width)
        default:
            Pixels.joinWide(differences, into: row, width: group.width)
            predictor.restoreWidePixels(row, above: above, width: group.width)
        }
    }

    private var above: Lane<UInt8>? { hasAbove ? rowAbove : nil }

    /// Writes the row at hand into the frame.
    ///
    /// - Parameter reference: the same row of the frame that was subtracted.
    func write(to pixels: Lane<UInt8>, plus reference: Lane<UInt8>?) {
        let width = group.width
        switch (group.channelCount, group.sampleByteCount) {
        case (1, _): pixels.copy(width, of: row, from: 0, to: 0)
        case (3, _): Pixels.writeThree(row, to: pixels, width: width)
        case (_, 1): Pixels.writeFour(row, to: pixels, width: width)
        default: Pixels.writeWide(row, to: pixels, width: width)
        }
        guard let reference else { return }
        let count = width * group.channelCount
        if group.sampleByteCount == 2 {
            for index in 0..<count {
                let value = pixels.load(UInt16.self, at: 2 * index)
                pixels.store(value &+ reference.load(UInt16.self, at: 2 * index), at: 2 * index)
            }
        } else {
            for index in 0..<count { pixels[index] = pixels[index] &+ reference[index] }
        }
    }
}
