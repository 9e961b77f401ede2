// The catalog: an LMDB environment that holds everything except payload bytes.

internal import Basics
internal import LMDB

/// The tables of a store, open. Thread-safe.
struct Catalog: Sendable {
    let environment: Environment
    /// Whether the tables were made just now.
    let isNew: Bool

    /// What the store says of itself: one entry.
    let store: Table<StoreKey, StoreRecord>
    let projects: Table<ProjectNumber, ProjectRecord>
    let projectsByName: Table<ProjectNameKey, ProjectNumberRecord>
    let projectsByStatus: Table<StatusProjectKey, Presence>
    let scenes: Table<SceneKey, ProjectScene.Record>
    let scenesByIndex: Table<PlacedSceneKey, Presence>
    let checkpoints: Table<CheckpointKey, Checkpoint.Record>
    let assets: Table<AssetID, Asset.Record>
    let assetsByProject: Table<ProjectAssetKey, Presence>
    let assetsByName: Table<NameAssetKey, Presence>
    let assetsByContent: Table<ContentAssetKey, Presence>
    /// What assets refer to: stored bytes, counted.
    let contents: Table<ContentID, ContentRecord>
    /// Where the parts of contents lie, from part 1.
    let parts: Table<PartKey, PayloadRecord>
    let jobs: Table<JobID, Job.Record>
    let jobsByState: Table<StateJobKey, Presence>
    let jobsByProject: Table<ProjectJobKey, Presence>
    /// A job's sequence of frames and segments, and their counters.
    let jobFrames: Table<JobID, SequenceRecord>
    let frames: Table<FrameKey, FrameRecord>
    let segments: Table<SegmentKey, PayloadRecord>
    let usage: Table<UsageKey, Usage>
    /// What is invisible already and still being cleared away.
    let removals: Table<RemovalKey, RemovalRecord>
    let changes: Table<ChangeKey, ChangeRecord>
    let packs: Table<PackID, PackRecord>
    /// The packs that are not sealed.
    let openPacks: Table<PackID, Presence>
    /// The live ranges of packs, and whose they are.
    let extents: Table<ExtentKey, ExtentRecord>
    /// Ranges that nothing refers to, until their blocks are given back.
    let freeRanges: Table<ExtentKey, FreeRangeRecord>
    /// Ranges whose blocks were given back.
    let holes: Table<ExtentKey, HoleRecord>

    /// Opens the catalog in the directory `path`.
    ///
    /// - Parameters:
    ///   - newStore: what to write into a catalog that has no tables yet; `nil` when only a
    ///     finished store is wanted.
    ///   - beforeFirstCommit: called before the tables are made.
    ///   - onClose: called once the catalog is closed and may be opened again.
    /// - Throws: ``AssetError/Code/notAStore`` when the tables are not there.
    init(
        path: String, newStore: StoreRecord?,
        beforeFirstCommit: () throws(AssetError) -> Void = {},
        onClose: @escaping @Sendable () -> Void
    ) throws(AssetError) {
        let environment = try Environment(path: path, onClose: onClose)
        guard let newStore, try environment.isFresh() else {
            self = try environment.openTables(create: false) { opener throws(AssetError) in
                try Catalog(environment, opener, isNew: false)
            }
            return
        }
        // A file that is longer than a new one then has the beginning of a new one at least.
        try environment.synchronize()
        try beforeFirstCommit()
        self = try environment.openTables(create: true) { opener throws(AssetError) in
            let catalog = try Catalog(environment, opener, isNew: true)
            // Another process may have been faster.
            if try opener.transaction.get(catalog.store, StoreKey()) == nil {
                try opener.transaction.put(catalog.store, StoreKey(), newStore)
            }
            return catalog
        }
    }

    private init(
        _ environment: Environment, _ opener: borrowing TableOpener, isNew: Bool
    ) throws(AssetError) {
        self.environment = environment
        self.isNew = isNew
        store = try opener.existingTable("store")
        // A store of another format has other tables; it is to be told apart from no store.
        _ = try opener.transaction.get(store, StoreKey())
        projects = try opener.existingTable("projects")
        projectsByName = try opener.existingTable("projectsByName")
        projectsByStatus = try opener.existingTable("projectsByStatus")
        scenes = try opener.existingTable("scenes")
        scenesByIndex = try opener.existingTable("scenesByIndex")
        checkpoints = try opener.existingTable("checkpoints")
        assets = try opener.existingTable("assets")
        assetsByProject = try opener.existingTable("assetsByProject")
        assetsByName = try opener.existingTable("assetsByName")
        assetsByContent = try opener.existingTable("assetsByContent")
        contents = try opener.existingTable("contents")
        parts = try opener.existingTable("parts")
        jobs = try opener.existingTable("jobs")
        jobsByState = try opener.existingTable("jobsByState")
        jobsByProject = try opener.existingTable("jobsByProject")
        jobFrames = try opener.existingTable("jobFrames")
        frames = try opener.existingTable("frames")
        segments = try opener.existingTable("segments")
        usage = try opener.existingTable("usage")
        removals = try opener.existingTable("removals")
        changes = try opener.existingTable("changes")
        packs = try opener.existingTable("packs")
        openPacks = try opener.existingTable("openPacks")
        extents = try opener.existingTable("extents")
        freeRanges = try opener.existingTable("freeRanges")
        holes = try opener.existingTable("holes")
    }

    /// Changes the catalog.
    ///
    /// - Parameter pack: what says enough to do it again, durably; then the change itself need not be
    ///   durable when this returns.
    func change<Result>(
        knownFrom pack: PackID? = nil,
        _ body: (borrowing WriteTransaction, ChangeSet) throws -> Result
    ) throws -> Result {
        func change(_ transaction: borrowing WriteTransaction) throws -> Result {
            let changes = ChangeSet(self)
            let result = try body(transaction, changes)
            try changes.flush(to: transaction)
            return result
        }
        guard let pack else { return try environment.write(change) }
        return try environment.writeDeferred(knownFrom: pack.number, change)
    }

    /// Makes a written payload part of the store.
    func claim(
        _ location: PayloadLocation, for owner: RecordOwner,
        in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        try transaction.put(
            extents, location.extent,
            ExtentRecord(byteCount: location.recordByteCount, owner: owner))
    }

    /// Gives a payload's range up, if it is held: what a damaged record only claims may be
    /// another's. The bytes stay until nobody can see them any more.
    func release(
        _ location: PayloadLocation, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws(AssetError) {
        guard try transaction.delete(extents, location.extent) else { return }
        changes.free(location.extent, byteCount: location.recordByteCount)
    }

    /// Whether anything refers to a range of a pack.
    func isLive(
        _ pack: PackID, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> Bool {
        var isLive = false
        try transaction.scan(extents, prefix: pack.keyBytes) { _, _ in
            isLive = true
            return false
        }
        return isLive
    }
}

extension TableOpener {
    fileprivate func existingTable<Key, Value>(
        _ name: String
    ) throws(AssetError) -> Table<Key, Value> {
        guard let table = try table(name, of: (Key.self, Value.self)) else {
            throw AssetError(.notAStore, "this is not a store: its catalog has no table “\(name)”")
        }
        return table
    }
}
