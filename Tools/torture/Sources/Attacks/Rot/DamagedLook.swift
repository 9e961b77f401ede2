// Using a store that is damaged: right bytes or a typed error, never anything else.

internal import AssetStore
internal import Basics

/// A look at one damaged store.
struct DamagedLook {
    let path: String
    /// What it held.
    let state: ActorState
    let damage: Damage
    let isInCatalog: Bool
    /// Does the damage, where it is to come while the store is open.
    var damageNow: (() throws -> Void)?

    func run(_ random: inout Random) throws {
        let store: Store
        do {
            store = try Store.open(
                at: path, options: StoreOptions(reclaimsInBackground: false))
        } catch _ as AssetError {
            guard isInCatalog else {
                throw BrokenPromise("P3: a store whose catalog is intact does not open")
            }
            try salvage()
            return
        }
        try damageNow?()
        // Of a catalog that goes bad while it is open, verifying tells; nothing is asked before.
        if damageNow != nil, isInCatalog {
            do { _ = try store.verify() } catch _ as AssetError {}
        }
        try read(store)
        try use(store, &random)
        // Closing may say that the catalog is damaged.
        do { try store.close() } catch _ as AssetError {}
        if random.oneIn(8) { try salvage() }
    }

    /// Everything that was stored is there as it was, or its damage is told.
    private func read(_ store: Store) throws {
        var lostCount = 0
        for (id, asset) in state.assets {
            try check(asset.content, "asset \(id)", &lostCount) {
                try store.withBytes(of: id) { Content.number(of: $0) }
            }
        }
        for (id, job) in state.jobs {
            for (index, content) in job.frames {
                try check(content, "frame \(index) of \(id)", &lostCount) {
                    try store.withFrame(index, of: id) { Content.number(of: $1) }
                }
            }
            for (index, content) in job.segments {
                try check(content, "segment \(index) of \(id)", &lostCount) {
                    try store.withSegment(track: 0, index: index, of: id) {
                        Content.number(of: $0)
                    }
                }
            }
        }
        if isInCatalog { return }
        // A record takes 64 bytes at least, and contents are shared.
        let most = (damage.touchedByteCount / 64 + 2) * 8
        guard lostCount <= most || damage.kind == .shortened else {
            throw BrokenPromise("P3: \(lostCount) things are lost by \(damage)")
        }
        let report = try store.verify()
        guard lostCount == 0 || !report.isIntact else {
            throw BrokenPromise("P3: verifying finds nothing, but \(lostCount) things are damaged")
        }
    }

    private func check(
        _ content: Int, _ what: String, _ lostCount: inout Int, _ read: () throws -> Int?
    ) throws {
        do {
            let found = try read()
            if found == nil, !isInCatalog { throw BrokenPromise("P3: \(what) is not there") }
            guard found == nil || found == content else {
                throw BrokenPromise(
                    "P3: \(what) reads as content \(found ?? 0), and is content \(content)")
            }
        } catch let error as AssetError {
            lostCount += 1
            guard isInCatalog || error.code == .damaged else {
                throw BrokenPromise("P3: \(what): \(error.code): \(error.message)")
            }
        }
    }

    /// Everything else a caller may do: it works or throws.
    private func use(_ store: Store, _ random: inout Random) throws {
        let isRepairing = random.oneIn(4)
        let description = AssetDescription(
            namespace: .images, project: "p0-a", mediaType: "image/png")
        let asset = state.assets.keys.sorted().randomElement(using: &random)
        let job = state.jobs.keys.sorted().randomElement(using: &random)
        let calls: [() throws -> Void] = [
            { _ = try store.read { try ActorState.observe($0) } },
            { _ = try store.statistics() },
            { _ = try store.verify(repairing: isRepairing) },
            { _ = try store.put(description, Content.bytes(7)) },
            { if let asset { _ = try store.removeAsset(asset) } },
            { if let job { try store.start(job).pause(nil) } },
            { if let job { try store.removeFrames(of: job) } },
            { _ = try store.reclaim() },
            { _ = try store.compact(liveShare: 0.9) },
            { _ = try store.removeProject("p0-b") },
            { _ = try store.put(description, Content.bytes(9)) },
        ]
        for call in calls {
            do {
                try call()
            } catch _ as AssetError {
            } catch let error as BrokenPromise where isInCatalog {
                // A name is no payload: nothing tells that it was another.
                guard error.description.contains("nobody made") else { throw error }
            }
        }
    }

    /// What can be salvaged is as it was.
    private func salvage() throws {
        let target = "\(path)-salvaged"
        try Files.remove(target)
        do {
            _ = try Store.salvage(from: path, to: target)
            let salvaged = try Store.open(
                at: target, options: StoreOptions(reclaimsInBackground: false))
            var count = 0
            for (id, asset) in state.assets {
                guard
                    let found = try salvaged.withBytes(of: id, { Content.number(of: $0) })
                else { continue }
                guard found == asset.content else {
                    throw BrokenPromise("P3: asset \(id) was salvaged with other bytes")
                }
                count += 1
            }
            try salvaged.close()
        } catch let error as AssetError {
            // What was stored twice may be salvaged once, but it is salvaged.
            guard !isInCatalog else {
                throw BrokenPromise("P3: salvaging: \(error.code): \(error.message)")
            }
        }
        try Files.remove(target)
    }
}
