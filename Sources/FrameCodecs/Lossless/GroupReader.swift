// Reads a group of channels of a frame row by row, and predicts them.

/// Rows of a group on their way from the frame to the differences. Not thread-safe.
///
/// One group is read at a time; all groups share the memory.
struct GroupReader {
    private var group: LosslessShape.Group
    private var rows: [Lane<UInt8>]
    private var rowsAbove: [Lane<UInt8>]
    private var wideRows: [Lane<UInt16>]
    private var wideRowsAbove: [Lane<UInt16>]
    /// A row of differences to the reference.
    private let changes: Lane<UInt8>
    /// Differences to what was predicted, by track.
    let differences: [Lane<UInt8>]
    /// Whether there is a row above the one at hand.
    private var hasAbove = false
    private var hasRow = false

    private static let channelCountMax = 4

    /// Scratch memory that a reader takes, in bytes and lanes.
    static func scratchSize(_ shape: LosslessShape) -> (byteCount: Int, laneCount: Int) {
        let samples = shape.width + blockLength
        return (samples * 2 * (2 * channelCountMax + channelCountMax + channelCountMax) * 2, 30)
    }

    init(_ scratch: inout ScratchMemory, shape: LosslessShape) {
        group = shape.groups[0]
        let samples = shape.width + blockLength
        let isWide = shape.format.sampleByteCount == 2
        (rows, rowsAbove, wideRows, wideRowsAbove) = ([], [], [], [])
        for _ in 0..<Self.channelCountMax {
            if isWide {
                wideRows.append(scratch.lane(samples))
                wideRowsAbove.append(scratch.lane(samples))
            } else {
                rows.append(scratch.lane(samples))
                rowsAbove.append(scratch.lane(samples))
            }
        }
        changes = scratch.lane(samples * Self.channelCountMax * shape.format.sampleByteCount)
        var differences: [Lane<UInt8>] = []
        for _ in 0..<Self.channelCountMax * shape.format.sampleByteCount {
            differences.append(scratch.lane(samples))
        }
        self.differences = differences
    }

    /// Begins a band of a group: there is nothing above its first row.
    mutating func begin(_ group: LosslessShape.Group) {
        self.group = group
        (hasRow, hasAbove) = (false, false)
    }

    /// Takes the next row: the one before becomes the row above.
    ///
    /// - Parameters:
    ///   - pixels: the row in the frame.
    ///   - reference: the same row of the frame that is subtracted.
    ///   - wantsAlpha: whether the fourth channel is needed.
    mutating func read(
        _ pixels: Lane<UInt8>, minus reference: Lane<UInt8>?, wantsAlpha: Bool = true
    ) {
        swap(&rows, &rowsAbove)
        swap(&wideRows, &wideRowsAbove)
        hasAbove = hasRow
        hasRow = true
        if group.sampleByteCount == 2 {
            let count = group.width * group.channelCount
            if let reference {
                for index in 0..<count {
                    let value = pixels.load(UInt16.self, at: 2 * index)
                    let other = reference.load(UInt16.self, at: 2 * index)
                    changes.store(value &- other, at: 2 * index)
                }
                ChannelRows.splitWide(changes, width: group.width, into: wideRows)
            } else {
                ChannelRows.splitWide(pixels, width: group.width, into: wideRows)
            }
            return
        }
        var source = pixels
        if let reference {
            subtract(reference, from: pixels, count: group.width * group.channelCount)
            source = changes
        }
        ChannelRows.split(
            source, width: group.width, channelCount: group.channelCount, wantsAlpha: wantsAlpha,
            into: rows)
    }

    private func subtract(_ reference: Lane<UInt8>, from pixels: Lane<UInt8>, count: Int) {
        var index = 0
        while index + blockLength <= count {
            changes.store(pixels.vector(at: index) &- reference.vector(at: index), at: index)
            index += blockLength
        }
        while index < count {
            changes[index] = pixels[index] &- reference[index]
            index += 1
        }
    }

    /// Predicts a channel of the row at hand; the differences of its tracks are then in
    /// ``differences``.
    func predict(channel: Int, by predictor: Predictor) {
        if group.sampleByteCount == 2 {
            predictor.differences(
                of: wideRows[channel], above: hasAbove ? wideRowsAbove[channel] : nil,
                width: group.width, low: differences[2 * channel],
                high: differences[2 * channel + 1])
        } else {
            predictor.differences(
                of: rows[channel], above: hasAbove ? rowsAbove[channel] : nil, width: group.width,
                into: differences[channel])
        }
    }
}
