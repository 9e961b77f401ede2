// Jobs whose worker died: giving them back to the queue, or up.

internal import Basics
internal import LMDB

/// What became of the jobs whose workers had died.
public struct OrphanReport: Equatable, Sendable {
    /// Those that wait for another worker now.
    public var requeued: [JobID] = []
    /// Those that are given up.
    public var failed: [JobID] = []

    public init() {}
}

extension Store {
    /// Finds the jobs that are `processing` without a living worker and gives them back to the
    /// queue, for an app or a worker to call when it starts. Nothing of what they stored is lost.
    ///
    /// A job whose workers died ``Limits/crashCountMax`` times in a row, none of them having stored
    /// anything new, fails instead: it would likely go on so. Whoever starts it again all the same
    /// gives it as many tries again.
    ///
    /// - Parameters:
    ///   - project: only its jobs; `nil` for all.
    ///   - markingAsError: let all of them fail, for somebody to look at.
    /// - Complexity: O(jobs that are `processing`), or of the project.
    @discardableResult
    public func requeueOrphans(
        ofProject project: String? = nil, markingAsError: Bool = false
    ) throws -> OrphanReport {
        var report = OrphanReport()
        var ids = try jobs(in: .processing, ofProject: project)[...]
        while !ids.isEmpty {
            // The right to each job is held until it is written down that it waits.
            var locks: [(JobID, ByteLock)] = []
            for id in ids.prefix(Self.orphanCountMax) {
                if let lock = try ownership.tryLock(StoreLocks.job(id)) { locks.append((id, lock)) }
            }
            ids = ids.dropFirst(Self.orphanCountMax)
            guard !locks.isEmpty else { continue }
            let orphans = locks.map(\.0)
            let settled = try withExtendedLifetime(locks) {
                try committer.commitResult { [catalog] transaction, changes in
                    try catalog.settle(orphans, markingAsError, in: transaction, changes)
                }
            }
            report.requeued += settled.requeued
            report.failed += settled.failed
        }
        return report
    }

    /// The most jobs that one transaction settles.
    private static let orphanCountMax = 256

    /// The jobs in a state, of a project or all; O(jobs of the project), or in the state.
    func jobs(in state: JobState, ofProject project: String?) throws -> [JobID] {
        try read { snapshot in
            let transaction = snapshot.transaction.shared()
            var ids: [JobID] = []
            guard let project else {
                try transaction.scan(catalog.jobsByState, prefix: [state.rawValue]) { key, _ in
                    ids.append(key.job)
                    return true
                }
                return ids
            }
            guard let number = try catalog.project(named: project, in: transaction) else {
                return []
            }
            try transaction.scan(catalog.jobsByProject, prefix: number.keyBytes) { key, _ in
                let byState = StateJobKey(state: state.rawValue, job: key.job)
                if try transaction.get(catalog.jobsByState, byState) != nil { ids.append(key.job) }
                return true
            }
            return ids
        }
    }
}

extension Catalog {
    /// Requeues jobs whose lock is held, or gives them up.
    fileprivate func settle(
        _ orphans: [JobID], _ isError: Bool, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws -> OrphanReport {
        var report = OrphanReport()
        for id in orphans {
            guard let old = try changes.job(id, in: transaction), old.state == .processing,
                try name(of: old.project, in: transaction) != nil
            else { continue }
            var record = old
            record.noteCrash(stored: try changes.sequence(of: id, in: transaction))
            let isHopeless = record.crashCount >= Limits.crashCountMax
            if isError || isHopeless {
                record.state = .error
                record.error =
                    isHopeless
                    ? "its worker died \(record.crashCount) times without anything new"
                    : "its worker died"
                record.completedAt = .now()
                report.failed.append(id)
            } else {
                record.state = .pending
                record.error = "its worker died; it waits for another"
                report.requeued.append(id)
            }
            try put(id, record, replacing: .processing, in: transaction, changes)
        }
        return report
    }
}

extension Job.Record {
    /// Notes that the worker of the last attempt died.
    mutating func noteCrash(stored sequence: SequenceRecord) {
        crashCount = sequence.progress > progressAtStart ? 0 : crashCount + 1
    }
}

extension SequenceRecord {
    /// A number that grows with each new frame and each new segment.
    var progress: UInt64 { UInt64(frames.count) + UInt64(segments.byteCount) }
}
