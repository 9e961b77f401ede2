// Whether the entries of an archive share bytes. Archives whose entries do are how a few kilobytes
// become petabytes without any single entry looking wrong.

/// The stretches of a file that entries take. Not thread-safe.
///
/// The starts and the ends are sorted, each for themselves: stretches are apart exactly when, in
/// these orders, every end lies at or before the next start, because then never more have begun
/// than one plus those that ended.
struct Coverage: Sendable {
    private var starts: [Int] = []
    private var ends: [Int] = []

    init(expectedCount: Int) {
        starts.reserveCapacity(expectedCount)
        ends.reserveCapacity(expectedCount)
    }

    mutating func add(_ stretch: Range<Int>) {
        starts.append(stretch.lowerBound)
        ends.append(stretch.upperBound)
    }

    /// Whether two stretches share a byte. No stretch may be empty.
    mutating func hasOverlap() -> Bool {
        starts.sort()
        ends.sort()
        return zip(ends, starts.dropFirst()).contains { $0 > $1 }
    }
}
