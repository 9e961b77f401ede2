// How much room there is, as `navigator.storage.estimate` tells it.

internal import Basics
internal import LMDB

/// What a store or a project takes, and what may be added. A moment's figures: others write too.
public struct StorageEstimate: Equatable, Sendable {
    /// Bytes as they lie in packs, record headers aside: what quotas are about.
    public var storedByteCount: Int
    /// The most of them; `nil` for no limit.
    public var quota: Int?
    /// How much more fits: into the quota, for a project into that of the store too, and onto the
    /// disk.
    public var availableByteCount: Int
    /// What the disk has left for the store.
    public var diskAvailableByteCount: Int
}

extension Store {
    /// What the store takes and what may be added.
    ///
    /// - Complexity: O(1).
    public func estimate() throws -> StorageEstimate {
        let diskByteCount = try diskAvailableByteCount()
        return try catalog.environment.read { transaction in
            try catalog.estimate([.wholeStore], diskByteCount, in: transaction)
        }
    }

    /// What a project takes and what may be added; `nil` when it is not there.
    ///
    /// - Complexity: O(log n).
    public func estimate(ofProject name: String) throws -> StorageEstimate? {
        let diskByteCount = try diskAvailableByteCount()
        return try catalog.environment.read { transaction in
            guard let number = try catalog.project(named: name, in: transaction) else {
                return nil
            }
            return try catalog.estimate([number, .wholeStore], diskByteCount, in: transaction)
        }
    }

    /// What the disk has beyond what packs leave alone.
    private func diskAvailableByteCount() throws -> Int {
        max(0, try FileSystem.availableByteCount(at: path) - OpenPack.headroom)
    }
}

extension Catalog {
    /// The estimate of the first of `scopes`, which lies within the others.
    fileprivate func estimate(
        _ scopes: [ProjectNumber], _ diskByteCount: Int, in transaction: borrowing ReadTransaction
    ) throws -> StorageEstimate {
        var estimate = StorageEstimate(
            storedByteCount: 0, quota: nil, availableByteCount: diskByteCount,
            diskAvailableByteCount: diskByteCount)
        for (index, scope) in scopes.enumerated() {
            let used = try usage(of: scope, in: transaction).values
                .reduce(0) { $0 + $1.storedByteCount }
            let quota = try quota(of: scope, in: transaction)
            if index == 0 { (estimate.storedByteCount, estimate.quota) = (used, quota) }
            guard let quota else { continue }
            estimate.availableByteCount = min(estimate.availableByteCount, max(0, quota - used))
        }
        return estimate
    }
}
