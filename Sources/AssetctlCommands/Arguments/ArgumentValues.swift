// What can be written behind an option: times, sizes of videos, ranges of bytes.

internal import Basics

/// A number written with digits and at most one point; no exponent, no sign, no `inf`.
package func decimal(_ text: Substring) -> Double? {
    guard !text.isEmpty, text.utf8.count <= 40,
        text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 })
    else { return nil }
    return Double(text)
}

/// The seconds that `90`, `1:30` or `1:02:03.5` stand for; `nil` when `text` is no time.
///
/// Behind a colon there are two digits below 60.
package func parseTime(_ text: String) -> Double? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 3, let last = parts.last, let seconds = decimal(last) else { return nil }
    var leading = 0
    for (index, part) in parts.dropLast().enumerated() {
        guard let value = Int(part), value >= 0, value <= 1_000_000, !part.hasPrefix("+") else {
            return nil
        }
        if index > 0, !(part.count == 2 && value < 60) { return nil }
        leading = leading * 60 + value
    }
    if parts.count > 1, last.prefix(while: { $0 != "." }).count != 2 || seconds >= 60 {
        return nil
    }
    return Double(leading * 60) + seconds
}

/// The width and height of a video in pixels.
package struct VideoSize: Hashable, Sendable {
    package let width: Int
    package let height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Reads `720p`, `1080p`, `1440p`, `2160p`, `4k` or `WxH`.
    package init?(_ text: String) {
        switch text.lowercased() {
        case "720p": self.init(width: 1280, height: 720)
        case "1080p": self.init(width: 1920, height: 1080)
        case "1440p": self.init(width: 2560, height: 1440)
        case "2160p", "4k": self.init(width: 3840, height: 2160)
        default:
            let sides = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
            guard sides.count == 2, let width = wholeNumber(sides[0]),
                let height = wholeNumber(sides[1]), Limits.videoSide.contains(width),
                Limits.videoSide.contains(height)
            else { return nil }
            self.init(width: width, height: height)
        }
    }
}

/// `first-last`, `first-` or `-count` (the last bytes), as in HTTP: both ends are inclusive.
package struct InclusiveByteRange: Hashable, Sendable {
    package let first: Int?
    package let last: Int?

    package init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, !(ends[0].isEmpty && ends[1].isEmpty) else { return nil }
        first = wholeNumber(ends[0])
        last = wholeNumber(ends[1])
        if first == nil, !ends[0].isEmpty { return nil }
        if last == nil, !ends[1].isEmpty { return nil }
        if let first, let last, first > last { return nil }
        if first == nil, last == 0 { return nil }
    }

    /// The bytes meant, of `byteCount` there are. A last byte behind the end means the end.
    ///
    /// - Throws: ``UsageError`` when the range begins at or behind the end.
    package func resolved(byteCount: Int) throws(UsageError) -> Range<Int> {
        guard let first else { return max(0, byteCount - (last ?? 0))..<byteCount }
        guard first < byteCount else {
            throw UsageError("the range begins at byte \(first), but there are only \(byteCount)")
        }
        return first..<min(last ?? byteCount, byteCount - 1) + 1
    }
}

/// Digits only, up to `Int.max`.
private func wholeNumber(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
}
