// Removing what nobody is going to need: frames of jobs that nobody finishes, projects that were
// given up.

public import Basics
internal import LMDB

extension Store {
    /// Removes temporary frames and given-up projects that are old enough, and says what went. What
    /// a living worker is at stays. To be called now and then, by an app or by
    /// `assetctl housekeeping`; disk blocks come back as after any removal.
    ///
    /// When it is killed on the way, the rest is found by the next call.
    ///
    /// - Parameters:
    ///   - now: the moment from which ages count.
    ///   - isCancelled: asked between projects and jobs.
    /// - Throws: ``AssetError/Code/invalidArgument``, ``AssetError/Code/cancelled``.
    /// - Complexity: O(jobs that are not complete + failed and cancelled projects + what is
    ///   removed).
    public func keepHouse(
        _ policy: HousekeepingPolicy = HousekeepingPolicy(), now: Timestamp = .now(),
        isCancelled: () -> Bool = { false }
    ) throws -> HousekeepingReport {
        try policy.validate()
        var report = HousekeepingReport()
        if let age = policy.endedProjectAgeSeconds {
            try removeEndedProjects(
                before: now.advanced(bySeconds: -age), policy, &report, isCancelled)
        }
        if let age = policy.temporaryFrameAgeSeconds {
            let limit = now.advanced(bySeconds: -age)
            try removeTemporaryFrames(before: limit, policy, &report, isCancelled)
            if !policy.isDryRun { try discardStagedProjects(untouchedSince: limit) }
        }
        if !policy.isDryRun { try clearRemovals(isCancelled: isCancelled) }
        return report
    }

    private func removeEndedProjects(
        before limit: Timestamp, _ policy: HousekeepingPolicy, _ report: inout HousekeepingReport,
        _ isCancelled: () -> Bool
    ) throws {
        for status in [ProjectStatus.failed, .cancelled] {
            try forEachProject(in: status) { number in
                try Self.stop(if: isCancelled)
                let found = try read { snapshot -> Project? in
                    guard let project = try snapshot.project(number), project.status == status,
                        project.updatedAt < limit,
                        try snapshot.isUntouched(number, since: limit)
                    else { return nil }
                    return project
                }
                guard let project = found else { return true }
                if !policy.isDryRun {
                    // It may have been taken up again since.
                    let isRemoved = try noteRemoval(ofProject: project.name) {
                        other, record, transaction, changes in
                        try other == number
                            && changes.project(number, record, in: transaction) == project
                    }
                    guard isRemoved else { return true }
                }
                report.add(project: project)
                return true
            }
        }
    }

    private func removeTemporaryFrames(
        before limit: Timestamp, _ policy: HousekeepingPolicy, _ report: inout HousekeepingReport,
        _ isCancelled: () -> Bool
    ) throws {
        for state in [JobState.pending, .processing, .error, .cancelled] {
            for job in try jobs(in: state, ofProject: nil) {
                try Self.stop(if: isCancelled)
                // Nobody may begin it meanwhile.
                guard let lock = try ownership.tryLock(StoreLocks.job(job)) else { continue }
                let dropped = try withExtendedLifetime(lock) {
                    try dropTemporaryFrames(of: job, before: limit, policy)
                }
                if let dropped { report.add(job: job, dropped) }
            }
        }
    }

    /// Drops the frames and segments of a job whose lock is held, if the policy says so; what they
    /// were, or would be.
    private func dropTemporaryFrames(
        of job: JobID, before limit: Timestamp, _ policy: HousekeepingPolicy
    ) throws -> SequenceRecord? {
        let found = try read { snapshot -> SequenceRecord? in
            let transaction = snapshot.transaction.shared()
            guard let record = try transaction.get(catalog.jobs, job),
                let sequence = try snapshot.sequence(of: job)
            else { return nil }
            let isTemporary = sequence.isTemporary(of: record, before: limit, policy)
            return isTemporary ? sequence : nil
        }
        if found == nil || policy.isDryRun { return found }
        let next = (assetIDs.nextSequence(), assetIDs.nextSequence())
        return try committer.commitResult {
            [catalog] transaction, changes -> SequenceRecord? in
            guard let record = try changes.job(job, in: transaction),
                try catalog.isAlive(record.project, in: transaction)
            else { return nil }
            let sequence = try changes.sequence(of: job, in: transaction)
            guard sequence.isTemporary(of: record, before: limit, policy) else { return nil }
            try catalog.dropFrames(of: job, next: next.0, in: transaction, changes)
            try catalog.dropSegments(of: job, next: next.1, in: transaction, changes)
            return sequence
        }
    }

    private static func stop(if isCancelled: () -> Bool) throws {
        if isCancelled() {
            throw AssetError(.cancelled, "housekeeping was interrupted; the next one goes on")
        }
    }
}

extension SequenceRecord {
    /// When the job's worker last did anything.
    func lastActivity(_ job: Job.Record) -> Timestamp {
        max(
            changedAt, job.createdAt, job.startedAt ?? job.createdAt,
            job.completedAt ?? job.createdAt)
    }

    fileprivate func isTemporary(
        of job: Job.Record, before limit: Timestamp, _ policy: HousekeepingPolicy
    ) -> Bool {
        job.state != .complete
            && policy.temporaryFrameKinds?.contains(job.description.kind) != false
            && (frames != Usage() || segments != Usage()) && lastActivity(job) < limit
    }
}

extension Snapshot {
    /// Whether nothing was stored in a project, no job of it went on, and no worker is at one.
    fileprivate func isUntouched(_ project: ProjectNumber, since limit: Timestamp) throws -> Bool {
        var isUntouched = true
        try transaction.scan(catalog.jobsByProject, prefix: project.keyBytes) { key, _ in
            if let job = try transaction.get(catalog.jobs, key.job), job.project == project,
                let sequence = try transaction.get(catalog.jobFrames, key.job)
            {
                isUntouched =
                    try sequence.lastActivity(job) < limit && !store.isRunning(key.job)
            }
            return isUntouched
        }
        guard isUntouched else { return false }
        try transaction.scan(catalog.assetsByProject, prefix: project.keyBytes) { key, _ in
            if let asset = try transaction.get(catalog.assets, key.asset) {
                isUntouched = asset.createdAt < limit
            }
            return isUntouched
        }
        return isUntouched
    }
}

extension Timestamp {
    /// The moment so many seconds later, as far as there is one.
    func advanced(bySeconds seconds: Double) -> Timestamp {
        let milliseconds = Double(millisecondsSinceEpoch) + seconds * 1000
        return Timestamp(
            millisecondsSinceEpoch: Int64(max(-1e18, min(1e18, milliseconds.rounded()))))
    }
}
