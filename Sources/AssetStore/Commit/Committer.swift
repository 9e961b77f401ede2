// What makes changes durable: two threads, one behind the other.
//
// Callers write payloads on their own threads and hand over what is to change in the catalog. The
// first thread takes all requests that wait and syncs the packs they wrote to; the second commits
// one catalog transaction for the whole group, while the first syncs the next one. Data before
// index, always. A caller that is alone does both itself: handing over would cost it two switches
// of threads.

internal import Basics
internal import LMDB

/// Commits changes in groups. Thread-safe.
final class Committer: Sendable {
    /// Changes the catalog. Runs on a thread that commits; it may run again when another request of
    /// its group fails, so it must depend on nothing but the transaction.
    typealias Change = @Sendable (borrowing WriteTransaction, ChangeSet) throws -> Void

    /// A change to the store.
    struct Request: Sendable {
        /// Payloads that become part of the store.
        var payloads: [WrittenPayload] = []
        /// What was reserved for it.
        var reservation: Reservation?
        /// Whether the record of its one payload says all that is to change, so that the change can
        /// be done again from it. Such a commit need not be flushed.
        var isReplayable = false
        /// Payloads that were written in vain.
        var abandoned: [WrittenPayload] = []
        /// What is to change in the catalog.
        var apply: Change
        /// Called once, on whichever thread finds out: durable, or why not. Must not block.
        var completion: @Sendable (Result<Void, any Error>) -> Void
    }

    private struct Queue {
        var requests: [Request] = []
        /// A group whose packs are synced.
        var synced: CommitGroup?
        var isSyncing = false
        /// How many requests are being committed; 0 when none are.
        var committingCount = 0
        /// How many requests the newest group had: whether callers come alone.
        var groupCount = 0
        /// How many groups of nothing but replayable requests came one after the other.
        var replayableCount = 0
        /// Whether there may be commits that are not flushed.
        var hasDeferred = false
        var threads: Threads?
        /// Whether the threads are to end when nothing waits.
        var isStopping = false

        /// Notes that a group is made, and in the group whether its commit need not be flushed.
        mutating func note(_ group: inout CommitGroup) {
            groupCount = group.requests.count
            replayableCount = group.isReplayable ? replayableCount + 1 : 0
            group.isDeferred = isDeferring
        }

        var isRunning: Bool { threads != nil }
        var isCommitting: Bool { committingCount > 0 }
        var isIdle: Bool { requests.isEmpty && synced == nil && !isSyncing && !isCommitting }

        /// Whether a group is to be made of what waits. While one is committed, not before as many
        /// wait: a commit that is flushed takes about as long whatever its size, and what is synced
        /// would only wait for it. So callers who come again and again share few commits, half of
        /// them each. One that is deferred takes the longer the more it has; then a few that wait
        /// will do, so that the disk and the processors work at the same time.
        var hasGroup: Bool {
            let enough =
                isDeferring ? min(committingCount, deferredEnoughCount) : committingCount
            return !requests.isEmpty && !isSyncing && synced == nil && requests.count >= enough
        }

        /// Whether commits of replayable groups need not be flushed.
        var isDeferring: Bool { replayableCount > flushedCount }
    }

    private struct Threads {
        var syncing: WorkerThread
        var committing: WorkerThread
    }

    private let target: CommitTarget
    private let queue = Monitor(Queue())

    /// The most requests of one group; bounds the memory of a transaction.
    private static let groupCountMax = 4096

    /// How many replayable groups are flushed before the next ones are deferred, which pays for many.
    private static let flushedCount = 2

    /// How many replayable requests are a group while another one is committed without a flush.
    private static let deferredEnoughCount = 8

    /// How long nobody commits before what was deferred is flushed.
    private static let idleSeconds = 0.1

    /// - Parameter onFreed: called after a commit that freed ranges of packs.
    init(catalog: Catalog, admission: Admission, onFreed: @escaping @Sendable () -> Void) {
        target = CommitTarget(catalog: catalog, admission: admission, onFreed: onFreed)
    }

    /// Starts the threads. Requests are refused before.
    func start() throws(AssetError) {
        let (queue, target) = (queue, target)
        // Before the threads look: they would end at once.
        queue.withLock { $0.isStopping = false }
        let syncing = try WorkerThread(name: "pack syncs") {
            while Self.syncNext(queue) {}
        }
        let committing: WorkerThread
        do throws(AssetError) {
            committing = try WorkerThread(name: "commits") {
                while Self.commitNext(queue, to: target) {}
            }
        } catch {
            queue.update { $0.isStopping = true }
            syncing.join()
            throw error
        }
        queue.update { $0.threads = Threads(syncing: syncing, committing: committing) }
    }

    /// Whether requests are taken.
    var isRunning: Bool { queue.withLock { $0.isRunning } }

    /// Whether nobody else writes now, and those before came alone.
    var isQuiet: Bool { queue.withLock { $0.isIdle && $0.groupCount <= 1 } }

    /// Hands a change over; its completion tells the outcome.
    func submit(_ request: Request) {
        let (isAccepted, isAwaited) = queue.withLock { queue in
            guard queue.isRunning else { return (false, false) }
            queue.requests.append(request)
            return (true, queue.hasGroup)
        }
        if !isAccepted { request.completion(.failure(AssetError.storeIsClosed)) }
        // A thread that works looks again when it is done.
        if isAwaited { queue.update { _ in } }
    }

    /// Commits a change and waits until it is durable.
    func commit(
        payloads: [WrittenPayload] = [], reservation: Reservation? = nil,
        isReplayable: Bool = false, abandoned: [WrittenPayload] = [],
        _ apply: @escaping @Sendable (borrowing WriteTransaction, ChangeSet) throws -> Void
    ) throws {
        let outcome = Delivery<Result<Void, any Error>>()
        let request = Request(
            payloads: payloads, reservation: reservation, isReplayable: isReplayable,
            abandoned: abandoned, apply: apply
        ) { outcome.deliver($0) }
        var group = CommitGroup(requests: [request])
        let isAlone = queue.withLock { queue in
            guard queue.isRunning, queue.isIdle, queue.groupCount <= 1 else { return false }
            (queue.isSyncing, queue.committingCount) = (true, 1)
            queue.note(&group)
            return true
        }
        if isAlone {
            group.synchronize()
            group.commit(to: target)
            let isAwaited = queue.withLock { queue in
                (queue.isSyncing, queue.committingCount) = (false, 0)
                let isFirst = group.isDeferred && !queue.hasDeferred
                if group.isDeferred { queue.hasDeferred = true }
                return isFirst || !queue.isIdle || queue.isStopping
            }
            // Waking the threads for nothing would cost as much as handing over to them.
            if isAwaited { queue.update { _ in } }
        } else {
            submit(request)
        }
        try outcome.wait().get()
    }

    /// Commits what is waiting, then ends the threads. Requests are refused until they are started
    /// again.
    func stop() {
        let stopped = queue.update { queue in
            queue.isStopping = true
            return queue.threads.take()
        }
        guard let stopped else { return }
        // The last reference to a store may go with a request that a thread is done with. What
        // waits is committed before the packs are given up.
        if stopped.committing.isCurrent {
            queue.update { $0.committingCount = 0 }
            while Self.commitNext(queue, to: target) {}
            stopped.committing.detach()
            stopped.syncing.join()
        } else if stopped.syncing.isCurrent {
            queue.update { $0.isSyncing = false }
            while Self.syncNext(queue) {}
            stopped.syncing.detach()
            stopped.committing.join()
        } else {
            stopped.syncing.join()
            stopped.committing.join()
        }
    }

    /// Syncs the packs of the next group; says whether there may be another.
    private static func syncNext(_ queue: Monitor<Queue>) -> Bool {
        let next = queue.wait { (queue) -> CommitGroup?? in
            guard queue.hasGroup else {
                return queue.isStopping && queue.requests.isEmpty && !queue.isSyncing
                    && queue.synced == nil ? .some(nil) : nil
            }
            var group = CommitGroup(requests: Array(queue.requests.prefix(groupCountMax)))
            queue.requests.removeFirst(group.requests.count)
            queue.isSyncing = true
            queue.note(&group)
            return group
        }
        guard var group = next else { return false }
        group.synchronize()
        queue.update { queue in
            queue.isSyncing = false
            queue.synced = group
        }
        return true
    }

    /// What the committing thread does next.
    private enum Turn {
        case commit(CommitGroup)
        case flush
        case end
    }

    /// Commits the next group whose packs are synced, or flushes what was deferred; says whether
    /// there may be more.
    private static func commitNext(_ queue: Monitor<Queue>, to target: CommitTarget) -> Bool {
        let turn = nextTurn(queue)
        // Whoever waits for the place of a synced group.
        queue.update { _ in }
        switch turn {
        case .commit(let group):
            group.commit(to: target)
            queue.update { queue in
                queue.committingCount = 0
                if group.isDeferred { queue.hasDeferred = true }
            }
        case .flush:
            flush(queue, target)
        case .end: return false
        }
        return true
    }

    private static func nextTurn(_ queue: Monitor<Queue>) -> Turn {
        func next(_ queue: inout Queue) -> Turn? {
            if queue.isCommitting { return nil }
            if let group = queue.synced.take() {
                queue.committingCount = group.requests.count
                return .commit(group)
            }
            return queue.isStopping && queue.isIdle ? .end : nil
        }
        while true {
            // Without anything to flush, the thread sleeps until it is woken.
            let turn = queue.wait { next(&$0) ?? ($0.hasDeferred ? .flush : nil) }
            guard case .flush = turn else { return turn }
            // Who commits alone does not wake this thread; so it looks whether anybody did meanwhile.
            let count = queue.withLock { $0.replayableCount }
            if let turn = queue.wait(seconds: idleSeconds, next) { return turn }
            if queue.withLock({ $0.replayableCount }) == count { return .flush }
        }
    }

    /// Flushes what was deferred. When that fails, whoever commits next is told.
    private static func flush(_ queue: Monitor<Queue>, _ target: CommitTarget) {
        let environment = target.catalog.environment
        do {
            if environment.hasDeferred { try environment.flushDeferred() }
            queue.withLock { $0.hasDeferred = environment.hasDeferred }
        } catch {
            queue.withLock { $0.hasDeferred = false }
        }
    }
}
