// What an actor was told, from its marks: what must be there, and what may.

/// How far an actor is. Made from marks, in their order.
struct ActorHistory: Sendable {
    let actor: Int
    let mix: Mix
    /// What was acknowledged.
    private(set) var state = ActorState()
    /// The number of the step that is next or under way.
    private(set) var number = 0
    /// Whether it was begun and neither acknowledged nor settled.
    private(set) var isUnderWay = false
    /// Places of the frames of the step that were acknowledged one by one.
    private(set) var acknowledged: Set<Int> = []
    /// What may be there instead when the power goes: the last step threw an error, or its process
    /// died, but it is visible; it is durable with the next acknowledged one. Or its process died with
    /// the record of a put written and its commit not made; the record is entered after a loss of
    /// power until anything is committed.
    private(set) var doubtful: [ActorState] = []
    /// Whether the step threw an error.
    private var hasFailed = false

    init(actor: Int, mix: Mix) {
        self.actor = actor
        self.mix = mix
    }

    var step: Step { mix.step(number, actor: actor, state) }

    /// What became of a step that was cut short.
    enum Settlement: Equatable, Sendable {
        case nothing
        case all
        /// The frames of it that are there, as bits.
        case frames(UInt64)

        init(_ value: UInt64) {
            switch value {
            case 0: self = .nothing
            case 1: self = .all
            default: self = .frames(value >> 2)
            }
        }

        var value: UInt64 {
            switch self {
            case .nothing: 0
            case .all: 1
            case .frames(let mask): mask << 2 | 2
            }
        }
    }

    mutating func take(_ mark: Mark) throws {
        guard Int(mark.actor) == actor, mark.kind != .looked else { return }
        switch mark.kind {
        case .begun:
            guard Int(mark.step) == number, !isUnderWay else {
                throw Trouble("the marks of actor \(actor) are out of order at \(mark.step)")
            }
            isUnderWay = true
        case .frame: acknowledged.insert(Int(mark.value))
        case .done:
            state.apply(step)
            doubtful = []
            advance()
        case .settled:
            let before = state
            state = applying(Settlement(mark.value))
            doubtful = doubtful.filter { _ in mark.value == 0 }
            if mark.value != 0 {
                doubtful.append(keepingAcknowledged(before))
            } else if !hasFailed, case .put = step {
                var after = state
                after.apply(step)
                doubtful.append(after)
            }
            advance()
        case .started: state.workers = []
        case .failed: hasFailed = true
        case .opened, .looked, nil: break
        }
    }

    private mutating func advance() {
        number += 1
        isUnderWay = false
        hasFailed = false
        acknowledged = []
    }

    private func applying(_ settlement: Settlement) -> ActorState {
        var applied = state
        switch (settlement, step) {
        case (.nothing, _): break
        case (.frames(let mask), .frames(let job, let frames)):
            applied.apply(
                .frames(job, frames.indices.filter { mask >> $0 & 1 == 1 }.map { frames[$0] }))
        case (_, let step): applied.apply(step)
        }
        return applied
    }

    /// A state with the frames of the step that were acknowledged.
    private func keepingAcknowledged(_ state: ActorState) -> ActorState {
        guard case .frames(let job, let frames) = step else { return state }
        var kept = state
        kept.apply(.frames(job, acknowledged.sorted().map { frames[$0] }))
        return kept
    }

    /// What became of the step under way, judged by what is there.
    ///
    /// - Throws: ``BrokenPromise`` when what is there is nothing that may be.
    func settle(_ found: ActorState) throws -> Settlement {
        guard isUnderWay else {
            if found.looksLike(state) || doubtful.contains(where: { found.looksLike($0) }) {
                return .nothing
            }
            throw BrokenPromise(
                "P1/P2: actor \(actor), whose \(number) steps were acknowledged:\n"
                    + found.differences(from: state))
        }
        let step = step
        var settlements: [Settlement] = acknowledged.isEmpty ? [.nothing, .all] : [.all]
        if case .frames(let job, let frames) = step {
            var mask: UInt64 = 0
            for (place, frame) in frames.enumerated()
            where found.jobs[job]?.frames[frame.index] == frame.content {
                mask |= 1 << UInt64(place)
            }
            let missing = acknowledged.filter { mask >> UInt64($0) & 1 == 0 }
            guard missing.isEmpty else {
                throw BrokenPromise(
                    "P1: actor \(actor), step \(number): frames \(missing.sorted()) of the step "
                        + "were acknowledged and are not there (\(step))")
            }
            settlements = [.frames(mask)]
        }
        for settlement in settlements where found.looksLike(applying(settlement)) {
            return settlement
        }
        if acknowledged.isEmpty, doubtful.contains(where: { found.looksLike($0) }) {
            return .nothing
        }
        throw BrokenPromise(
            "P1/P2: actor \(actor), step \(number), under way (\(step)); had it not happened:\n"
                + found.differences(from: state) + "\nhad it happened:\n"
                + found.differences(from: applying(settlements.last!)))
    }

    /// The histories of all actors.
    static func all(actors: Range<Int>, mix: Mix, _ marks: [Mark]) throws -> [ActorHistory] {
        var histories = actors.map { ActorHistory(actor: $0, mix: mix) }
        for mark in marks {
            for index in histories.indices { try histories[index].take(mark) }
        }
        return histories
    }
}
