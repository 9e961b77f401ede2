// Counts of what is stored, kept in the same transaction that changes it.

internal import Basics
internal import LMDB

/// A count of things and their bytes.
public struct Usage: Equatable, Sendable {
    /// Assets, frames or jobs.
    public var count: Int
    /// Bytes as they were given.
    public var byteCount: Int
    /// Bytes as they lie in the packs, record headers aside. In the figures of a project each asset
    /// counts; in those of the store, bytes that several assets have count once.
    public var storedByteCount: Int

    public init(count: Int = 0, byteCount: Int = 0, storedByteCount: Int = 0) {
        self.count = count
        self.byteCount = byteCount
        self.storedByteCount = storedByteCount
    }

    /// Both together.
    public static func + (left: Usage, right: Usage) -> Usage {
        Usage(
            count: left.count + right.count, byteCount: left.byteCount + right.byteCount,
            storedByteCount: left.storedByteCount + right.storedByteCount)
    }

    /// What has to be added to take this away.
    public static prefix func - (usage: Usage) -> Usage {
        Usage(
            count: -usage.count, byteCount: -usage.byteCount,
            storedByteCount: -usage.storedByteCount)
    }

    /// Without what lies in the packs.
    var unstored: Usage { Usage(count: count, byteCount: byteCount) }
}

extension Catalog {
    /// The counters of a scope, by namespace.
    func usage(
        of scope: ProjectNumber, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [Namespace: Usage] {
        var all: [Namespace: Usage] = [:]
        try transaction.scan(usage, prefix: scope.keyBytes) { key, usage in
            all[key.namespace] = usage
            return true
        }
        return all
    }

    /// The most stored bytes of a scope; `nil` for no limit.
    func quota(
        of scope: ProjectNumber, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Int? {
        if scope == .wholeStore {
            return try transaction.get(store, StoreKey())?.quota.map { Int($0) }
        }
        return try transaction.get(projects, scope)?.description.quota
    }

    /// Tells that a write is refused: what it needs and what is left.
    func quotaExceeded(
        _ scope: ProjectNumber, limit: Int, left: Int, needed: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> AssetError {
        let owner =
            scope == .wholeStore
            ? "the store" : "project “\(try transaction.get(projects, scope)?.name ?? "?")”"
        return AssetError(
            .quotaExceeded,
            "\(owner) has a quota of \(limit) bytes and room for \(max(0, left)), but \(needed) are "
                + "needed; remove something or raise the quota")
    }
}
