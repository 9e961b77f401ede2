// Requests that become durable together: their packs synced once, one catalog transaction for all.

internal import Basics
internal import LMDB

/// Where groups are committed to.
struct CommitTarget: Sendable {
    let catalog: Catalog
    let admission: Admission
    /// Called after a commit that freed ranges of packs.
    let onFreed: @Sendable () -> Void
}

/// Requests on their way into the catalog.
struct CommitGroup: Sendable {
    var requests: [Committer.Request]
    /// Whether the catalog need not be flushed, if what is committed follows what was committed before
    /// in its pack without a gap: then it is found there again.
    var isDeferred = false

    /// Whether the records of its payloads say all that it changes.
    var isReplayable: Bool { requests.allSatisfy { $0.isReplayable && $0.payloads.count == 1 } }

    /// Commits a group. A request that fails is taken out, and the others are tried again: nobody
    /// suffers for another's error.
    func commit(to target: CommitTarget) {
        let (catalog, admission) = (target.catalog, target.admission)
        var remaining = requests
        var pack = isDeferred ? (try? packToFollow(in: catalog)) ?? nil : nil
        while !remaining.isEmpty {
            var failed: (index: Int, error: any Error)?
            var committing: [Reservation] = []
            do {
                let hasFreed = try catalog.change(knownFrom: pack) { transaction, changes in
                    for (index, request) in remaining.enumerated() {
                        do {
                            try Self.apply(request, catalog, transaction, changes)
                        } catch {
                            failed = (index, error)
                            throw error
                        }
                    }
                    try Self.advancePacks(of: remaining, catalog, transaction)
                    let reservations = remaining.compactMap(\.reservation)
                    try admission.beginCommit(reservations, transaction.number)
                    committing = reservations
                    return changes.freedCount > 0
                }
                // Should it fail, others take for reserved what is used, until the next change.
                try? admission.endCommit(committing, isCommitted: true)
                for request in remaining {
                    for payload in request.payloads + request.abandoned { payload.pack.settle() }
                    request.completion(.success(()))
                }
                if hasFreed { target.onFreed() }
                return
            } catch {
                try? admission.endCommit(committing, isCommitted: false)
                guard let (index, error) = failed else {
                    for request in remaining { request.completion(.failure(error)) }
                    return
                }
                remaining.remove(at: index).completion(.failure(error))
                // It leaves a gap behind the committed part.
                pack = nil
            }
        }
    }

    /// Syncs the packs of the group; requests whose pack can't be synced fail and drop out.
    mutating func synchronize() {
        var failures: [PackID: any Error] = [:]
        var synchronized: Set<PackID> = []
        for request in requests {
            for payload in request.payloads where synchronized.insert(payload.pack.id).inserted {
                do {
                    try payload.pack.synchronize()
                } catch {
                    failures[payload.pack.id] = error
                }
            }
        }
        if failures.isEmpty { return }
        requests.removeAll { request in
            guard let error = request.payloads.lazy.compactMap({ failures[$0.pack.id] }).first
            else { return false }
            request.completion(.failure(error))
            return true
        }
    }

    /// The pack of all payloads, if they lie one behind the other where the committed part of the pack
    /// ends. Nobody else commits to the pack meanwhile.
    private func packToFollow(in catalog: Catalog) throws -> PackID? {
        guard isReplayable else { return nil }
        let locations = requests.map { $0.payloads[0].location }
            .sorted { $0.extent.offset < $1.extent.offset }
        guard let pack = locations.first?.extent.pack,
            let record = try catalog.environment.read({ try $0.get(catalog.packs, pack) })
        else { return nil }
        var end = record.committedEnd
        for location in locations {
            guard location.extent == ExtentKey(pack: pack, offset: end) else { return nil }
            end += location.recordByteCount
        }
        return pack
    }

    private static func apply(
        _ request: Committer.Request, _ catalog: Catalog, _ transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws {
        try request.apply(transaction, changes)
        for payload in request.payloads {
            try catalog.claim(payload.location, for: payload.owner, in: transaction)
        }
        for payload in request.abandoned {
            changes.free(
                payload.location.extent, byteCount: payload.location.recordByteCount)
        }
    }

    /// Moves the committed ends of the packs past what the group wrote.
    private static func advancePacks(
        of group: [Committer.Request], _ catalog: Catalog, _ transaction: borrowing WriteTransaction
    ) throws {
        var ends: [PackID: UInt64] = [:]
        for request in group {
            for payload in request.payloads + request.abandoned {
                let end = payload.location.extent.offset + payload.location.recordByteCount
                ends[payload.pack.id] = max(ends[payload.pack.id] ?? 0, end)
            }
        }
        for (pack, end) in ends {
            guard var record = try transaction.get(catalog.packs, pack) else {
                throw AssetError(.damaged, "the record of pack \(pack) is gone")
            }
            record.committedEnd = max(record.committedEnd, end)
            record.isSwept = false
            try transaction.put(catalog.packs, pack, record)
        }
    }
}
