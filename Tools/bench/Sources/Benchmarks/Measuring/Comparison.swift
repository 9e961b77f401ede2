// Measuring several things side by side: in turn, several times, so that what the machine does
// meanwhile befalls all of them alike.

internal import Basics
internal import Glibc

/// One measurement.
struct Sample: Sendable {
    /// In the unit of the row.
    var value: Double
    /// What the processors did for each operation, in microseconds: tells a slow contestant from a
    /// busy machine. `nil` where it says nothing.
    var processorMicroseconds: Double?
    /// Of what was stored or read.
    var hash: UInt64

    init(value: Double, hash: UInt64) {
        self.value = value
        self.hash = hash
    }

    /// Operations per second that a processor works for one thread, which waits for nothing: what
    /// others do on the machine meanwhile hardly counts.
    init(ofOneThread count: Int, in effort: Effort, hash: UInt64) {
        value = Double(count) / effort.processorSeconds
        processorMicroseconds = effort.processorSeconds / Double(count) * 1e6
        self.hash = hash
    }

    /// Operations per second.
    init(_ count: Int, in effort: Effort, hash: UInt64) {
        value = Double(count) / effort.seconds
        processorMicroseconds = effort.processorSeconds / Double(count) * 1e6
        self.hash = hash
    }
}

/// What something took.
struct Effort: Sendable {
    /// By a clock that is never set.
    var seconds: Double
    /// Of all processors, in this process and for it.
    var processorSeconds: Double

    /// Measures `body`. The corresponding C function is `getrusage`.
    init(_ body: () throws -> Void) rethrows {
        let before = Self.processorSeconds()
        seconds = try Benchmarks.seconds(body)
        processorSeconds = Self.processorSeconds() - before
    }

    private init(seconds: Double, processorSeconds: Double) {
        (self.seconds, self.processorSeconds) = (seconds, processorSeconds)
    }

    static let none = Effort(seconds: 0, processorSeconds: 0)

    static func += (sum: inout Effort, more: Effort) {
        sum.seconds += more.seconds
        sum.processorSeconds += more.processorSeconds
    }

    static func -= (sum: inout Effort, less: Effort) {
        sum.seconds -= less.seconds
        sum.processorSeconds -= less.processorSeconds
    }

    private static func processorSeconds() -> Double {
        var usage = rusage()
        _ = unsafe getrusage(CInt(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { sum, time in
            sum + Double(time.tv_sec) + Double(time.tv_usec) * 1e-6
        }
    }
}

/// Somebody who does the work.
struct Contestant {
    /// `ours` for the store, otherwise the peer's name.
    var name: String
    /// Does the work once, from nothing, and says what was measured.
    var run: () throws -> Sample

    static let ours = "ours"
}

/// The medians of all contestants.
struct Comparison {
    var values: [(name: String, value: Double)]
    var hash: UInt64

    var ours: Double { values.first { $0.name == Contestant.ours }?.value ?? .nan }
    var peers: [(name: String, value: Double)] { values.filter { $0.name != Contestant.ours } }
}

extension Bench {
    /// Lets the contestants do the work in turn: once to warm up, then as often as asked. Each round
    /// begins with the next of them, so that what one leaves to the disk, such as blocks to discard,
    /// does not fall on the same one every time.
    ///
    /// - Parameters:
    ///   - repetitionsMax: the most that a work of this length is repeated.
    ///   - warmsUp: whether there is anything to warm up.
    /// - Throws: ``AssetError/Code/damaged`` when two of them did not store or read the same; what
    ///   a contestant throws.
    func compare(
        _ contestants: [Contestant], repetitionsMax: Int = .max, warmsUp: Bool = true
    ) throws -> Comparison {
        let contestants = contestants.filter { !isAlone || $0.name == Contestant.ours }
        var samples: [String: [Double]] = [:]
        var hash: UInt64?
        for round in (warmsUp && !isSmoke ? 0 : 1)...min(repetitions, repetitionsMax) {
            for place in contestants.indices {
                let contestant = contestants[(place + round) % contestants.count]
                let sample = try contestant.run()
                say(
                    "  \(round == 0 ? "warm-up" : "round \(round)"), \(contestant.name): "
                        + figureText(sample.value)
                        + (sample.processorMicroseconds.map {
                            ", \(figureText($0)) µs of processors each"
                        } ?? ""))
                guard sample.hash == hash ?? sample.hash else {
                    throw AssetError(
                        .damaged, "\(contestant.name) did not store or read what the others did")
                }
                hash = sample.hash
                if round > 0 { samples[contestant.name, default: []].append(sample.value) }
            }
        }
        return Comparison(
            values: contestants.map { ($0.name, median(samples[$0.name] ?? [])) },
            hash: hash ?? 0)
    }
}

/// The value in the middle, or the mean of the two there; `nan` of nothing.
func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// How many seconds `body` takes, by a clock that is never set.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(body).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
}
