// Durations as people read them.

/// A duration for people: `0:04`, `12:30`, `1:02:03`, rounded up to whole seconds.
package func clockText(seconds: Double) -> String {
    let total = Int(max(0, min(seconds.isNaN ? 0 : seconds, 359_999_999)).rounded(.up))
    let tail = padded(total % 60, 2)
    if total < 3600 { return "\(total / 60):\(tail)" }
    return "\(total / 3600):\(padded(total / 60 % 60, 2)):\(tail)"
}

private func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
