// Holding a store, after whatever happened to it, against what was acknowledged.

internal import AssetStore
internal import Basics

/// The verdict on a store that no process has open.
enum StoreCheck {
    /// Opens the store and holds everything in it against the actors' histories.
    ///
    /// - Parameters:
    ///   - isMade: whether the store's creation was acknowledged.
    ///   - goesOn: whether to use it, too, close it and open it again.
    /// - Throws: ``BrokenPromise``.
    static func run(
        _ path: String, _ histories: [ActorHistory], isMade: Bool, goesOn: Bool
    ) throws {
        do {
            let options = StoreOptions(reclaimsInBackground: false)
            let store =
                isMade
                ? try Store.open(at: path, options: options)
                : try Store.openOrCreate(at: path, options: options)
            let states = try compare(store, histories)
            if goesOn { try use(store, states) }
            try store.close()
            guard goesOn else { return }
            let again = try Store.open(at: path, options: options)
            try isSame(again, states)
            try again.close()
        } catch let error as AssetError {
            throw BrokenPromise("\(error.code): \(error.message) (\(error.location))")
        }
    }

    /// Compares what a store holds with what its actors were told.
    ///
    /// - Returns: what is there.
    @discardableResult
    static func compare(
        _ store: Store, _ histories: [ActorHistory]
    ) throws -> [Int: ActorState] {
        let states = try store.read { try ActorState.observe($0) }
        for history in histories {
            _ = try history.settle(states[history.actor] ?? ActorState())
        }
        for actor in states.keys where !histories.contains(where: { $0.actor == actor }) {
            throw BrokenPromise("there are projects of actor \(actor), who never was")
        }
        try verify(store)
        return states
    }

    private static func verify(_ store: Store) throws {
        let report = try store.verify()
        guard report.isIntact else {
            let damage = report.damaged.prefix(5).map {
                "  \($0.id)\($0.part.map { " part \($0)" } ?? ""): \($0.reason)"
            }
            throw BrokenPromise("P3/P4: verifying finds:\n\(damage.joined(separator: "\n"))")
        }
    }

    /// Writes, removes and gives blocks back; what was there stays as it is.
    private static func use(_ store: Store, _ states: [Int: ActorState]) throws {
        _ = try store.reclaim()
        try isSame(store, states)
        let description = AssetDescription(
            namespace: .images, project: "p999-z", mediaType: "image/png")
        var ids: [AssetID] = []
        for number in [3, 8] {
            ids.append(try store.put(description, Content.bytes(number)).id)
        }
        guard try store.bytes(of: ids[0]) == Content.bytes(3) else {
            throw BrokenPromise("P1: what was stored afterwards reads differently")
        }
        try verify(store)
        _ = try store.removeProject("p999-z")
        _ = try store.reclaim()
        try isSame(store, states)
    }

    private static func isSame(_ store: Store, _ states: [Int: ActorState]) throws {
        let now = try store.read { try ActorState.observe($0) }
        for actor in Set(now.keys).union(states.keys) {
            let (found, before) = (now[actor] ?? ActorState(), states[actor] ?? ActorState())
            guard found.looksLike(before) else {
                throw BrokenPromise(
                    "P1: using the store changed actor \(actor)'s part:\n"
                        + found.differences(from: before))
            }
        }
        try verify(store)
    }
}
