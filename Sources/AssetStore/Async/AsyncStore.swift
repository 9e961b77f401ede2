// The store for Swift tasks: the same calls, awaited instead of blocking.

public import Basics

/// A store as tasks use it. Thread-safe; a value that refers to one ``Store``.
///
/// Every call suspends its task and does its work on threads that may block, never on the
/// cooperative pool. Many puts at once share commits, so writing from a task group is fast:
///
///     let store = try await AsyncStore.openOrCreate(at: "assets")
///     let asset = try await store.put(
///         AssetDescription(namespace: .images, project: "demo", mediaType: "image/png"), bytes)
///     for try await piece in store.pieces(of: asset.id) { … }
///
/// What is not here is reached by ``perform(_:)``. No transaction of the store lives across an
/// `await`: snapshots are closures that run to their end on one thread.
public struct AsyncStore: Sendable {
    /// The store itself, whose calls block.
    public let blocking: Store

    /// Wraps a store that is open already.
    public init(_ store: Store) { blocking = store }

    /// See ``Store/open(at:options:)``.
    public static func open(
        at path: String, options: StoreOptions = StoreOptions()
    ) async throws -> AsyncStore {
        try await BlockingThreads.shared.run {
            AsyncStore(try Store.open(at: path, options: options))
        }
    }

    /// See ``Store/openOrCreate(at:quota:options:)``.
    public static func openOrCreate(
        at path: String, quota: Int? = nil, options: StoreOptions = StoreOptions()
    ) async throws -> AsyncStore {
        try await BlockingThreads.shared.run {
            AsyncStore(try Store.openOrCreate(at: path, quota: quota, options: options))
        }
    }

    /// See ``Store/close()``.
    public func close() async throws { try await perform { try $0.close() } }

    /// Runs `body` with the store on a thread that may block.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before it begins; what `body`
    ///   throws. Once begun, `body` runs to its end.
    public func perform<Result: Sendable>(
        _ body: @escaping @Sendable (Store) throws -> Result
    ) async throws -> Result {
        try await BlockingThreads.shared.run { [blocking] in try body(blocking) }
    }

    /// Runs `body` with a snapshot; see ``Store/read(_:)``.
    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (borrowing Snapshot) throws -> Result
    ) async throws -> Result {
        try await perform { try $0.read(body) }
    }

    /// Stores an asset and returns it once it is durable; see ``Store/put(_:_:id:)``.
    public func put(
        _ description: AssetDescription, _ bytes: [UInt8], id: AssetID? = nil
    ) async throws -> Asset {
        try await perform { try $0.put(description, bytes, id: id) }
    }

    /// Stores all of `source`; see ``Store/put(_:contentsOf:id:)``.
    public func put(
        _ description: AssetDescription, contentsOf source: any RandomAccessBytes,
        id: AssetID? = nil
    ) async throws -> Asset {
        try await perform { try $0.put(description, contentsOf: source, id: id) }
    }

    /// An asset, `nil` when it is not there.
    public func asset(_ id: AssetID) async throws -> Asset? {
        try await perform { try $0.asset(id) }
    }

    /// The assets of a project, by namespace and then in the order of their creation; none when it
    /// is not there. All of them are in memory at once; long listings go through ``read(_:)``.
    public func assets(
        project: String, namespace: Namespace? = nil, kind: String? = nil
    ) async throws -> [Asset] {
        try await perform { store in
            try store.assets(project: project, namespace: namespace, kind: kind)
        }
    }

    /// All bytes of an asset, checked; `nil` when it is not there. For assets of any length see
    /// ``pieces(of:range:)``.
    ///
    /// - Throws: ``AssetError/Code/damaged``; ``AssetError/Code/invalidArgument`` when the asset
    ///   is longer than ``Limits/contiguousByteCountMax``.
    public func bytes(of id: AssetID) async throws -> [UInt8]? {
        try await perform { try $0.bytes(of: id) }
    }

    /// Changes what an asset says of itself; see ``Store/updateAsset(_:_:)``.
    @discardableResult
    public func updateAsset(
        _ id: AssetID, _ body: @escaping @Sendable (inout AssetDescription) -> Void
    ) async throws -> Asset? {
        try await perform { try $0.updateAsset(id, body) }
    }

    /// Removes an asset durably; says whether it was there.
    @discardableResult
    public func removeAsset(_ id: AssetID) async throws -> Bool {
        try await perform { try $0.removeAsset(id) }
    }

    /// Removes a project with everything in it; see ``Store/removeProject(_:)``.
    @discardableResult
    public func removeProject(_ name: String) async throws -> Bool {
        try await perform { try $0.removeProject(name) }
    }

    /// A job, `nil` when it is not there.
    public func job(_ id: JobID) async throws -> Job? { try await perform { try $0.job(id) } }

    /// A frame's bytes, checked, and what is known of it; `nil` when it is not stored.
    public func frame(
        _ index: Int, of job: JobID
    ) async throws -> (frame: StoredFrame, bytes: [UInt8])? {
        try await perform { store in
            try store.withFrame(index, of: job) { frame, bytes in
                (frame: frame, bytes: unsafe bytes.withUnsafeBytes { unsafe Array($0) })
            }
        }
    }
}
