// Submitting, finding, starting, cancelling and removing jobs.

internal import Basics
internal import LMDB

extension Store {
    /// Submits work. The same work submitted again is the same job, whatever its state; only where
    /// its result goes is taken from the newest submission.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the description is not valid.
    public func submit(_ description: JobDescription) throws -> Job {
        try description.validate()
        let id = description.id
        try committer.commit { [catalog] transaction in
            if var record = try transaction.get(catalog.jobs, id) {
                guard record.description != description else { return }
                record.description = description
                try transaction.put(catalog.jobs, id, record)
                return
            }
            let record = Job.Record(description)
            try catalog.put(id, record, replacing: nil, in: transaction)
            try transaction.put(
                catalog.jobsByProject, ProjectJobKey(project: description.project, job: id),
                .init())
            try catalog.count(
                Usage(count: 1), project: description.project, namespace: .jobs, in: transaction)
        }
        guard let job = try job(id) else {
            throw AssetError(.inputMissing, "job \(id) was removed while it was submitted")
        }
        return job
    }

    /// A job, `nil` when it is not there. O(log n), progress included.
    public func job(_ id: JobID) throws -> Job? {
        try catalog.environment.read { try catalog.job(id, in: $0) }
    }

    /// The jobs of a project, in a state, or all.
    ///
    /// - Complexity: O(jobs of the project, or in the state, or all).
    public func jobs(project: String? = nil, state: JobState? = nil) throws -> [Job] {
        try catalog.environment.read { transaction in
            var ids: [JobID] = []
            if let project {
                var prefix = Array(project.utf8)
                prefix.append(0)
                try transaction.scan(catalog.jobsByProject, prefix: prefix) { key, _ in
                    ids.append(key.job)
                    return true
                }
            } else {
                let prefix = state.map { [$0.rawValue] } ?? []
                try transaction.scan(catalog.jobsByState, prefix: prefix) { key, _ in
                    ids.append(key.job)
                    return true
                }
            }
            return try ids.compactMap { try catalog.job($0, in: transaction) }
                .filter { state == nil || $0.state == state }
                .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        }
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
        let attempt = Monitor<UInt64>(0)
        try committer.commit { [catalog] transaction in
            guard let old = try transaction.get(catalog.jobs, id) else {
                throw AssetError(.inputMissing, "there is no job \(id)")
            }
            var record = old
            record.attempt += 1
            record.state = .processing
            record.startedAt = .now()
            record.completedAt = nil
            record.error = nil
            record.output = nil
            try catalog.put(id, record, replacing: old.state, in: transaction)
            attempt.withLock { $0 = record.attempt }
        }
        return JobLease(store: self, job: id, attempt: attempt.withLock { $0 }, lock: lock)
    }

    /// Cancels a job that isn't complete. A worker that has it learns with its next write. Says
    /// whether there was something to cancel.
    @discardableResult
    public func cancelJob(_ id: JobID) throws -> Bool {
        let wasOpen = Monitor(false)
        try committer.commit { [catalog] transaction in
            guard let old = try transaction.get(catalog.jobs, id) else {
                throw AssetError(.inputMissing, "there is no job \(id)")
            }
            let isOpen = old.state == .pending || old.state == .processing
            wasOpen.withLock { $0 = isOpen }
            guard isOpen else { return }
            var record = old
            record.state = .cancelled
            record.completedAt = .now()
            try catalog.put(id, record, replacing: old.state, in: transaction)
        }
        return wasOpen.withLock { $0 }
    }

    /// Removes a job with its frames and segments; what it made stays. Says whether it was there.
    ///
    /// - Throws: ``AssetError/Code/busy`` when a living worker has it.
    @discardableResult
    public func removeJob(_ id: JobID) throws -> Bool {
        guard let lock = try ownership.tryLock(StoreLocks.job(id)) else {
            throw AssetError(
                .busy, "job \(id) is being worked on; cancel it before you remove it")
        }
        return try withExtendedLifetime(lock) {
            try removeIntermediates(of: id)
            let wasThere = Monitor(false)
            try committer.commit { [catalog] transaction in
                guard let record = try transaction.get(catalog.jobs, id) else { return }
                let project = record.description.project
                try transaction.delete(catalog.jobs, id)
                try transaction.delete(
                    catalog.jobsByState, StateJobKey(state: record.state.rawValue, job: id))
                try transaction.delete(
                    catalog.jobsByProject, ProjectJobKey(project: project, job: id))
                try transaction.delete(catalog.jobFrames, id)
                try catalog.count(
                    -Usage(count: 1), project: project, namespace: .jobs, in: transaction)
                wasThere.withLock { $0 = true }
            }
            return wasThere.withLock { $0 }
        }
    }

    /// Removes what a completed job's worker left when it died between completing the job and
    /// cleaning up after it. Does nothing while a living worker has the job.
    package func removeLeftovers(of id: JobID, keepingFrames: Bool) throws {
        guard let lock = try ownership.tryLock(StoreLocks.job(id)) else { return }
        try withExtendedLifetime(lock) {
            guard try job(id)?.state == .complete else { return }
            try removeIntermediates(of: id, keepingFrames: keepingFrames)
        }
    }

    /// Removes a job's segments and, unless they are to be kept, its frames, in transactions of
    /// bounded size; may be called again when it was cut short.
    func removeIntermediates(of id: JobID, keepingFrames: Bool = false) throws {
        while true {
            let isFinished = Monitor(false)
            try committer.commit { [catalog] transaction in
                let removed = try catalog.removeIntermediates(
                    of: id, keepingFrames: keepingFrames, countMax: 1024, in: transaction)
                isFinished.withLock { $0 = removed < 1024 }
            }
            if isFinished.withLock({ $0 }) { return }
        }
    }
}

extension Catalog {
    func job(
        _ id: JobID, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Job? {
        guard let record = try transaction.get(jobs, id) else { return nil }
        return record.job(id, frames: try transaction.get(jobFrames, id) ?? Usage())
    }

    /// Enters or changes a job and its place in the index by state.
    func put(
        _ id: JobID, _ record: Job.Record, replacing old: JobState?,
        in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        if let old, old != record.state {
            try transaction.delete(jobsByState, StateJobKey(state: old.rawValue, job: id))
        }
        try transaction.put(jobs, id, record)
        try transaction.put(
            jobsByState, StateJobKey(state: record.state.rawValue, job: id), .init())
    }

    /// Removes at most `countMax` of a job's frames and segments; returns how many.
    fileprivate func removeIntermediates(
        of id: JobID, keepingFrames: Bool, countMax: Int,
        in transaction: borrowing WriteTransaction
    ) throws -> Int {
        guard let project = try transaction.get(jobs, id)?.description.project else { return 0 }
        var frameKeys: [(FrameKey, PayloadLocation)] = []
        if !keepingFrames {
            try transaction.scan(frames, prefix: id.keyBytes) { key, record in
                frameKeys.append((key, record.location))
                return frameKeys.count < countMax
            }
        }
        for (key, location) in frameKeys {
            try transaction.delete(frames, key)
            try release(location, in: transaction)
            try countFrames(-location.usage(count: 1), of: id, project, in: transaction)
        }
        var segmentKeys: [(SegmentKey, PayloadLocation)] = []
        if frameKeys.count < countMax {
            try transaction.scan(segments, prefix: id.keyBytes) { key, record in
                segmentKeys.append((key, record.location))
                return frameKeys.count + segmentKeys.count < countMax
            }
        }
        for (key, location) in segmentKeys {
            try transaction.delete(segments, key)
            try release(location, in: transaction)
            try count(
                -location.usage(count: 0), project: project, namespace: .jobs, in: transaction)
        }
        return frameKeys.count + segmentKeys.count
    }

    /// Adds to the frame counters of a job, its project and the store.
    func countFrames(
        _ change: Usage, of job: JobID, _ project: String,
        in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        try transaction.put(
            jobFrames, job, (transaction.get(jobFrames, job) ?? Usage()) + change)
        try count(change, project: project, namespace: .frames, in: transaction)
    }
}

extension PayloadLocation {
    /// What the payload adds to counters.
    func usage(count: Int) -> Usage {
        Usage(
            count: count, byteCount: Int(byteCount), storedByteCount: Int(storedByteCount))
    }
}
