// What is wrong with a command line, and the word that was probably meant.

/// A command line that can't be understood: exit status 64.
package struct UsageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One line: what is wrong and, where it can be told, what would be right.
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}

/// The candidate closest to `word` by insertions, deletions, replacements and swaps of
/// neighbours; `nil` when none is close enough to be a slip of the finger.
package func nearest(to word: String, among candidates: [String]) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let allowed = max(1, word.count / 3)
    return candidates.map { (word: $0, distance: editDistance(word, $0)) }
        .filter { $0.distance <= allowed || (word.count >= 3 && $0.word.hasPrefix(word)) }
        .min { $0.distance < $1.distance }?.word
}

private func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left)
    let right = Array(right)
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in 1...left.count {
        var row = [i]
        for j in 1...right.count {
            let isSame = left[i - 1] == right[j - 1]
            var cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (isSame ? 0 : 1))
            if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                cost = min(cost, beforeLast[j - 2] + 1)
            }
            row.append(cost)
        }
        beforeLast = last
        last = row
    }
    return last[right.count]
}
