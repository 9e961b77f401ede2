// How far one phase is at one moment, as a bar, a line and an event.

internal import Basics

/// The numbers of a phase, and their forms.
package struct ProgressSnapshot: Sendable, Equatable {
    package var phase: String
    package var unit: ProgressReporter.Unit
    package var done: Int
    package var total: Int?
    /// The part of `done` that an earlier run had done.
    package var reused: Int
    /// New work per second; `nil` while there is none.
    package var rate: Double?
    package var elapsedSeconds: Double

    package init(
        phase: String, unit: ProgressReporter.Unit = .items, done: Int, total: Int?,
        reused: Int = 0, rate: Double?, elapsedSeconds: Double
    ) {
        self.phase = phase
        self.unit = unit
        self.done = done
        self.total = total
        self.reused = reused
        self.rate = rate
        self.elapsedSeconds = elapsedSeconds
    }

    /// The time left at the present rate; `nil` while that is unknown.
    package var etaSeconds: Double? {
        guard let total, let rate, rate > 0 else { return nil }
        return max(0, Double(total) - Double(done)) / rate
    }

    /// `render  [=====>    ]  115/150  23.4/s  0:02 left`, in `columns` columns or fewer.
    package func bar(columns: Int) -> String {
        let facts = facts.joined(separator: "  ")
        let width = min(30, columns - phase.count - facts.count - 8)
        guard let total, total > 0, width >= 8 else { return "\(phase)  \(facts)" }
        let share = max(0, min(1, Double(done) / Double(total)))
        let filled = Int(Double(width) * share)
        let head = filled < width ? ">" : ""
        let bar =
            String(repeating: "=", count: filled) + head
            + String(repeating: " ", count: max(0, width - filled - head.count))
        return "\(phase)  [\(bar)]  \(facts)"
    }

    /// The same without a bar, for files and for what stays on the screen.
    package func line() -> String { "\(phase): " + facts.joined(separator: ", ") }

    /// What `--progress json` prints.
    package var event: JSONValue {
        [
            "type": "progress", "phase": .string(phase), "done": .integer(done),
            "total": JSONValue(total), "reused": .integer(reused),
            "rate": JSONValue(rate.map(Self.rounded)),
            "etaSeconds": JSONValue(etaSeconds.map(Self.rounded)),
        ]
    }

    private var facts: [String] {
        var facts: [String] = []
        if let total {
            facts.append("\(text(done))/\(text(total))")
        } else {
            facts.append(text(done))
        }
        if let rate { facts.append("\(rateText(rate))/s") }
        if let total, done >= total {
            facts.append("in \(clockText(seconds: elapsedSeconds))")
        } else if let etaSeconds {
            facts.append("\(clockText(seconds: etaSeconds)) left")
        }
        if reused > 0 { facts.append("\(text(reused)) reused") }
        return facts
    }

    private func text(_ count: Int) -> String {
        unit == .bytes ? ByteSize.format(count) : "\(count)"
    }

    private func rateText(_ rate: Double) -> String {
        if unit == .bytes { return ByteSize.format(Int(min(rate, 1e18))) }
        return rate >= 100 ? "\(Int(min(rate, 1e18).rounded()))" : "\((rate * 10).rounded() / 10)"
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
