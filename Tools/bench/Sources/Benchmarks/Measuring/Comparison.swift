// Measuring several things side by side: in turn, several times, so that what the machine does
// meanwhile befalls all of them alike.

internal import Basics

/// One measurement.
struct Sample: Sendable {
    /// In the unit of the row.
    var value: Double
    /// Of what was stored or read.
    var hash: UInt64
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
    /// Lets the contestants do the work in turn: once to warm up, then as often as asked.
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
            for contestant in contestants {
                let sample = try contestant.run()
                say(
                    "  \(round == 0 ? "warm-up" : "round \(round)"), \(contestant.name): "
                        + figureText(sample.value))
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
