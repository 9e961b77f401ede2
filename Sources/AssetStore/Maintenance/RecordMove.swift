// Moving records of packs to another place, many in one commit.

internal import Basics
internal import LMDB

/// Moves records, acknowledged together. Thread-safe.
final class RecordMove: Sendable {
    private struct State {
        var pendingCount = 0
        var pendingByteCount = 0
        var movedRecordCount = 0
        var movedByteCount = 0
        var failure: (any Error)?
    }

    /// The payload is not any more where it was: it was removed, or replaced.
    private struct Outrun: Error {}

    private let store: Store
    private let state = Monitor(State())

    /// What may be on its way to the disk.
    private static let pendingCountMax = 1024
    private static let pendingByteCountMax = 32 << 20

    init(_ store: Store) { self.store = store }

    /// Moves a record, whose place is that of a snapshot that is held meanwhile. Blocks while too
    /// much is on its way.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when the record is; it stays then.
    func callAsFunction(
        _ location: PayloadLocation, _ owner: RecordOwner, _ namespace: Namespace
    ) throws {
        let byteCount = Int(location.recordByteCount)
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
            try store.packReader.verify(location, owner: owner, namespace: namespace)
            let written = try store.packReader.withRecord(at: location) { stored, description in
                let record = PackedRecord(
                    stored, location.packing, byteCount: Int(location.byteCount), owner: owner,
                    namespace: namespace, description: Self.description(ofCopy: description))
                return try store.packs.write(record, stored)
            }
            submit(written, from: location)
        } catch let failure as Packs.WriteFailure {
            store.abandon([failure.payload])
            settle(byteCount, .failure(failure.error), isMoved: false)
            throw failure.error
        } catch {
            settle(byteCount, .success(()), isMoved: false)
            throw error
        }
    }

    /// What to write behind a copy. What it is of may be removed before the copy is entered, so nobody
    /// may enter it by what it says.
    private static func description(ofCopy description: [UInt8]) -> [UInt8] {
        // One that can't be read is nothing to go by; it stays as it is.
        guard !description.isEmpty,
            case .asset(let id, let project, let record, isReplayable: true)? =
                try? unsafe RecordDescription(decoding: description.span.bytes)
        else { return description }
        return RecordDescription.asset(id, project: project, record, isReplayable: false).encoded()
    }

    /// Waits until all that is on its way is durable or has failed.
    func finish() {
        state.wait { $0.pendingCount == 0 ? () : nil }
    }

    /// Throws the first error of any record.
    func check() throws {
        try state.withLock { if let failure = $0.failure { throw failure } }
    }

    var movedRecordCount: Int { state.withLock { $0.movedRecordCount } }
    var movedByteCount: Int { state.withLock { $0.movedByteCount } }

    private func submit(_ written: WrittenPayload, from old: PayloadLocation) {
        let (store, catalog) = (store, store.catalog)
        let request = Committer.Request(payloads: [written]) { transaction, changes in
            guard
                try catalog.move(
                    written.owner, from: old, to: written.location, in: transaction, changes)
            else { throw Outrun() }
        } completion: { [self] result in
            let byteCount = Int(old.recordByteCount)
            switch result {
            case .success: settle(byteCount, result, isMoved: true)
            case .failure(let error):
                store.abandon([written])
                settle(byteCount, error is Outrun ? .success(()) : result, isMoved: false)
            }
        }
        store.committer.submit(request)
    }

    private func settle(
        _ byteCount: Int, _ result: Result<Void, any Error>, isMoved: Bool
    ) {
        state.update { state in
            state.pendingCount -= 1
            state.pendingByteCount -= byteCount
            if isMoved {
                state.movedRecordCount += 1
                state.movedByteCount += byteCount
            }
            if case .failure(let error) = result, state.failure == nil { state.failure = error }
        }
    }
}

extension Catalog {
    /// Makes another place that of an owner's payload, if it is still at the old one; says whether
    /// it was.
    fileprivate func move(
        _ owner: RecordOwner, from old: PayloadLocation, to new: PayloadLocation,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws(AssetError) -> Bool {
        guard try payload(of: owner, in: transaction).0 == old else { return false }
        let sequence = SequenceID(high: owner.high, low: owner.low)
        switch owner.kind {
        case .part:
            let content = ContentID(high: owner.high, low: owner.low)
            if owner.index == 0 {
                guard var record = try transaction.get(contents, content) else { return false }
                record.firstPart = new
                try transaction.put(contents, content, record)
            } else {
                try transaction.put(
                    parts,
                    PartKey(content: content, part: UInt32(truncatingIfNeeded: owner.index)),
                    PayloadRecord(location: new))
            }
        case .frame:
            let key = FrameKey(sequence: sequence, index: owner.index)
            guard var record = try transaction.get(frames, key) else { return false }
            record.location = new
            try transaction.put(frames, key, record)
        case .segment:
            try transaction.put(
                segments,
                SegmentKey(
                    sequence: sequence, track: owner.track,
                    index: UInt32(truncatingIfNeeded: owner.index)),
                PayloadRecord(location: new))
        }
        try release(old, in: transaction, changes)
        return true
    }
}
