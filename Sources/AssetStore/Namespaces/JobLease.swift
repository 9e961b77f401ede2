// The right to work on a job, and what a worker may do with it.

internal import Basics
internal import LMDB
internal import Synchronization

/// The right of this process to work on a job, held until it is ended by
/// ``complete(output:keepingFrames:)``, ``fail(_:)`` or ``pause(_:)``, the value goes away, or the
/// process dies. Thread-safe.
///
/// Every write checks, in its own transaction, that the job is still on this attempt and not
/// cancelled: ``AssetError/Code/staleAttempt`` and ``AssetError/Code/cancelled`` tell the worker
/// to stop.
public final class JobLease: Sendable {
    public let store: Store
    public let job: JobID
    /// The number of this attempt, from 1.
    public let attempt: UInt64
    /// The job's project.
    public let project: String
    let framesID: SequenceID
    let segmentsID: SequenceID
    /// What it will be once its project is published; `nil` for a job that isn't staged.
    let published: (job: JobID, project: String)?
    private let lock: Mutex<ByteLock?>

    init(
        store: Store, job: JobID, attempt: UInt64, project: String, sequence: SequenceRecord,
        lock: ByteLock?, published: (job: JobID, project: String)? = nil
    ) {
        self.store = store
        self.job = job
        self.attempt = attempt
        self.project = project
        framesID = sequence.framesID
        segmentsID = sequence.segmentsID
        self.published = published
        self.lock = Mutex(lock)
    }

    /// Stores a segment, an encoded piece of the job's result, durably. One that is there already
    /// is replaced.
    ///
    /// - Parameters:
    ///   - track: which stream the segment belongs to; the caller's own numbering.
    ///   - index: the segment's place in its track.
    /// - Throws: ``AssetError/Code/invalidArgument`` when there can be no such segment, or it is
    ///   longer than ``Limits/recordByteCountMax``; ``AssetError/Code/quotaExceeded``,
    ///   ``AssetError/Code/diskFull``, ``AssetError/Code/cancelled``,
    ///   ``AssetError/Code/staleAttempt``, ``AssetError/Code/io``.
    public func putSegment(track: UInt8, index: Int, _ bytes: RawSpan) throws {
        guard let number = UInt32(exactly: index), bytes.byteCount <= Limits.recordByteCountMax
        else {
            throw AssetError(
                .invalidArgument, "segment \(index) of \(bytes.byteCount) bytes can't be stored")
        }
        let key = SegmentKey(sequence: segmentsID, track: track, index: number)
        var reservation: Reservation?
        let payload = try store.writePayload(
            bytes, owner: RecordOwner(key), namespace: .jobs
        ) { byteCount in
            reservation = try store.admission.reserve(byteCount, project: project)
        }
        let (catalog, location) = (store.catalog, payload.location)
        try commit([payload], reservation) { [self] transaction, changes in
            _ = try fence(transaction, changes)
            var change = location.usage(count: 0)
            if let old = try transaction.get(catalog.segments, key) {
                try catalog.release(old.location, in: transaction, changes)
                change = change + -old.location.usage(count: 0)
            }
            try transaction.put(catalog.segments, key, PayloadRecord(location: location))
            var sequence = try changes.sequence(of: job, in: transaction)
            sequence.segments = sequence.segments + change
            try changes.setSequence(of: job, sequence, in: transaction)
            try changes.countBoth(change, sequence.project, .jobs, in: transaction)
        }
    }

    /// Finishes `output` and completes the job with it; its segments and, where none are to be
    /// kept, its frames are gone in the same transaction, and cleared away afterwards. Of frames
    /// that are kept in part, the others go in transactions of bounded size before this returns, or
    /// by whoever clears away next.
    ///
    /// - Parameter keepingFrames: whether all frames stay or none; `nil` for what the job's
    ///   ``JobDescription/retention`` says.
    /// - Throws: ``AssetError/Code/cancelled``, ``AssetError/Code/staleAttempt``; what
    ///   ``AssetWriter/finish()`` throws. Then the job is as it was, and the output is not stored.
    /// - Complexity: O(frames and segments that go).
    public func complete(
        output: consuming AssetWriter, keepingFrames: Bool? = nil
    ) throws -> Asset {
        let asset = try output.finish { [self] id, transaction, changes in
            try complete(
                output: id, keepingFrames: keepingFrames, in: transaction, changes)
        }
        abandon()
        try store.clearRemovals()
        return asset
    }

    /// Completes the job without an output of its own; otherwise like
    /// ``complete(output:keepingFrames:)``.
    public func complete(keepingFrames: Bool? = nil) throws {
        try store.committer.commit { [self] transaction, changes in
            try complete(
                output: nil, keepingFrames: keepingFrames, in: transaction, changes)
        }
        abandon()
        try store.clearRemovals()
    }

    private func complete(
        output: AssetID?, keepingFrames: Bool?, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws {
        var record = try fence(transaction, changes)
        record.state = .complete
        record.completedAt = .now()
        record.output = output
        try store.catalog.put(
            job, record, replacing: .processing, in: transaction, changes)
        try store.catalog.dropSegments(
            of: job, next: store.assetIDs.nextSequence(), in: transaction, changes)
        let retention =
            keepingFrames.map { $0 ? .all : .untilComplete } ?? record.description.retention
        switch retention {
        case .all: return
        case .untilComplete:
            try store.catalog.dropFrames(
                of: job, next: store.assetIDs.nextSequence(), in: transaction, changes)
        case .every, .last:
            try store.catalog.noteExcessFrames(of: job, in: transaction)
        }
    }

    /// Ends the attempt without a result: the job has failed and says why. Its frames stay.
    ///
    /// - Throws: ``AssetError/Code/cancelled``, ``AssetError/Code/staleAttempt``.
    public func fail(_ message: String) throws {
        try end(.error, message)
    }

    /// Ends the attempt without a result: the job waits for another attempt. Its frames stay.
    ///
    /// - Throws: like ``fail(_:)``.
    public func pause(_ reason: String?) throws {
        try end(.pending, reason)
    }

    /// Gives the right to work up without a word. A job that was not ended stays `processing`, as
    /// when its worker dies, and whoever asks sees that nobody works on it.
    package func abandon() { lock.withLock { $0 = nil } }

    private func end(_ state: JobState, _ message: String?) throws {
        let catalog = store.catalog
        try store.committer.commit { [self] transaction, changes in
            var record = try fence(transaction, changes)
            record.state = state
            record.error = message
            record.completedAt = state == .error ? .now() : nil
            try catalog.put(job, record, replacing: .processing, in: transaction, changes)
        }
        abandon()
    }

    /// Commits payloads for the job; when that fails, their ranges are given up.
    private func commit(
        _ payloads: [WrittenPayload], _ reservation: Reservation?,
        _ apply: @escaping @Sendable (borrowing WriteTransaction, ChangeSet) throws -> Void
    ) throws {
        do {
            try store.committer.commit(payloads: payloads, reservation: reservation, apply)
        } catch {
            store.abandon(payloads)
            reservation?.release()
            throw error
        }
    }

    /// The job's record, after checking that it is still ours to work on.
    func fence(
        _ transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws(AssetError) -> Job.Record {
        guard let record = try changes.job(job, in: transaction),
            try store.catalog.isAlive(record.project, in: transaction)
        else {
            throw AssetError(.cancelled, "job \(job) was removed")
        }
        // Nobody else knows of a staged job, and its state is that of another store.
        if published != nil { return record }
        if record.state == .cancelled {
            throw AssetError(.cancelled, "job \(job) was cancelled")
        }
        guard record.attempt == attempt else {
            throw AssetError(
                .staleAttempt, "job \(job) went on to attempt \(record.attempt) without this worker"
            )
        }
        guard record.state == .processing else {
            throw AssetError(
                .staleAttempt, "job \(job) is \(record.state.name); start it to work on it again")
        }
        return record
    }
}
