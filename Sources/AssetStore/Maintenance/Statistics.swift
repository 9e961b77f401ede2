// What the store holds and what it takes.

internal import Basics
internal import LMDB

/// Figures of a store at one moment.
public struct StoreStatistics: Equatable, Sendable {
    /// The version of `docs/format.md` that the store follows.
    public var formatVersion: Int
    /// The most payload bytes the store may hold; `nil` for no limit.
    public var quota: Int?
    public var assetCount: Int
    public var frameCount: Int
    public var jobCount: Int
    /// Bytes as they were given.
    public var byteCount: Int
    /// Bytes as they lie in the packs, record headers aside.
    public var storedByteCount: Int
    /// Bytes of the ranges of packs that nothing refers to any more and whose disk blocks were not
    /// given back; see ``Store/reclaim(_:isCancelled:)``.
    public var reclaimableByteCount: Int
    /// Bytes of disk blocks of all the store's files.
    public var diskByteCount: Int
    /// By namespace.
    public var namespaces: [Namespace: Usage]
    /// By project, in the order of the bytes of their names.
    public var projects: [ProjectUsage]
}

/// What a project holds and what it takes.
public struct ProjectUsage: Equatable, Sendable {
    /// The project's name.
    public var name: String
    /// By namespace.
    public var namespaces: [Namespace: Usage]
}

extension Store {
    /// What the store holds and what it takes.
    ///
    /// - Complexity: O(projects + packs + ranges to be given back).
    public func statistics() throws -> StoreStatistics {
        var statistics = try read { snapshot in
            let transaction = snapshot.transaction.shared()
            guard let record = try transaction.get(catalog.store, StoreKey()) else {
                throw AssetError(.damaged, "the store's own record is gone")
            }
            let store = try catalog.usage(of: .wholeStore, in: transaction)
            var projects: [ProjectUsage] = []
            try transaction.scan(catalog.projectsByName) { key, entry in
                guard try transaction.get(catalog.projects, entry.project)?.isStaged != true else {
                    return true
                }
                let usage = try catalog.usage(of: entry.project, in: transaction)
                projects.append(ProjectUsage(name: key.name, namespaces: usage))
                return true
            }
            let total = store.values.reduce(Usage(), +)
            var free = 0
            try transaction.scan(catalog.freeRanges) { _, range in
                free += Int(range.byteCount)
                return true
            }
            return StoreStatistics(
                formatVersion: Int(record.formatVersion), quota: record.quota.map { Int($0) },
                assetCount: Namespace.assetNamespaces.reduce(0) { $0 + (store[$1]?.count ?? 0) },
                frameCount: store[.frames]?.count ?? 0, jobCount: store[.jobs]?.count ?? 0,
                byteCount: total.byteCount, storedByteCount: total.storedByteCount,
                reclaimableByteCount: free, diskByteCount: 0, namespaces: store,
                projects: projects)
        }
        let layout = StoreLayout(path)
        for directory in [layout.catalog, layout.packs] {
            for name in try FileSystem.names(in: directory) {
                // One that was removed since it was listed takes nothing.
                statistics.diskByteCount +=
                    try FileSystem.diskByteCount(of: "\(directory)/\(name)") ?? 0
            }
        }
        return statistics
    }
}
