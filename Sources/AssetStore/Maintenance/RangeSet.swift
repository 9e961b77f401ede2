// Sets of ranges of a file, for reckoning what lies between them.

/// A set of ranges that do not touch one another, in order.
struct RangeSet {
    private var ranges: [Range<UInt64>] = []

    /// Where the last range ends; 0 when there is none.
    var end: UInt64 { ranges.last?.upperBound ?? 0 }

    /// Adds a range that begins at or behind the last one's beginning. O(1).
    mutating func append(_ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        guard let last = ranges.last, last.upperBound >= range.lowerBound else {
            return ranges.append(range)
        }
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
    }

    /// What lies in this or the other set. O(n + m).
    func union(_ other: RangeSet) -> RangeSet {
        var result = RangeSet()
        var (left, right) = (ranges[...], other.ranges[...])
        while let next = [left.first, right.first].compactMap({ $0 }).min(by: {
            $0.lowerBound < $1.lowerBound
        }) {
            if left.first == next { left.removeFirst() } else { right.removeFirst() }
            result.append(next)
        }
        return result
    }

    /// What of a range lies in none of the set, below `end`. O(log n + ranges within).
    func remainder(of range: Range<UInt64>, below end: UInt64) -> [Range<UInt64>] {
        var pieces: [Range<UInt64>] = []
        var position = range.lowerBound
        let limit = min(range.upperBound, end)
        var index = firstIndex(endingBehind: position)
        while position < limit {
            guard index < ranges.count, ranges[index].lowerBound < limit else {
                pieces.append(position..<limit)
                break
            }
            if ranges[index].lowerBound > position {
                pieces.append(position..<ranges[index].lowerBound)
            }
            position = max(position, ranges[index].upperBound)
            index += 1
        }
        return pieces
    }

    private func firstIndex(endingBehind position: UInt64) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound > position { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
