// Going back to a checkpoint.

internal import Basics
internal import LMDB

/// What of a project's assets goes when it is reverted. Whatever scenes, the checkpoints that are
/// left, or jobs (as what they made) refer to stays in any case.
public enum RevertedAssets: Sendable {
    /// None.
    case keep
    /// Those that the dropped checkpoints brought: they name them, and they were stored after the
    /// checkpoint that is reverted to.
    case removeOutputs
    /// All that were stored after the checkpoint that is reverted to, also what people put there by
    /// hand, and what jobs that wait are to read.
    case removeNewer
}

/// What going back to a checkpoint changed.
public struct ProjectReversion: Equatable, Sendable {
    public var project: Project
    /// The newest one now.
    public var checkpoint: Checkpoint
    public var droppedCheckpointCount = 0
    public var removedAssetCount = 0
}

extension Store {
    /// Goes back to a checkpoint: later ones are dropped, the project's stage and percentage are
    /// what they were, and it is in progress, without an error. `nil` when the project or the
    /// checkpoint is not there.
    ///
    /// Scenes, jobs and frames stay as they are: they are no part of checkpoints. Assets stay too
    /// unless it is asked for; what was stored after the checkpoint is told by the clock. Numbers of
    /// checkpoints are not given again. When it is killed on the way, the newest checkpoints are
    /// gone with what they brought, the others are there, and the same call finishes.
    ///
    /// - Throws: ``AssetError/Code/busy`` while a living worker is at a job of the project: what it
    ///   makes would come after the checkpoint.
    /// - Complexity: O(dropped checkpoints), and where assets are removed O(what the project refers
    ///   to) for every 1024 of them.
    @discardableResult
    public func revertProject(
        _ name: String, to number: Int, assets: RevertedAssets = .keep
    ) throws -> ProjectReversion? {
        for job in try jobs(in: .processing, ofProject: name) where try isRunning(job) {
            throw AssetError(
                .busy,
                "job \(job) of project “\(name)” is being worked on; cancel it before you go back")
        }
        var (droppedCount, removedCount) = (0, 0)
        var place: [UInt8]?
        while true {
            let step = try committer.commitResult {
                [catalog, place] transaction, changes -> ReversionStep? in
                try catalog.revert(name, to: number, assets, from: place, in: transaction, changes)
            }
            guard let step else { return nil }
            droppedCount += step.droppedCheckpointCount
            removedCount += step.removedAssetCount
            place = step.next
            guard step.isLast else { continue }
            return ProjectReversion(
                project: step.project, checkpoint: step.checkpoint,
                droppedCheckpointCount: droppedCount, removedAssetCount: removedCount)
        }
    }
}

/// A bounded part of going back.
private struct ReversionStep: Sendable {
    var project: Project
    var checkpoint: Checkpoint
    var droppedCheckpointCount: Int
    var removedAssetCount: Int
    /// Where to go on among the project's assets, once all checkpoints are dropped.
    var next: [UInt8]?
    var isLast: Bool
}

extension Catalog {
    /// How much one transaction drops or removes.
    private static let revertCountMax = 1024

    fileprivate func revert(
        _ name: String, to number: Int, _ assets: RevertedAssets, from place: [UInt8]?,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws -> ReversionStep? {
        guard number > 0, let project = try self.project(named: name, in: transaction),
            let target = try transaction.get(checkpoints, CheckpointKey(project, number))
        else { return nil }
        let dropped = try dropCheckpoints(of: project, after: number, in: transaction)
        var candidates: Set<AssetID> = []
        var next: [UInt8]?
        switch assets {
        case .keep: break
        case .removeOutputs: candidates = dropped.assets
        case .removeNewer:
            if dropped.isLast {
                (candidates, next) = try self.assets(of: project, from: place, in: transaction)
            }
        }
        for id in candidates {
            // Nothing that was there before, nor what belongs to another project.
            guard let asset = try transaction.get(self.assets, id), asset.project == project,
                asset.createdAt > target.createdAt
            else {
                candidates.remove(id)
                continue
            }
        }
        try spareWhatIsReferredTo(&candidates, by: project, in: transaction)
        for id in candidates { _ = try remove(id, in: transaction, changes) }
        let record = try update(project, in: transaction, changes) { record in
            record.description.status = .inProgress
            record.description.error = nil
            record.description.stage = target.description.stage
            record.description.percent = target.description.percent
        }
        return ReversionStep(
            project: try changes.project(project, record, in: transaction),
            checkpoint: target.checkpoint(UInt64(number)),
            droppedCheckpointCount: dropped.count, removedAssetCount: candidates.count,
            next: next, isLast: dropped.isLast && next == nil)
    }

    /// Drops the newest checkpoints behind a number, a bounded part of them. Says how many, which
    /// assets they name, and whether none is left.
    private func dropCheckpoints(
        of project: ProjectNumber, after number: Int, in transaction: borrowing WriteTransaction
    ) throws(AssetError) -> (count: Int, assets: Set<AssetID>, isLast: Bool) {
        var (count, assets): (Int, Set<AssetID>) = (0, [])
        while let newest = try transaction.last(checkpoints, prefix: project.keyBytes),
            newest.key.number > UInt64(number)
        {
            if count >= Self.revertCountMax || assets.count >= Self.revertCountMax {
                return (count, assets, false)
            }
            assets.formUnion(newest.value.description.assets.values)
            try transaction.delete(checkpoints, newest.key)
            count += 1
        }
        return (count, assets, true)
    }

    /// A bounded part of a project's assets, and where to go on; `nil` at the end.
    private func assets(
        of project: ProjectNumber, from place: [UInt8]?, in transaction: borrowing WriteTransaction
    ) throws -> (assets: Set<AssetID>, next: [UInt8]?) {
        var (found, next): (Set<AssetID>, [UInt8]?) = ([], nil)
        try transaction.scan(
            assetsByProject, prefix: project.keyBytes, from: place
        ) { key, _ in
            guard found.count < Self.revertCountMax else {
                next = key.keyBytes
                return false
            }
            found.insert(key.asset)
            return true
        }
        return (found, next)
    }

    /// Takes out of `candidates` what scenes, checkpoints and jobs of the project refer to.
    private func spareWhatIsReferredTo(
        _ candidates: inout Set<AssetID>, by project: ProjectNumber,
        in transaction: borrowing WriteTransaction
    ) throws {
        guard !candidates.isEmpty else { return }
        try transaction.scan(scenes, prefix: project.keyBytes) { _, record in
            candidates.subtract(record.scene.assets.values)
            return !candidates.isEmpty
        }
        try transaction.scan(checkpoints, prefix: project.keyBytes) { _, record in
            candidates.subtract(record.description.assets.values)
            return !candidates.isEmpty
        }
        try transaction.scan(jobsByProject, prefix: project.keyBytes) { key, _ in
            if let output = try transaction.get(jobs, key.job)?.output { candidates.remove(output) }
            return !candidates.isEmpty
        }
    }
}
