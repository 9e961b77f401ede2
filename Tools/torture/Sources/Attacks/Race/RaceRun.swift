// What one of the racing processes does.

internal import AssetStore
internal import Basics

/// Actors at work, and others who look on and who press against a quota.
struct RaceRun {
    let work: Work

    private static let crowded = "p\(ActorState.firstStranger)-crowd"
    private static let quota = 120_000

    /// - Throws: ``BrokenPromise``.
    func run() throws {
        let isOver = Lock(false)
        let failure = Lock<(any Error)?>(nil)
        let path = work.store
        var threads: [Thread] = []
        func start(_ body: @escaping (Store, Int) throws -> Void) throws {
            threads.append(
                try Thread {
                    do {
                        let store = try Store.openOrCreate(at: path)
                        var turn = 0
                        while !isOver.withLock({ $0 }) {
                            try body(store, turn)
                            turn += 1
                        }
                        try store.close()
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                    }
                })
        }
        let (work, marks) = (work, try MarkWriter(work.trace))
        try start { store, _ in
            try Self.look(store, work)
            try marks.write(Mark(.looked))
        }
        for thread in 0..<2 {
            var random = Random(work.mix.seed, 0x52, UInt64(work.actors.lowerBound), UInt64(thread))
            try start { store, turn in
                if turn == 0 { try store.setQuota(Self.quota, ofProject: Self.crowded) }
                try Self.crowd(store, &random)
            }
        }
        do {
            try work.run()
        } catch {
            failure.withLock { $0 = $0 ?? error }
        }
        isOver.withLock { $0 = true }
        for thread in threads { thread.join() }
        if let failure = failure.take(nil) { throw failure }
    }

    /// Takes a snapshot, and holds it against where the actors were meanwhile.
    private static func look(_ store: Store, _ work: Work) throws {
        let before = try Trace(work.trace).marks
        let states = try store.read { snapshot in
            let states = try ActorState.observe(snapshot)
            if let project = try snapshot.project(crowded) {
                let stored = project.total.storedByteCount
                guard project.quota == nil || stored <= quota else {
                    throw BrokenPromise("P5: \(stored) bytes are stored, the quota is \(quota)")
                }
            }
            return states
        }
        let after = try Trace(work.trace).marks
        var histories = try ActorHistory.all(
            actors: 0..<work.actorCount, mix: work.mix, before)
        for index in histories.indices {
            let found = states[histories[index].actor] ?? ActorState()
            var failure = failure(histories[index], found)
            for mark in after[before.count...] where failure != nil {
                guard Int(mark.actor) == histories[index].actor else { continue }
                try histories[index].take(mark)
                if self.failure(histories[index], found) == nil { failure = nil }
            }
            if let failure { throw BrokenPromise("a snapshot: \(failure)") }
        }
    }

    private static func failure(_ history: ActorHistory, _ found: ActorState) -> BrokenPromise? {
        do {
            _ = try history.settle(found)
            return nil
        } catch {
            return error as? BrokenPromise ?? BrokenPromise("\(error)")
        }
    }

    /// Fills a project up to its quota, and makes room.
    private static func crowd(_ store: Store, _ random: inout Random) throws {
        do {
            let description = AssetDescription(
                namespace: .images, project: crowded, mediaType: "image/png")
            let count = Int.random(in: 1...20_000, using: &random)
            _ = try store.put(description, random.bytes(count))
        } catch let error as AssetError where error.code == .quotaExceeded {
            let assets = try store.assets(project: crowded)
            for asset in assets.shuffled(using: &random).prefix(3) {
                _ = try store.removeAsset(asset.id)
            }
        }
    }
}
