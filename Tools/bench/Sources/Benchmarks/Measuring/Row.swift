// What a measurement says, and whether it is what was promised.

/// One figure beside those of the peers.
struct Row: Sendable {
    /// What a figure is measured against.
    enum Against: Sendable {
        /// A peer, by its name.
        case peer(String)
        /// A fixed figure, in the row's unit.
        case figure(Double)
    }

    /// Whether a larger or a smaller figure is the better one.
    enum Better: String, Sendable { case higher, lower }

    var work: String
    var unit: String
    var better: Better = .higher
    var ours: Double
    var peers: [(name: String, value: Double)] = []
    var against: Against?
    /// The least ratio that was promised; `nil` when nothing was.
    var target: Double?
    /// Of what was stored or read, the same for all.
    var hash: UInt64

    /// How many times better ours is than what it is measured against.
    var ratio: Double? {
        let other: Double?
        switch against {
        case .peer(let name): other = peers.first { $0.name == name }?.value
        case .figure(let figure): other = figure
        case nil: other = nil
        }
        return other.map { better == .higher ? ours / $0 : $0 / ours }
    }

    /// Whether the promise is kept; `nil` when there is none.
    var isMet: Bool? {
        guard let target else { return nil }
        return (ratio ?? -.infinity) >= target
    }
}

extension Comparison {
    /// Rows of one work: one for each promise. A promise without a target is a ratio to look at.
    func rows(
        _ work: String, unit: String, better: Row.Better = .higher,
        promises: [(against: Row.Against, target: Double?)]
    ) -> [Row] {
        let row = Row(
            work: work, unit: unit, better: better, ours: ours, peers: peers, hash: hash)
        return promises.map { promise in
            var row = row
            row.against = promise.against
            row.target = promise.target
            return row
        }
    }
}
