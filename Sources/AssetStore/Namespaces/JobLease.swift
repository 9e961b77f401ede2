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
    public let attempt: UInt64
    private let lock: Mutex<ByteLock?>

    init(store: Store, job: JobID, attempt: UInt64, lock: ByteLock) {
        self.store = store
        self.job = job
        self.attempt = attempt
        self.lock = Mutex(lock)
    }

    /// Stores a segment, an encoded piece of the job's result, durably. One that is there already
    /// is replaced.
    ///
    /// - Parameters:
    ///   - track: which stream the segment belongs to; the caller's own numbering.
    ///   - index: the segment's place in its track.
    /// - Throws: ``AssetError/Code/invalidArgument`` when there can be no such segment, or it is
    ///   longer than ``Limits/recordByteCountMax``.
    public func putSegment(track: UInt8, index: Int, _ bytes: RawSpan) throws {
        guard let number = UInt32(exactly: index), bytes.byteCount <= Limits.recordByteCountMax
        else {
            throw AssetError(
                .invalidArgument, "segment \(index) of \(bytes.byteCount) bytes can't be stored")
        }
        try store.admit(bytes.byteCount)
        let key = SegmentKey(job: job, track: track, index: number)
        let payload = try store.writePayload(
            bytes, owner: RecordOwner(key), namespace: .jobs)
        let (catalog, location) = (store.catalog, payload.location)
        try commit([payload]) { [self] transaction in
            let project = try fence(transaction).description.project
            if let old = try transaction.get(catalog.segments, key) {
                try catalog.release(old.location, in: transaction)
                try catalog.count(
                    -old.location.usage(count: 0), project: project, namespace: .jobs,
                    in: transaction)
            }
            try transaction.put(catalog.segments, key, PayloadRecord(location: location))
            try catalog.count(
                location.usage(count: 0), project: project, namespace: .jobs, in: transaction)
        }
    }

    /// Finishes `output` and completes the job with it, in one transaction; then removes the
    /// job's segments and, unless they are to be kept, its frames.
    public func complete(output: consuming AssetWriter, keepingFrames: Bool) throws -> Asset {
        let catalog = store.catalog
        let asset = try output.finish { [self] id, transaction in
            var record = try fence(transaction)
            record.state = .complete
            record.completedAt = .now()
            record.output = id
            try catalog.put(job, record, replacing: .processing, in: transaction)
        }
        try store.removeIntermediates(of: job, keepingFrames: keepingFrames)
        abandon()
        return asset
    }

    /// Ends the attempt without a result: the job has failed and says why.
    public func fail(_ message: String) throws {
        try end(.error, message)
    }

    /// Ends the attempt without a result: the job waits for another attempt.
    public func pause(_ reason: String?) throws {
        try end(.pending, reason)
    }

    /// Gives the right to work up without a word. A job that was not ended stays `processing`, as
    /// when its worker dies, and whoever asks sees that nobody works on it.
    package func abandon() { lock.withLock { $0 = nil } }

    private func end(_ state: JobState, _ message: String?) throws {
        let catalog = store.catalog
        try store.committer.commit { [self] transaction in
            var record = try fence(transaction)
            record.state = state
            record.error = message
            record.completedAt = state == .error ? .now() : nil
            try catalog.put(job, record, replacing: .processing, in: transaction)
        }
        abandon()
    }

    /// Commits payloads for the job; when that fails, their ranges are given up.
    private func commit(
        _ payloads: [WrittenPayload],
        _ apply: @escaping @Sendable (borrowing WriteTransaction) throws -> Void
    ) throws {
        do {
            try store.committer.commit(payloads: payloads, apply)
        } catch {
            store.abandon(payloads)
            throw error
        }
    }

    /// The job's record, after checking that it is still ours to work on.
    func fence(_ transaction: borrowing WriteTransaction) throws(AssetError) -> Job.Record {
        guard let record = try transaction.get(store.catalog.jobs, job) else {
            throw AssetError(.cancelled, "job \(job) was removed")
        }
        if record.state == .cancelled {
            throw AssetError(.cancelled, "job \(job) was cancelled")
        }
        guard record.attempt == attempt, record.state == .processing else {
            throw AssetError(
                .staleAttempt, "job \(job) went on to attempt \(record.attempt) without this worker"
            )
        }
        return record
    }
}
