// Options with a type: numbers, sizes, times, ranges, choices.

internal import Basics

extension ArgumentReader {
    /// A whole number within `range`.
    package mutating func integer(
        _ name: String, in range: ClosedRange<Int>
    ) throws(UsageError) -> Int? {
        guard let text = try option(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            let wanted =
                range.upperBound == .max
                ? "of at least \(range.lowerBound)"
                : "from \(range.lowerBound) to \(range.upperBound)"
            throw UsageError("--\(name) \(text): expected a whole number \(wanted)")
        }
        return value
    }

    /// A number within `range`, written with digits and at most one point.
    package mutating func number(
        _ name: String, in range: ClosedRange<Double>
    ) throws(UsageError) -> Double? {
        guard let text = try option(name) else { return nil }
        guard let value = decimal(text[...]), range.contains(value) else {
            throw UsageError(
                "--\(name) \(text): expected a number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return value
    }

    /// A size in bytes, as ``ByteSize/parse(_:)`` reads it.
    package mutating func byteSize(_ name: String) throws(UsageError) -> Int? {
        guard let text = try option(name) else { return nil }
        guard let value = ByteSize.parse(text) else {
            throw UsageError("--\(name) \(text): expected a size such as 500, 20K or 1.5GiB")
        }
        return value
    }

    /// A time in seconds, as ``parseTime(_:)`` reads it.
    package mutating func time(_ name: String) throws(UsageError) -> Double? {
        guard let text = try option(name) else { return nil }
        guard let value = parseTime(text) else {
            throw UsageError("--\(name) \(text): expected a time such as 90, 1:30 or 1:02:03.5")
        }
        return value
    }

    /// The width and height of a video.
    package mutating func videoSize(_ name: String) throws(UsageError) -> VideoSize? {
        guard let text = try option(name) else { return nil }
        guard let value = VideoSize(text) else {
            let sides = Limits.videoSide
            throw UsageError(
                "--\(name) \(text): expected 720p, 1080p, 1440p, 2160p, 4k or a size such as "
                    + "1280x720, each side from \(sides.lowerBound) to \(sides.upperBound)")
        }
        return value
    }

    /// A range of bytes whose ends are inclusive.
    package mutating func byteRange(_ name: String) throws(UsageError) -> InclusiveByteRange? {
        guard let text = try option(name) else { return nil }
        guard let value = InclusiveByteRange(text) else {
            throw UsageError(
                "--\(name) \(text): expected first-last, such as 0-99; 100- for all from byte "
                    + "100 on; -100 for the last 100 bytes")
        }
        return value
    }

    /// One of several words, and what it stands for.
    package mutating func choice<Value>(
        _ name: String, of values: KeyValuePairs<String, Value>
    ) throws(UsageError) -> Value? {
        guard let text = try option(name) else { return nil }
        guard let found = values.first(where: { $0.key == text }) else {
            let words = values.map(\.key)
            let wanted =
                words.count == 1
                ? words[0]
                : words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
            throw UsageError("--\(name) \(text): expected \(wanted)")
        }
        return found.value
    }
}

extension ArgumentReader {
    /// `--attribute key=value`, any number of times; a key may be given once.
    package mutating func pairs(_ name: String) throws(UsageError) -> [(key: String, value: String)]
    {
        var pairs: [(key: String, value: String)] = []
        for text in try repeatedOption(name) {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw UsageError("--\(name) \(text): expected key=value")
            }
            let key = String(text[..<equals])
            guard !pairs.contains(where: { $0.key == key }) else {
                throw UsageError("--\(name) \(key) is given more than once")
            }
            pairs.append((key, String(text[text.index(after: equals)...])))
        }
        return pairs
    }
}
