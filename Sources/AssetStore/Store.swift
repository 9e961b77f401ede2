// The store: a directory that holds media, and the way to everything in it.

internal import Basics
internal import LMDB
internal import Synchronization

/// A store of assets, frames and jobs in one directory. Thread-safe.
///
/// Several processes may have a store open and read and write it at once. Within a process a
/// directory has one `Store`; opening it again gives the same one, which must then be closed as
/// often. Calls block, so they belong on threads of your own; ``AsyncStore`` is for Swift tasks.
/// Once it is closed, writes throw ``AssetError/Code/invalidArgument``. A process that forks does
/// not use the store in the child.
///
///     let store = try Store.openOrCreate(at: "assets")
///     let asset = try store.put(
///         AssetDescription(namespace: .images, project: "demo", mediaType: "image/png"),
///         contentsOf: try FileBytes(path: "cover.png"))
///     try store.reader(for: asset.id)?.forEachPiece { piece in … }
///
/// The store is closed when its last reference goes away, or earlier by ``close()``.
public final class Store: Sendable {
    /// The store's directory, as it was given.
    public let path: String
    /// The store's identity, made when it was created.
    public let id: StoreID
    let catalog: Catalog
    let committer: Committer
    let packReader: PackReader
    let packs: Packs
    let ownership: ByteLocks
    let admission: Admission
    let packer = PayloadPacker()
    let projectNames = ProjectNames()
    let assetIDs = AssetIDSource()
    let options: StoreOptions
    /// Held while disk blocks are given back.
    let reclaiming = Monitor(())
    private let background = BackgroundReclaim()
    /// How often the store was opened and not closed.
    private let openingCount = Mutex(0)

    /// Opens the store in `path`.
    ///
    /// - Throws: ``AssetError/Code/notAStore`` when there is none, ``AssetError/Code/damaged``,
    ///   ``AssetError/Code/unsupportedFormat``, ``AssetError/Code/io``.
    /// - Complexity: independent of how much is stored.
    public static func open(
        at path: String, options: StoreOptions = StoreOptions()
    ) throws -> Store {
        switch try StoreLayout(path).state() {
        case .complete:
            return try StoreRegistry.shared.store(at: path, newStore: nil, options: options).store
        case .missing:
            throw AssetError(
                .notAStore, "there is no store at \(path); make one with “assetctl init”")
        case .empty, .foreign:
            throw AssetError(
                .notAStore, "\(path) is not a store; give the directory of one")
        }
    }

    /// Creates a store in `path`, which must not exist or be an empty directory. A creation that
    /// was cut short is finished.
    ///
    /// - Parameter quota: the most payload bytes the store may hold; `nil` for no limit.
    /// - Throws: ``AssetError/Code/alreadyExists`` when there is a store already,
    ///   ``AssetError/Code/notAStore`` when there is something else.
    public static func create(
        at path: String, quota: Int? = nil, options: StoreOptions = StoreOptions()
    ) throws -> Store {
        let (store, isNew) = try opened(at: path, quota: quota, options: options)
        guard isNew else {
            throw AssetError(
                .alreadyExists,
                "\(path) is a store already; use it, or give another directory for a new one")
        }
        return store
    }

    /// Opens the store in `path`, creating it when there is nothing.
    ///
    /// - Parameter quota: the quota of a store that is made now.
    /// - Throws: ``AssetError/Code/notAStore`` when there is something else,
    ///   ``AssetError/Code/damaged``, ``AssetError/Code/unsupportedFormat``,
    ///   ``AssetError/Code/diskFull``, ``AssetError/Code/io``.
    public static func openOrCreate(
        at path: String, quota: Int? = nil, options: StoreOptions = StoreOptions()
    ) throws -> Store {
        try opened(at: path, quota: quota, options: options).store
    }

    private static func opened(
        at path: String, quota: Int?, options: StoreOptions
    ) throws -> (store: Store, isNew: Bool) {
        let layout = StoreLayout(path)
        guard try layout.state() != .foreign else {
            throw AssetError(
                .notAStore,
                "\(path) holds something else; give a new or an empty directory for the store")
        }
        let opening = {
            try StoreRegistry.shared.store(
                at: path,
                newStore: StoreRecord(
                    formatVersion: StoreRecord.formatVersion, storeID: AssetIDSource().next(),
                    createdAt: .now(), quota: quota.map { UInt64(max(0, $0)) }),
                options: options)
        }
        if try layout.state() == .complete { return try opening() }
        try layout.makeDirectories()
        // Whoever comes at the same time waits until there is a store.
        return try ByteLocks(path: layout.locks).withLock(StoreLocks.creation) {
            if try layout.state() != .complete { try layout.clearUnfinishedCatalog() }
            return try opening()
        }
    }

    /// Opens what is there; called by the registry alone, once per directory.
    init(
        path: String, newStore: StoreRecord?, options: StoreOptions,
        onClose: @escaping @Sendable () -> Void
    ) throws {
        let layout = StoreLayout(path)
        // What is committed is lost with the names that lead to it, so these are durable first.
        let catalog = try Catalog(
            path: layout.catalog, newStore: newStore,
            checkedByteCountMax: options.checkedCatalogByteCountMax,
            beforeFirstCommit: { () throws(AssetError) in try layout.synchronize() },
            onClose: onClose)
        guard
            let record = try catalog.environment.read({ try $0.get(catalog.store, StoreKey()) })
        else {
            throw AssetError(.notAStore, "\(path) is not a store: it does not say which one it is")
        }
        let ownership = try ByteLocks(path: layout.locks)
        self.path = path
        self.options = options
        self.id = StoreID(record.storeID)
        self.catalog = catalog
        self.ownership = ownership
        packReader = PackReader(directory: layout.packs, storeID: record.storeID, packer: packer)
        packs = Packs(
            directory: layout.packs, storeID: record.storeID, catalog: catalog,
            ownership: ownership)
        if let pack = catalog.environment.undoneOrigin {
            try Replay(catalog: catalog, packs: packs).run(PackID(number: pack))
        }
        admission = Admission(
            catalog: catalog, ownership: ownership, tablePath: layout.reservations)
        let background = background
        committer = Committer(catalog: catalog, admission: admission) { background.noteFreed() }
    }

    deinit {
        // What is left undone when this fails, the next process does.
        try? openingCount.withLock { if $0 > 0 { try shutDown() } }
    }

    /// Undoes one opening. The last one commits what is under way and gives up the pack that is
    /// written; writes are then refused until the store is opened again. Without it, the same
    /// happens when the last reference goes away, but nobody learns of errors.
    public func close() throws {
        try openingCount.withLock { count in
            guard count > 0 else { return }
            count -= 1
            if count == 0 { try shutDown() }
        }
    }

    /// Why giving disk blocks back in the background failed the last time; `nil` when it did not.
    /// ``reclaim(_:isCancelled:)`` does it in the foreground.
    public var backgroundFailure: (any Error)? { background.failure }

    /// Counts an opening; called by the registry alone.
    func open() throws {
        try openingCount.withLock { count in
            if count == 0 {
                packs.open()
                try committer.start()
                if options.reclaimsInBackground { try background.start(self) }
            }
            count += 1
        }
    }

    private func shutDown() throws {
        background.stop()
        committer.stop()
        if catalog.environment.hasDeferred { try catalog.environment.flushDeferred() }
        try packs.close()
    }

    /// Writes a payload for the committer to claim.
    ///
    /// - Parameters:
    ///   - isPackable: whether it may be stored packed, where that pays.
    ///   - description: what to write behind it.
    ///   - isLast: whether a commit follows that the caller waits for.
    ///   - reserve: called with the stored bytes before they are written.
    func writePayload(
        _ bytes: RawSpan, owner: RecordOwner, namespace: Namespace, isPackable: Bool = false,
        description: RecordDescription? = nil, isLast: Bool = false,
        reserve: (_ byteCount: Int) throws -> Void
    ) throws -> WrittenPayload {
        try withPacked(bytes, isPackable: isPackable) { stored, packing in
            try reserve(stored.byteCount)
            let record = PackedRecord(
                stored, packing, byteCount: bytes.byteCount, owner: owner, namespace: namespace,
                description)
            return try givingUpFailed {
                try packs.write(record, stored, durably: isLast && committer.isQuiet)
            }
        }
    }

    /// Writes a payload whose record says all that its commit enters, and commits it, with what others
    /// write at the same time: such commits need not be flushed.
    ///
    /// - Parameters:
    ///   - reserve: called with the stored bytes before they are written; returns what is reserved.
    ///   - apply: what enters it into the catalog.
    /// - Returns: what was written, and what came of the commit; `nil` when it was only written.
    func commitPayload(
        _ bytes: RawSpan, owner: RecordOwner, namespace: Namespace, isPackable: Bool,
        description: RecordDescription, reserve: (_ byteCount: Int) throws -> Reservation?,
        apply: @escaping @Sendable (PayloadLocation) -> Committer.Change
    ) throws -> (payload: WrittenPayload, outcome: Result<Void, any Error>?) {
        try withPacked(bytes, isPackable: isPackable) { stored, packing in
            let reservation = try reserve(stored.byteCount)
            let record = PackedRecord(
                stored, packing, byteCount: bytes.byteCount, owner: owner, namespace: namespace,
                description)
            return try givingUpFailed {
                let appended = try packs.append(record, stored) { [committer] payload, finish in
                    committer.submit(
                        Committer.Request(
                            payloads: [payload], reservation: reservation, isReplayable: true,
                            apply: apply(payload.location), completion: finish))
                }
                if let appended { return (appended.payload, appended.outcome) }
                return (try packs.write(record, stored), nil)
            }
        }
    }

    /// A payload in its stored form.
    private func withPacked<Result>(
        _ bytes: RawSpan, isPackable: Bool, _ body: (RawSpan, PayloadPacking) throws -> Result
    ) throws -> Result {
        guard committer.isRunning else { throw AssetError.storeIsClosed }
        guard isPackable, let packed = try packer.pack(bytes) else { return try body(bytes, .none) }
        return unsafe try body(packed.span.bytes, .zstd)
    }

    /// Gives a range up that could not be written.
    private func givingUpFailed<Result>(_ write: () throws -> Result) throws -> Result {
        do {
            return try write()
        } catch let failure as Packs.WriteFailure {
            abandon([failure.payload])
            throw failure.error
        }
    }

    /// Erases a record, so that what was refused is not entered one day all the same. Where a commit
    /// failed of which nobody knows whether the disk took it, the catalog can't be asked, and the
    /// record stays: it may be an asset's.
    func erase(_ payload: WrittenPayload) throws {
        let entered = try catalog.environment.read { transaction in
            try catalog.payload(of: payload.owner, in: transaction).0
        }
        if entered == payload.location { return }
        try payload.pack.erase(recordAt: Int(payload.location.extent.offset))
    }

    /// Frees ranges that were written in vain. Nobody waits for it: should it fail, the next owner
    /// of the pack finds them.
    func abandon(_ payloads: [WrittenPayload]) {
        // A disk that doesn't take this has said so to whoever wrote.
        for payload in payloads where payload.isReplayable { try? erase(payload) }
        committer.submit(
            Committer.Request(abandoned: payloads, apply: { _, _ in }, completion: { _ in }))
    }
}

/// How a process uses a store. What the first opening asks for holds for all.
public struct StoreOptions: Sendable {
    /// Whether disk blocks of what is removed are given back by a thread of the store, soon after.
    /// Otherwise ``Store/reclaim(_:isCancelled:)`` does it when it is called.
    public var reclaimsInBackground = true

    /// The longest catalog whose pages are all checked when the store is opened, in bytes;
    /// ``checkedCatalogByteCount`` of them take some hundredths of a second. A page that is damaged
    /// makes opening throw ``AssetError/Code/damaged``. Without the check, and when it is damaged
    /// later, the process may end when it comes upon the page. `.max` checks any catalog, 0 none.
    public var checkedCatalogByteCountMax = checkedCatalogByteCount

    /// How long a catalog is checked unless something else is said, in bytes.
    public static let checkedCatalogByteCount = 32 << 20

    public init() {}

    public init(
        reclaimsInBackground: Bool, checkedCatalogByteCountMax: Int = checkedCatalogByteCount
    ) {
        self.reclaimsInBackground = reclaimsInBackground
        self.checkedCatalogByteCountMax = checkedCatalogByteCountMax
    }
}

/// A store's identity.
public struct StoreID: Hashable, Sendable, CustomStringConvertible {
    private let value: AssetID
    init(_ value: AssetID) { self.value = value }
    var high: UInt64 { value.high }
    var low: UInt64 { value.low }
    /// A UUID in its canonical 36 characters.
    public var description: String { value.description }
}

extension AssetError {
    static var storeIsClosed: AssetError {
        AssetError(.invalidArgument, "the store is closed; open it again")
    }
}
