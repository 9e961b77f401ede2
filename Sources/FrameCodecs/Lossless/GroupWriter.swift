// Puts a group of channels of a frame together again, row by row.

/// Rows of a group on their way from differences to the frame. Not thread-safe.
///
/// Channels that lie together are put together first and then all predicted at once, a pixel in a
/// vector. Some rows are gathered before they are predicted, where that is faster. One group is written
/// at a time; all groups share the memory.
struct GroupWriter {
    private var group: LosslessShape.Group
    private var predictor = Predictor.none
    /// The row above, and those that are gathered: pixels in which red and blue are still differences
    /// to green; 4 channels also for 3.
    private var rows: [Lane<UInt8>]
    private var hasAbove = false
    private var gatheredCount = 0
    /// Differences to what was predicted, by track, to be filled before each row.
    let differences: [Lane<UInt8>]

    private static let trackCountMax = 8
    private static let rowCount = 1 + MedianRows.count

    static func scratchSize(_ shape: LosslessShape) -> (byteCount: Int, laneCount: Int) {
        (
            (shape.width + 2 * blockLength) * (8 * rowCount + trackCountMax),
            rowCount + trackCountMax
        )
    }

    init(_ scratch: inout ScratchMemory, shape: LosslessShape) {
        group = shape.groups[0]
        let samples = shape.width + 2 * blockLength
        rows = (0..<Self.rowCount).map { _ in scratch.lane(8 * samples) }
        differences = (0..<Self.trackCountMax).map { _ in scratch.lane(samples) }
    }

    /// Begins a band of a group: there is nothing above its first row.
    mutating func begin(_ group: LosslessShape.Group, _ predictor: Predictor) {
        (self.group, self.predictor) = (group, predictor)
        (hasAbove, gatheredCount) = (false, 0)
    }

    /// Whether a pixel of all channels is one vector.
    private var isInPixels: Bool { group.channelCount > 1 && group.sampleByteCount == 1 }

    /// Takes the differences of the next row; says whether as many are gathered as go together.
    mutating func gather() -> Bool {
        gatheredCount += 1
        let row = rows[gatheredCount]
        if isInPixels {
            Pixels.join(differences, count: group.channelCount, into: row, width: group.width)
        } else if group.channelCount > 1 {
            Pixels.joinWide(differences, into: row, width: group.width)
        } else {
            row.copy(group.width, of: differences[0], from: 0, to: 0)
        }
        let count = predictor == .median && isInPixels && hasAbove ? MedianRows.count : 1
        return gatheredCount >= count
    }

    /// Makes samples of the rows that are gathered, writes them with `write`, which is given a row's
    /// number among them, and forgets them; the last one is above the next.
    mutating func finish(_ write: (_ number: Int, borrowing GroupWriter) -> Void) {
        let width = group.width
        if gatheredCount == MedianRows.count {
            MedianRows.restore(rows[1...], above: rows[0], width: width)
        } else {
            for number in 1..<gatheredCount + 1 {
                let above = hasAbove || number > 1 ? rows[number - 1] : nil
                if isInPixels {
                    predictor.restorePixels(rows[number], above: above, width: width)
                } else if group.channelCount > 1 {
                    predictor.restoreWidePixels(rows[number], above: above, width: width)
                } else {
                    predictor.restore(rows[number], above: above, width: width)
                }
            }
        }
        for number in 0..<gatheredCount { write(number, self) }
        if gatheredCount > 0 {
            rows.swapAt(0, gatheredCount)
            (hasAbove, gatheredCount) = (true, 0)
        }
    }

    /// Writes a gathered row into the frame.
    ///
    /// - Parameter reference: the same row of the frame that was subtracted.
    func write(_ number: Int, to pixels: Lane<UInt8>, plus reference: Lane<UInt8>?) {
        let (row, width) = (rows[number + 1], group.width)
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
