// Giving disk blocks back without being asked: a thread of the process that frees them.

internal import Basics

/// The thread that gives disk blocks back when something was removed. Thread-safe.
///
/// It sleeps until the committer says that ranges were freed, waits a moment for more, clears away
/// what was removed, and punches what nobody can see any more. What readers still see it tries
/// again later, less and less often.
final class BackgroundReclaim: Sendable {
    private struct State {
        var thread: WorkerThread?
        var isStopping = false
        /// Whether there is something to do.
        var isDue = false
        var failure: (any Error)?
    }

    private let state = Monitor(State())

    /// How long to wait for more before beginning.
    private static let gatheringSeconds = 0.25
    private static let retrySeconds = 1.0...60.0

    /// Why the last round failed; `nil` when it did not.
    var failure: (any Error)? { state.withLock { $0.failure } }

    /// Starts the thread. The first round looks for what earlier processes left.
    func start(_ store: Store) throws(AssetError) {
        state.update { $0 = State(isDue: true) }
        let state = state
        // Not the store itself: it would never go away.
        let work = Work(store)
        let thread = try WorkerThread(name: "reclaim") { Self.run(work, state) }
        state.withLock { $0.thread = thread }
    }

    /// Says that something was freed.
    func noteFreed() { state.update { $0.isDue = true } }

    /// Ends the thread, in the middle of a round if need be.
    func stop() {
        let thread = state.update { state in
            state.isStopping = true
            return state.thread.take()
        }
        guard let thread else { return }
        if thread.isCurrent { thread.detach() } else { thread.join() }
    }

    private final class Work: Sendable {
        private let store: Monitor<Weak>
        private struct Weak { weak var store: Store? }
        init(_ store: Store) { self.store = Monitor(Weak(store: store)) }
        var current: Store? { store.withLock { $0.store } }
    }

    private static func run(_ work: Work, _ state: Monitor<State>) {
        var pause = retrySeconds.lowerBound
        // What a writer left that was killed in the middle of a long asset is freed by nobody.
        var scope = ReclaimScope.everything
        while true {
            let isStopping = state.wait { $0.isStopping ? true : $0.isDue ? false : nil }
            if isStopping || isStopped(within: gatheringSeconds, state) { return }
            state.withLock { $0.isDue = false }
            var isUnfinished = false
            do {
                guard let store = work.current else { return }
                let isCancelled = { state.withLock { $0.isStopping } }
                try store.clearRemovals(isCancelled: isCancelled)
                let report = try store.reclaim(scope, isCancelled: isCancelled)
                scope = .freed
                isUnfinished = report.waitingByteCount > 0
                state.withLock { $0.failure = nil }
            } catch let error as AssetError where error.code == .cancelled {
                return
            } catch let error as AssetError where error.code == .busy {
                isUnfinished = true
            } catch {
                // The next round, after the next removal, may fare better.
                state.withLock { $0.failure = error }
            }
            guard isUnfinished else {
                pause = retrySeconds.lowerBound
                continue
            }
            if isStopped(within: pause, state) { return }
            pause = min(2 * pause, retrySeconds.upperBound)
            state.withLock { $0.isDue = true }
        }
    }

    private static func isStopped(within seconds: Double, _ state: Monitor<State>) -> Bool {
        state.wait(seconds: seconds) { $0.isStopping ? true : nil } ?? false
    }
}
