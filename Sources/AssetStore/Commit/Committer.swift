// The one thread that makes changes durable.
//
// Callers write payloads on their own threads and hand over what is to change in the catalog. The
// committer takes all requests that wait, syncs the packs they wrote to, and commits one catalog
// transaction for the whole group: one pair of flushes, however many callers. Data before index,
// always.

internal import Basics
internal import Dispatch
internal import LMDB

/// Commits changes in groups. Thread-safe.
final class Committer: Sendable {
    /// A change to the store.
    struct Request: Sendable {
        /// Payloads that become part of the store.
        var payloads: [WrittenPayload] = []
        /// What was reserved for it.
        var reservation: Reservation?
        /// Payloads that were written in vain.
        var abandoned: [WrittenPayload] = []
        /// Changes the catalog. Runs on the committer's thread; it may run again when another
        /// request of its group fails, so it must depend on nothing but the transaction.
        var apply: @Sendable (borrowing WriteTransaction, ChangeSet) throws -> Void
        /// Called once, on the committer's thread: durable, or why not.
        var completion: @Sendable (Result<Void, any Error>) -> Void
    }

    private struct Queue {
        var requests: [Request] = []
        var thread: WorkerThread?
        var isRunning: Bool { thread != nil }
        /// Whether the thread is to end when nothing waits.
        var isStopping = false
    }

    private let catalog: Catalog
    private let admission: Admission
    private let onFreed: @Sendable () -> Void
    private let queue = Monitor(Queue())

    /// The most requests of one group; bounds the memory of a transaction.
    private static let groupCountMax = 4096

    /// - Parameter onFreed: called after a commit that freed ranges of packs.
    init(catalog: Catalog, admission: Admission, onFreed: @escaping @Sendable () -> Void) {
        self.catalog = catalog
        self.onFreed = onFreed
        self.admission = admission
    }

    /// Starts the thread. Requests are refused before.
    func start() throws(AssetError) {
        let (queue, catalog, admission, onFreed) = (queue, catalog, admission, onFreed)
        // Before the thread looks: it would end at once.
        queue.withLock { $0.isStopping = false }
        let thread = try WorkerThread(name: "committer") {
            while let group = Self.nextGroup(queue) {
                Self.commit(group, to: catalog, admission, onFreed)
            }
        }
        queue.update { $0.thread = thread }
    }

    /// Whether requests are taken.
    var isRunning: Bool { queue.withLock { $0.isRunning } }

    /// Hands a change over; its completion tells the outcome.
    func submit(_ request: Request) {
        let isAccepted = queue.update { queue in
            if queue.isRunning { queue.requests.append(request) }
            return queue.isRunning
        }
        guard isAccepted else {
            request.completion(.failure(AssetError.storeIsClosed))
            return
        }
    }

    /// Commits a change and waits until it is durable.
    func commit(
        payloads: [WrittenPayload] = [], reservation: Reservation? = nil,
        abandoned: [WrittenPayload] = [],
        _ apply: @escaping @Sendable (borrowing WriteTransaction, ChangeSet) throws -> Void
    ) throws {
        let outcome = Outcome()
        submit(
            Request(
                payloads: payloads, reservation: reservation, abandoned: abandoned, apply: apply
            ) { outcome.set($0) })
        try outcome.wait()
    }

    /// Commits what is waiting, then ends the thread. Requests are refused until it is started
    /// again.
    func stop() {
        let stopped = queue.update { queue in
            queue.isStopping = true
            return queue.thread.take()
        }
        guard let stopped else { return }
        guard stopped.isCurrent else { return stopped.join() }
        // The last reference to a store went with a request that the thread is done with. What
        // waits is committed before the packs are given up.
        while let group = Self.nextGroup(queue) {
            Self.commit(group, to: catalog, admission, onFreed)
        }
        stopped.detach()
    }

    private static func nextGroup(_ queue: Monitor<Queue>) -> [Request]? {
        queue.wait { (queue) -> [Request]?? in
            if queue.requests.isEmpty { return queue.isStopping ? .some(nil) : nil }
            let group = Array(queue.requests.prefix(groupCountMax))
            queue.requests.removeFirst(group.count)
            return group
        }
    }

    /// Commits a group. A request that fails is taken out, and the others are tried again: nobody
    /// suffers for another's error.
    private static func commit(
        _ group: [Request], to catalog: Catalog, _ admission: Admission,
        _ onFreed: () -> Void
    ) {
        var remaining = synchronize(group)
        while !remaining.isEmpty {
            var failed: (index: Int, error: any Error)?
            var committing: [Reservation] = []
            do {
                let hasFreed = try catalog.change { transaction, changes in
                    for (index, request) in remaining.enumerated() {
                        do {
                            try apply(request, catalog, transaction, changes)
                        } catch {
                            failed = (index, error)
                            throw error
                        }
                    }
                    try advancePacks(of: remaining, catalog, transaction)
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
                if hasFreed { onFreed() }
                return
            } catch {
                try? admission.endCommit(committing, isCommitted: false)
                guard let (index, error) = failed else {
                    for request in remaining { request.completion(.failure(error)) }
                    return
                }
                remaining.remove(at: index).completion(.failure(error))
            }
        }
    }

    /// Syncs the packs of a group; requests whose pack can't be synced fail and drop out.
    private static func synchronize(_ group: [Request]) -> [Request] {
        var failures: [PackID: any Error] = [:]
        var synchronized: Set<PackID> = []
        for request in group {
            for payload in request.payloads where synchronized.insert(payload.pack.id).inserted {
                do {
                    try payload.pack.synchronize()
                } catch {
                    failures[payload.pack.id] = error
                }
            }
        }
        if failures.isEmpty { return group }
        return group.filter { request in
            guard let error = request.payloads.lazy.compactMap({ failures[$0.pack.id] }).first
            else { return true }
            request.completion(.failure(error))
            return false
        }
    }

    private static func apply(
        _ request: Request, _ catalog: Catalog, _ transaction: borrowing WriteTransaction,
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
        of group: [Request], _ catalog: Catalog, _ transaction: borrowing WriteTransaction
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

/// A result that one thread waits for and another delivers, once.
final class Outcome: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let result = Monitor<Result<Void, any Error>?>(nil)

    func set(_ result: Result<Void, any Error>) {
        self.result.withLock { $0 = result }
        semaphore.signal()
    }

    func wait() throws {
        semaphore.wait()
        try result.withLock { $0 }?.get()
    }
}
