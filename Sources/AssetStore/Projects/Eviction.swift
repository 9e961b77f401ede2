// Making room at the expense of frames that were kept although their job is over. Never by itself:
// an app or a person chooses it.

internal import Basics
internal import LMDB

/// What eviction may take.
public struct EvictionPolicy: Equatable, Sendable {
    /// Only from this project; `nil` for all.
    public var project: String?
    /// Only jobs that were completed.
    public var sparesCancelledJobs: Bool
    /// Only jobs of these kinds; `nil` for all.
    public var kinds: Set<String>?

    public init(
        project: String? = nil, sparesCancelledJobs: Bool = false, kinds: Set<String>? = nil
    ) {
        self.project = project
        self.sparesCancelledJobs = sparesCancelledJobs
        self.kinds = kinds
    }
}

/// What was evicted.
public struct EvictionReport: Equatable, Sendable {
    /// Jobs that lost frames; at most ``listedCountMax``.
    public var jobs: [JobID] = []
    public var jobCount = 0
    public var frameCount = 0
    /// What quotas have more room for now.
    public var storedByteCount = 0

    public static let listedCountMax = 1000

    public init() {}

    mutating func add(job: JobID, _ frames: Usage) {
        jobCount += 1
        if jobs.count < Self.listedCountMax { jobs.append(job) }
        frameCount += frames.count
        storedByteCount += frames.storedByteCount
    }
}

extension Store {
    /// Removes frames of complete and cancelled jobs until so many stored bytes are free, or there
    /// are no more of them: of the job that ended first before the others, and of one job from its
    /// first frame on. Assets, segments and the frames of any other job are never touched.
    ///
    /// - Parameter byteCount: how much to free; a last frame may go beyond it.
    /// - Throws: ``AssetError/Code/invalidArgument``.
    /// - Complexity: O(complete and cancelled jobs + removed frames).
    public func evict(
        byteCount: Int, _ policy: EvictionPolicy = EvictionPolicy()
    ) throws -> EvictionReport {
        guard byteCount >= 0 else {
            throw AssetError(.invalidArgument, "\(byteCount) bytes can't be freed")
        }
        var report = EvictionReport()
        while report.storedByteCount < byteCount {
            let before = report.jobCount
            let candidates = try evictable(policy)
            for candidate in candidates where report.storedByteCount < byteCount {
                // A cancelled job may still have a worker that doesn't know.
                guard let lock = try ownership.tryLock(StoreLocks.job(candidate.job)) else {
                    continue
                }
                let evicted = try withExtendedLifetime(lock) {
                    try evict(candidate.job, byteCount - report.storedByteCount, policy)
                }
                if evicted != Usage() { report.add(job: candidate.job, evicted) }
            }
            // There may be more than were remembered.
            guard candidates.count == Self.candidateCountMax, report.jobCount > before else {
                break
            }
        }
        try clearRemovals()
        return report
    }

    private struct Candidate {
        var endedAt: Timestamp
        var job: JobID
    }

    /// How many jobs are remembered at once.
    private static let candidateCountMax = 4096

    /// The jobs with frames that may go, those that ended first before the others.
    private func evictable(_ policy: EvictionPolicy) throws -> [Candidate] {
        var found: [Candidate] = []
        func shrink() {
            found.sort { ($0.endedAt, $0.job) < ($1.endedAt, $1.job) }
            found = Array(found.prefix(Self.candidateCountMax))
        }
        for state in policy.states {
            for job in try jobs(in: state, ofProject: policy.project) {
                guard try !isRunning(job), let ended = try endOfEvictable(job, policy) else {
                    continue
                }
                found.append(Candidate(endedAt: ended, job: job))
                if found.count >= 2 * Self.candidateCountMax { shrink() }
            }
        }
        shrink()
        return found
    }

    private func endOfEvictable(_ job: JobID, _ policy: EvictionPolicy) throws -> Timestamp? {
        try read { snapshot in
            let transaction = snapshot.transaction.shared()
            guard let record = try transaction.get(catalog.jobs, job), policy.allows(record),
                let sequence = try snapshot.sequence(of: job), sequence.frames.count > 0
            else { return nil }
            return record.completedAt ?? record.createdAt
        }
    }

    /// Removes frames of a job whose lock is held, until enough is free or none is left.
    private func evict(_ job: JobID, _ byteCount: Int, _ policy: EvictionPolicy) throws -> Usage {
        var evicted = Usage()
        while evicted.storedByteCount < byteCount {
            let needed = byteCount - evicted.storedByteCount
            let next = assetIDs.nextSequence()
            let step = try committer.commitResult { [catalog] transaction, changes -> Usage in
                guard let record = try changes.job(job, in: transaction), policy.allows(record),
                    try catalog.isAlive(record.project, in: transaction)
                else { return Usage() }
                let frames = try changes.sequence(of: job, in: transaction).frames
                if frames.storedByteCount <= needed {
                    try catalog.dropFrames(of: job, next: next, in: transaction, changes)
                    return frames
                }
                return try catalog.removeFirstFrames(of: job, needed, in: transaction, changes)
            }
            if step == Usage() { break }
            evicted = evicted + step
        }
        return evicted
    }
}

extension EvictionPolicy {
    fileprivate var states: [JobState] {
        sparesCancelledJobs ? [.complete] : [.complete, .cancelled]
    }

    fileprivate func allows(_ job: Job.Record) -> Bool {
        states.contains(job.state) && kinds?.contains(job.description.kind) != false
    }
}

extension Catalog {
    /// Removes the first frames of a job that make up `byteCount`, a bounded part of them.
    fileprivate func removeFirstFrames(
        of job: JobID, _ byteCount: Int, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws -> Usage {
        var sequence = try changes.sequence(of: job, in: transaction)
        var removed = Usage()
        var first: [(FrameKey, PayloadLocation)] = []
        try transaction.scan(frames, prefix: sequence.framesID.keyBytes) { key, record in
            first.append((key, record.location))
            removed = removed + record.location.usage(count: 1)
            return removed.storedByteCount < byteCount && first.count < 4096
        }
        for (key, location) in first {
            try transaction.delete(frames, key)
            try release(location, in: transaction, changes)
        }
        guard removed != Usage() else { return removed }
        sequence.frames = sequence.frames + -removed
        try changes.setSequence(of: job, sequence, in: transaction)
        try changes.countBoth(-removed, sequence.project, .frames, in: transaction)
        changes.note(ChangeRecord(.updated, .frames(job)))
        return removed
    }
}
