// What a sample is expected to be, from those left of it and above it. Only the difference is
// stored.

/// How samples are predicted. Raw values are stored; they are never renumbered or reused.
///
/// All arithmetic wraps around. Beyond the left edge, and above it there, lies what is above the
/// row's first sample; above a band's first row lies what is left of each sample, and 0 left of its
/// first sample.
enum Predictor: UInt8, CaseIterable {
    /// 0: the sample itself is stored. For differences of frames.
    case none = 0
    /// The sample to the left.
    case left = 1
    /// Left + above − above left: smooth slopes, and the fastest to undo.
    case gradient = 2
    /// The median of left, above and the gradient: edges. What LOCO-I calls MED.
    case median = 3
}

extension Predictor {
    /// Differences of a row of bytes.
    ///
    /// - Parameters:
    ///   - row: the samples; at −1 it is written.
    ///   - above: the samples of the row above, or `nil` for the first row of a band.
    ///   - differences: filled up with zeros to whole blocks.
    func differences(
        of row: Lane<UInt8>, above: Lane<UInt8>?, width: Int, into differences: Lane<UInt8>
    ) {
        row[-1] = above.map { $0[0] } ?? 0
        let end = (width + blockLength - 1) / blockLength * blockLength
        switch (self, above) {
        case (.none, _):
            differences.copy(width, of: row, from: 0, to: 0)
        case (.left, _), (_, nil):
            for x in stride(from: 0, to: end, by: blockLength) {
                differences.store(row.vector(at: x) &- row.vector(at: x - 1), at: x)
            }
        case (.gradient, let above?):
            above[-1] = above[0]
            for x in stride(from: 0, to: end, by: blockLength) {
                let changes = row.vector(at: x) &- above.vector(at: x)
                let before = row.vector(at: x - 1) &- above.vector(at: x - 1)
                differences.store(changes &- before, at: x)
            }
        case (.median, let above?):
            above[-1] = above[0]
            for x in stride(from: 0, to: end, by: blockLength) {
                let (left, up) = (row.vector(at: x - 1), above.vector(at: x))
                // The median is left + up − (what is up left, clamped between the two).
                let (low, high) = (smaller(left, up), larger(left, up))
                let between = smaller(larger(above.vector(at: x - 1), low), high)
                differences.store(row.vector(at: x) &- left &- up &+ between, at: x)
            }
        }
        for x in width..<end { differences[x] = 0 }
    }

    /// Differences of a row of 16-bit samples, as two rows of bytes: the difference is
    /// low + 256 × high, and both are signed.
    func differences(
        of row: Lane<UInt16>, above: Lane<UInt16>?, width: Int, low: Lane<UInt8>, high: Lane<UInt8>
    ) {
        row[-1] = above.map { $0[0] } ?? 0
        if let above { above[-1] = above[0] }
        for x in 0..<width {
            let difference = row[x] &- prediction(row, above, x)
            low[x] = UInt8(truncatingIfNeeded: difference)
            high[x] = UInt8(truncatingIfNeeded: (difference &+ 0x80) >> 8)
        }
        for x in width..<(width + blockLength - 1) / blockLength * blockLength {
            (low[x], high[x]) = (0, 0)
        }
    }

    @inline(__always)
    private func prediction(_ row: Lane<UInt16>, _ above: Lane<UInt16>?, _ x: Int) -> UInt16 {
        guard self != .none else { return 0 }
        guard self != .left, let above else { return row[x - 1] }
        let (left, up, corner) = (row[x - 1], above[x], above[x - 1])
        guard self == .median else { return left &+ up &- corner }
        return left &+ up &- min(max(corner, min(left, up)), max(left, up))
    }
}
