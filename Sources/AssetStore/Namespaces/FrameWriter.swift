// Streaming frames in: many threads write, one commit serves them all.

internal import Basics
internal import LMDB

/// What a stored frame is.
public struct FrameFacts: Equatable, Sendable {
    /// The codec's number; the store keeps it and does not interpret it.
    public var codec: UInt8
    /// Pixels.
    public var width: Int
    /// Pixels.
    public var height: Int

    public init(codec: UInt8, width: Int, height: Int) {
        self.codec = codec
        self.width = width
        self.height = height
    }
}

/// Stores frames of one job, acknowledged early. Thread-safe.
///
/// ``append(_:_:_:)`` returns when the frame is on its way; a crash may lose the last fraction of
/// a second of frames, but never leaves half of one. ``flush()`` waits until all are durable. An
/// error of any frame is thrown by the next call.
public final class FrameWriter: Sendable {
    private let lease: JobLease
    private let state: Monitor<State>

    private struct State {
        /// Frames that are written but not durable.
        var pendingCount = 0
        var pendingByteCount = 0
        var failure: (any Error)?
    }

    /// How much may be on its way: what bounds the loss of a crash, and the disk cache's debt.
    private static let pendingCountMax = 64
    private static let pendingByteCountMax = 32 << 20

    public init(_ lease: JobLease) {
        self.lease = lease
        state = Monitor(State())
    }

    /// Stores frame `index`, in any order. One that is there already is replaced. Blocks while too
    /// much is on its way.
    ///
    /// - Parameter onDurable: called once the frame is durable, before ``flush()`` returns, on a
    ///   thread that commits: it must not block, nor call the store.
    /// - Throws: ``AssetError/Code/invalidArgument`` when there can be no such frame; this or an
    ///   earlier frame's error: ``AssetError/Code/diskFull``,
    ///   ``AssetError/Code/quotaExceeded``, ``AssetError/Code/cancelled``,
    ///   ``AssetError/Code/staleAttempt``, ``AssetError/Code/io``.
    public func append(
        _ index: Int, _ facts: FrameFacts, _ bytes: RawSpan,
        onDurable: @escaping @Sendable () -> Void = {}
    ) throws {
        guard index >= 0, bytes.byteCount <= Limits.recordByteCountMax,
            Limits.frameSide.contains(facts.width), Limits.frameSide.contains(facts.height)
        else {
            throw AssetError(
                .invalidArgument,
                "frame \(index) of \(facts.width)×\(facts.height) pixels and "
                    + "\(bytes.byteCount) bytes can't be stored")
        }
        let byteCount = bytes.byteCount
        try state.wait { (state) -> Void? in
            if let failure = state.failure { throw failure }
            guard
                state.pendingCount == 0
                    || state.pendingCount < Self.pendingCountMax
                        && state.pendingByteCount + byteCount <= Self.pendingByteCountMax
            else { return nil }
            state.pendingCount += 1
            state.pendingByteCount += byteCount
            return ()
        }
        do {
            let key = FrameKey(sequence: lease.framesID, index: UInt64(index))
            var reservation: Reservation?
            let payload = try lease.store.writePayload(
                bytes, owner: RecordOwner(key), namespace: .frames,
                description: .frame(
                    lease.published?.job ?? lease.job, facts,
                    project: lease.published?.project ?? lease.project)
            ) { byteCount in
                reservation = try lease.store.admission.reserve(
                    byteCount, project: lease.project)
            }
            submit(payload, reservation, key, facts, onDurable)
        } catch {
            settle(byteCount, .failure(error))
            throw error
        }
    }

    /// Throws the first error of any frame appended before, without waiting.
    public func check() throws {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
        }
    }

    /// Waits until every frame appended before is durable, and those who wanted to know were told,
    /// or has failed.
    ///
    /// - Throws: the first error of any of them.
    public func flush() throws {
        try state.wait { (state) -> Void? in
            guard state.pendingCount == 0 else { return nil }
            if let failure = state.failure { throw failure }
            return ()
        }
    }

    private func submit(
        _ payload: WrittenPayload, _ reservation: Reservation?, _ key: FrameKey,
        _ facts: FrameFacts,
        _ onDurable: @escaping @Sendable () -> Void
    ) {
        let (lease, catalog, location) = (lease, lease.store.catalog, payload.location)
        lease.store.committer.submit(
            Committer.Request(payloads: [payload], reservation: reservation) {
                transaction, changes in
                _ = try lease.fence(transaction, changes)
                try catalog.put(
                    key,
                    FrameRecord(
                        codec: facts.codec, width: UInt32(facts.width),
                        height: UInt32(facts.height), location: location),
                    of: lease.job, in: transaction, changes)
                if lease.published == nil {
                    changes.note(ChangeRecord(.updated, .frames(lease.job)))
                }
            } completion: { [self] result in
                switch result {
                // First, so that all who are to be told were told when ``flush()`` returns.
                case .success: onDurable()
                case .failure:
                    lease.store.abandon([payload])
                    reservation?.release()
                }
                settle(Int(location.byteCount), result)
            })
    }

    private func settle(_ byteCount: Int, _ result: Result<Void, any Error>) {
        state.update { state in
            state.pendingCount -= 1
            state.pendingByteCount -= byteCount
            if case .failure(let error) = result, state.failure == nil { state.failure = error }
        }
    }
}

extension Catalog {
    /// Enters a frame and its counters, replacing one that is there.
    fileprivate func put(
        _ key: FrameKey, _ record: FrameRecord, of job: JobID,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws(AssetError) {
        var change = record.location.usage(count: 1)
        if let old = try transaction.get(frames, key) {
            try release(old.location, in: transaction, changes)
            change = change + -old.location.usage(count: 1)
        }
        try transaction.put(frames, key, record)
        var sequence = try changes.sequence(of: job, in: transaction)
        sequence.frames = sequence.frames + change
        try changes.setSequence(of: job, sequence, in: transaction)
        try changes.countBoth(change, sequence.project, .frames, in: transaction)
    }
}
