// Taking a project up again, giving it up, and going back to a checkpoint.

internal import Basics
internal import LMDB

/// How a project was taken up again.
public struct ProjectResumption: Equatable, Sendable {
    public var project: Project
    /// Where to go on from; `nil` when there is no checkpoint: begin anew.
    public var checkpoint: Checkpoint?
    /// Jobs that wait for a worker now: those that were interrupted, and where it was asked for,
    /// those that had failed.
    public var requeuedJobs: [JobID] = []
    /// Jobs that are given up, because their workers died again and again.
    public var failedJobs: [JobID] = []
    /// What is missing or damaged; empty unless that was accepted.
    public var defects: [ProjectRecovery.Defect] = []
}

extension Store {
    /// Takes a project up again, wherever it stands: it is in progress, without an error, and its
    /// jobs whose worker died wait for another. Jobs that were cancelled stay so. `nil` when the
    /// project is not there.
    ///
    /// - Parameters:
    ///   - check: how to follow what its scenes and checkpoints refer to, before anything changes.
    ///   - acceptingDefects: go on also when something is missing or damaged.
    ///   - retryingFailedJobs: requeue the project's failed jobs too.
    ///   - progress: as for ``recovery(ofProject:checking:progress:)``.
    /// - Throws: ``AssetError/Code/damaged`` when something is missing or damaged, naming it; then
    ///   nothing was changed.
    @discardableResult
    public func resumeProject(
        _ name: String, checking check: RecoveryCheck = .presence, acceptingDefects: Bool = false,
        retryingFailedJobs: Bool = false,
        progress: (_ bytesChecked: Int, _ byteCount: Int) -> Bool = { _, _ in true }
    ) throws -> ProjectResumption? {
        guard let recovery = try recovery(ofProject: name, checking: check, progress: progress)
        else { return nil }
        guard recovery.canRecover || acceptingDefects else { throw recovery.refusal }
        let orphans = try requeueOrphans(ofProject: name)
        var requeued = orphans.requeued
        if retryingFailedJobs {
            requeued += try changeJobs(of: name, from: [.error]) { record in
                record.state = .pending
                record.error = nil
                record.completedAt = nil
                record.crashCount = 0
            }.filter { !orphans.failed.contains($0) }
        }
        let project = try committer.commitResult { [catalog] transaction, changes -> Project? in
            guard let number = try catalog.project(named: name, in: transaction) else {
                return nil
            }
            let record = try catalog.update(number, in: transaction, changes) { record in
                record.description.status = .inProgress
                record.description.error = nil
            }
            return try changes.project(number, record, in: transaction)
        }
        guard let project else { return nil }
        return ProjectResumption(
            project: project, checkpoint: try latestCheckpoint(of: name), requeuedJobs: requeued,
            failedJobs: retryingFailedJobs ? [] : orphans.failed, defects: recovery.defects)
    }

    /// Gives a project up: it is cancelled, and so are its jobs that aren't complete. Nothing of it
    /// is removed. Returns it as it is now, `nil` when it is not there.
    ///
    /// A worker of one of the jobs learns with its next write, one that adds checkpoints with the
    /// next of them. Up to 512 jobs are cancelled in one step with the project; when it is killed
    /// before the rest, the same call finishes.
    @discardableResult
    public func discardProject(_ name: String) throws -> Project? {
        let project = try committer.commitResult { [catalog] transaction, changes -> Project? in
            guard let number = try catalog.project(named: name, in: transaction) else {
                return nil
            }
            let record = try catalog.update(number, in: transaction, changes) {
                $0.description.status = .cancelled
            }
            _ = try catalog.changeJobs(
                of: number, from: [.pending, .processing], in: transaction, changes,
                Self.cancel)
            return try changes.project(number, record, in: transaction)
        }
        if project != nil {
            _ = try changeJobs(of: name, from: [.pending, .processing], Self.cancel)
        }
        return project
    }

    private static let cancel: @Sendable (inout Job.Record) -> Void = { record in
        record.state = .cancelled
        record.completedAt = .now()
    }

    /// Changes the project's jobs in some states, which they leave, in bounded transactions.
    private func changeJobs(
        of project: String, from states: [JobState],
        _ body: @escaping @Sendable (inout Job.Record) -> Void
    ) throws -> [JobID] {
        var changed: [JobID] = []
        while true {
            let more = try committer.commitResult { [catalog] transaction, changes -> [JobID] in
                guard let number = try catalog.project(named: project, in: transaction) else {
                    return []
                }
                return try catalog.changeJobs(
                    of: number, from: states, in: transaction, changes, body)
            }
            if more.isEmpty { return changed }
            changed += more
        }
    }
}

extension Catalog {
    /// Changes up to 512 of a project's jobs in some states; says which.
    fileprivate func changeJobs(
        of project: ProjectNumber, from states: [JobState],
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet,
        _ body: (inout Job.Record) -> Void
    ) throws -> [JobID] {
        var ids: [JobID] = []
        try transaction.scan(jobsByProject, prefix: project.keyBytes) { key, _ in
            for state in states {
                let byState = StateJobKey(state: state.rawValue, job: key.job)
                if try transaction.get(jobsByState, byState) != nil { ids.append(key.job) }
            }
            return ids.count < 512
        }
        for id in ids {
            // One that was removed and submitted again may belong to another project now.
            guard let old = try changes.job(id, in: transaction), old.project == project else {
                continue
            }
            var record = old
            body(&record)
            try put(id, record, replacing: old.state, in: transaction, changes)
        }
        return ids
    }
}

extension ProjectRecovery {
    /// Why the project can't simply go on.
    fileprivate var refusal: AssetError {
        var what = defects.prefix(3).map(\.description).joined(separator: "; ")
        if defectCount > 3 { what += "; and \(defectCount - 3) more" }
        let remedy =
            intactCheckpoint.map { "revert it to checkpoint \($0.number)" } ?? "begin it anew"
        return AssetError(
            .damaged,
            "project “\(project.name)” lacks what it needs: \(what); make that again, or \(remedy)")
    }
}
