// Submitting, finding, starting, cancelling and removing jobs.

internal import Basics
internal import LMDB

extension Store {
    /// Submits work. The same work submitted again is the same job, whatever its state; only where
    /// its result goes, and which frames are to stay, is taken from the newest submission.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the description is not valid.
    public func submit(_ description: JobDescription) throws -> Job {
        try description.validate()
        let id = description.id
        let (framesID, segmentsID) = (assetIDs.nextSequence(), assetIDs.nextSequence())
        try committer.commit { [catalog] transaction, changes in
            let project = try changes.project(named: description.project, in: transaction)
            if var record = try changes.job(id, in: transaction) {
                if record.project == project {
                    if record.description.kind == JobDescription.salvagedKind {
                        // Its frames are those of this work: its identity is that of the recipe.
                        try catalog.put(
                            id, Job.Record(description, project: project),
                            replacing: record.state, in: transaction, changes)
                        return
                    }
                    guard
                        record.description.submission != description.submission
                            || record.description.retention != description.retention
                    else { return }
                    record.description.submission = description.submission
                    record.description.retention = description.retention
                    try catalog.put(
                        id, record, replacing: record.state, in: transaction, changes)
                    return
                }
                // A job of a project that was removed and is being cleared away.
                try catalog.remove(id, ofRemovedProject: true, in: transaction, changes)
            }
            let record = Job.Record(description, project: project)
            try catalog.put(id, record, replacing: nil, in: transaction, changes)
            try transaction.put(
                catalog.jobsByProject, ProjectJobKey(project: project, job: id), Presence())
            try changes.setSequence(
                of: id,
                SequenceRecord(project: project, framesID: framesID, segmentsID: segmentsID),
                in: transaction)
            try changes.countBoth(Usage(count: 1), project, .jobs, in: transaction)
        }
        guard let job = try job(id) else {
            throw AssetError(.inputMissing, "job \(id) was removed while it was submitted")
        }
        return job
    }

    /// A job, `nil` when it is not there. O(log n), progress included.
    public func job(_ id: JobID) throws -> Job? { try read { try $0.job(id) } }

    /// The jobs of a project, in a state, or all; see ``Snapshot/jobs(project:state:)``.
    public func jobs(project: String? = nil, state: JobState? = nil) throws -> [Job] {
        try read { try $0.jobs(project: project, state: state) }
    }

    /// Whether a living process works on the job.
    public func isRunning(_ id: JobID) throws -> Bool {
        try ownership.isLocked(StoreLocks.job(id))
    }

    /// Makes this process the job's worker: its attempt rises by one, and whatever an earlier
    /// worker still tries to write is refused.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when there is no such job,
    ///   ``AssetError/Code/busy`` when a living worker has it.
    public func start(_ id: JobID) throws -> JobLease {
        guard let lock = try ownership.tryLock(StoreLocks.job(id)) else {
            throw AssetError(
                .busy, "job \(id) is being worked on by another process; wait for it or cancel it")
        }
        struct Started {
            var attempt: UInt64
            var project: String
            var sequence: SequenceRecord
        }
        let started = Monitor<Started?>(nil)
        try committer.commit { [catalog] transaction, changes in
            guard let old = try changes.job(id, in: transaction),
                let project = try catalog.name(of: old.project, in: transaction)
            else { throw AssetError(.inputMissing, "there is no job \(id)") }
            let sequence = try changes.sequence(of: id, in: transaction)
            var record = old
            switch old.state {
            case .processing: record.noteCrash(stored: sequence)
            case .pending: break
            default: record.crashCount = 0
            }
            record.progressAtStart = sequence.progress
            record.attempt += 1
            record.state = .processing
            record.startedAt = .now()
            record.completedAt = nil
            record.error = nil
            record.output = nil
            try catalog.put(id, record, replacing: old.state, in: transaction, changes)
            started.withLock {
                $0 = Started(attempt: record.attempt, project: project, sequence: sequence)
            }
        }
        guard let started = started.withLock({ $0 }) else {
            throw AssetError(.inputMissing, "there is no job \(id)")
        }
        return JobLease(
            store: self, job: id, attempt: started.attempt, project: started.project,
            sequence: started.sequence, lock: lock)
    }

    /// Cancels a job that isn't complete. A worker that has it learns with its next write. Says
    /// whether there was something to cancel.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when there is no such job.
    @discardableResult
    public func cancelJob(_ id: JobID) throws -> Bool {
        let wasOpen = Monitor(false)
        try committer.commit { [catalog] transaction, changes in
            guard let old = try changes.job(id, in: transaction),
                try catalog.name(of: old.project, in: transaction) != nil
            else { throw AssetError(.inputMissing, "there is no job \(id)") }
            let isOpen = old.state == .pending || old.state == .processing
            wasOpen.withLock { $0 = isOpen }
            guard isOpen else { return }
            var record = old
            record.state = .cancelled
            record.completedAt = .now()
            try catalog.put(id, record, replacing: old.state, in: transaction, changes)
        }
        return wasOpen.withLock { $0 }
    }

    /// Removes a job with its frames and segments; what it made stays. It is gone at once; what it
    /// took is given back before this returns, in transactions of bounded size. Says whether it
    /// was there.
    ///
    /// - Throws: ``AssetError/Code/busy`` when a living worker has it.
    /// - Complexity: O(frames and segments of the job).
    @discardableResult
    public func removeJob(_ id: JobID) throws -> Bool {
        let wasThere = try noteRemoval(ofJob: id)
        try clearRemovals()
        return wasThere
    }

    /// Takes a job out of sight; what it takes is yet to be cleared away.
    func noteRemoval(ofJob id: JobID) throws -> Bool {
        guard let lock = try ownership.tryLock(StoreLocks.job(id)) else {
            throw AssetError(
                .busy, "job \(id) is being worked on; cancel it before you remove it")
        }
        let wasThere = Monitor(false)
        try withExtendedLifetime(lock) {
            try committer.commit { [catalog] transaction, changes in
                guard let record = try changes.job(id, in: transaction),
                    try catalog.name(of: record.project, in: transaction) != nil
                else { return }
                try catalog.remove(id, ofRemovedProject: false, in: transaction, changes)
                wasThere.withLock { $0 = true }
            }
        }
        return wasThere.withLock { $0 }
    }

    /// Removes a job's stored frames, all at once, and gives back what they took.
    ///
    /// - Throws: ``AssetError/Code/busy`` when a living worker has the job,
    ///   ``AssetError/Code/inputMissing`` when there is no such job.
    /// - Complexity: O(frames of the job).
    public func removeFrames(of id: JobID) throws {
        guard let lock = try ownership.tryLock(StoreLocks.job(id)) else {
            throw AssetError(
                .busy, "job \(id) is being worked on; cancel it before you remove its frames")
        }
        let next = assetIDs.nextSequence()
        try withExtendedLifetime(lock) {
            try committer.commit { [catalog] transaction, changes in
                guard let record = try changes.job(id, in: transaction),
                    try catalog.name(of: record.project, in: transaction) != nil
                else { throw AssetError(.inputMissing, "there is no job \(id)") }
                try catalog.dropFrames(of: id, next: next, in: transaction, changes)
            }
        }
        try clearRemovals()
    }
}

extension Catalog {
    /// Whether a project is there, perhaps staged, and not being cleared away.
    func isAlive(
        _ project: ProjectNumber, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Bool {
        if try transaction.count(removals) == 0 { return true }
        return try transaction.get(projects, project) != nil
    }

    /// Enters or changes a job and its place in the index by state.
    func put(
        _ id: JobID, _ record: Job.Record, replacing old: JobState?,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws(AssetError) {
        if let old, old != record.state {
            try transaction.delete(jobsByState, StateJobKey(state: old.rawValue, job: id))
        }
        try transaction.put(jobs, id, record)
        changes.setJob(id, record)
        if old != record.state {
            try transaction.put(
                jobsByState, StateJobKey(state: record.state.rawValue, job: id), Presence())
        }
        changes.note(ChangeRecord(old == nil ? .put : .updated, .job(id)))
    }

    /// Removes a job; its frames and segments are to be cleared away.
    func remove(
        _ id: JobID, ofRemovedProject isRemoved: Bool, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws {
        guard let record = try changes.job(id, in: transaction) else { return }
        let sequence = try changes.sequence(of: id, in: transaction)
        try transaction.delete(jobs, id)
        try transaction.delete(
            jobsByState, StateJobKey(state: record.state.rawValue, job: id))
        try transaction.delete(
            jobsByProject, ProjectJobKey(project: record.project, job: id))
        changes.setJob(id, nil)
        try changes.setSequence(of: id, nil, in: transaction)
        try noteRemoval(of: sequence.framesID, in: transaction)
        try noteRemoval(of: sequence.segmentsID, in: transaction)
        if isRemoved { return }
        let (frames, segments) = (sequence.frames, sequence.segments)
        try changes.count(-frames, record.project, .frames, in: transaction)
        try changes.count(-frames.unstored, .wholeStore, .frames, in: transaction)
        let jobs = segments + Usage(count: 1)
        try changes.count(-jobs, record.project, .jobs, in: transaction)
        try changes.count(-jobs.unstored, .wholeStore, .jobs, in: transaction)
        changes.note(ChangeRecord(.removed, .job(id)))
    }

    /// Takes a job's frames from it, to be cleared away.
    func dropFrames(
        of job: JobID, next: SequenceID, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws(AssetError) {
        var sequence = try changes.sequence(of: job, in: transaction)
        guard sequence.frames != Usage() else { return }
        try noteRemoval(of: sequence.framesID, in: transaction)
        try changes.count(-sequence.frames, sequence.project, .frames, in: transaction)
        try changes.count(-sequence.frames.unstored, .wholeStore, .frames, in: transaction)
        sequence.framesID = next
        sequence.frames = Usage()
        try changes.setSequence(of: job, sequence, in: transaction)
        changes.note(ChangeRecord(.removed, .frames(job)))
    }

    /// Takes a job's segments from it, to be cleared away.
    func dropSegments(
        of job: JobID, next: SequenceID, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws {
        var sequence = try changes.sequence(of: job, in: transaction)
        // Segments are not counted, and those without bytes add nothing: look for one.
        var isEmpty = true
        try transaction.scan(segments, prefix: sequence.segmentsID.keyBytes) { _, _ in
            isEmpty = false
            return false
        }
        if isEmpty { return }
        try noteRemoval(of: sequence.segmentsID, in: transaction)
        try changes.count(-sequence.segments, sequence.project, .jobs, in: transaction)
        try changes.count(-sequence.segments.unstored, .wholeStore, .jobs, in: transaction)
        sequence.segmentsID = next
        sequence.segments = Usage()
        try changes.setSequence(of: job, sequence, in: transaction)
    }

    private func noteRemoval(
        of sequence: SequenceID, in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        try transaction.put(
            removals, RemovalKey(sequence), RemovalRecord(removedAt: .now()))
    }
}

extension PayloadLocation {
    /// What the payload adds to counters.
    func usage(count: Int) -> Usage {
        Usage(
            count: count, byteCount: Int(byteCount), storedByteCount: Int(storedByteCount))
    }
}
