// Counting what is stored, in the same transaction that changes it.

internal import Basics
internal import LMDB

/// A count of things and their bytes.
public struct Usage: Equatable, Sendable {
    /// Assets, frames or jobs.
    public var count: Int
    /// Bytes as they were given.
    public var byteCount: Int
    /// Bytes as they lie in the packs, record headers aside.
    public var storedByteCount: Int

    public init(count: Int = 0, byteCount: Int = 0, storedByteCount: Int = 0) {
        self.count = count
        self.byteCount = byteCount
        self.storedByteCount = storedByteCount
    }

    public static func + (left: Usage, right: Usage) -> Usage {
        Usage(
            count: left.count + right.count, byteCount: left.byteCount + right.byteCount,
            storedByteCount: left.storedByteCount + right.storedByteCount)
    }

    public static prefix func - (usage: Usage) -> Usage {
        Usage(
            count: -usage.count, byteCount: -usage.byteCount,
            storedByteCount: -usage.storedByteCount)
    }
}

extension Catalog {
    /// Adds to the counters of a project and of the whole store, and refuses what would take the
    /// store over its quota. Shrinking is never refused.
    func count(
        _ change: Usage, project: String, namespace: Namespace,
        in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        if change.storedByteCount > 0 {
            try admit(change.storedByteCount, in: transaction)
        }
        for scope in [project, UsageKey.wholeStore] {
            let key = UsageKey(project: scope, namespace: namespace)
            let now = try (transaction.get(usage, key) ?? Usage()) + change
            if now == Usage() {
                try transaction.delete(usage, key)
            } else {
                try transaction.put(usage, key, now)
            }
        }
    }

    /// Throws ``AssetError/Code/quotaExceeded`` when `byteCount` more stored bytes would exceed
    /// the store's quota.
    func admit(
        _ byteCount: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) {
        guard let quota = try transaction.get(store, StoreKey())?.quota else { return }
        let used = try total(in: transaction).storedByteCount
        guard used + byteCount <= Int(quota) else {
            throw AssetError(
                .quotaExceeded,
                "the store's quota of \(quota) bytes has room for \(max(0, Int(quota) - used)) "
                    + "bytes, but \(byteCount) are needed; remove something or raise the quota")
        }
    }

    /// What the whole store holds.
    func total(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Usage {
        var total = Usage()
        for namespace in Namespace.allCases {
            let key = UsageKey(project: UsageKey.wholeStore, namespace: namespace)
            if let part = try transaction.get(usage, key) { total = total + part }
        }
        return total
    }
}

extension UsageKey {
    /// The scope of the counters of the whole store; no project has an empty name.
    static let wholeStore = ""
}
