// Threads that may block, for tasks that must not: the cooperative pool has as many threads as the
// machine has cores, and a task that waits for a disk would take one of them from everybody.

internal import Basics

/// Runs blocking work for tasks, on threads of its own. Thread-safe.
///
/// Threads are started as they are needed and end when nothing came for a while.
final class BlockingThreads: Sendable {
    static let shared = BlockingThreads()

    fileprivate struct State {
        var waiting: [@Sendable () -> Void] = []
        var next = 0
        var threadCount = 0
        var idleCount = 0
    }

    private let state = Monitor(State())

    /// As many writers as make one well-filled group commit.
    private static let threadCountMax = 64
    private static let idleSeconds = 5.0

    /// Runs `body` on one of the threads.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before it begins; what `body`
    ///   throws.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            do {
                try submit { continuation.resume(with: Swift.Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private func submit(_ work: @escaping @Sendable () -> Void) throws(AssetError) {
        let needsThread = state.update { state in
            state.waiting.append(work)
            let isShort = state.waiting.count - state.next > state.idleCount
            guard isShort, state.threadCount < Self.threadCountMax else { return false }
            state.threadCount += 1
            return true
        }
        guard needsThread else { return }
        do throws(AssetError) {
            try WorkerThread(name: "blocking work") { [self] in serve() }.detach()
        } catch {
            let othersServe = state.withLock { state in
                state.threadCount -= 1
                if state.threadCount == 0 { state.waiting.removeLast() }
                return state.threadCount > 0
            }
            if !othersServe { throw error }
        }
    }

    private func serve() {
        while true {
            state.withLock { $0.idleCount += 1 }
            let work = state.wait(seconds: Self.idleSeconds) { state in
                state.take()
            }
            let isDone = state.withLock { state in
                state.idleCount -= 1
                guard work == nil else { return false }
                // Something may have come between the end of the wait and now.
                guard state.next == state.waiting.count else { return false }
                state.threadCount -= 1
                return true
            }
            if isDone { return }
            work?()
        }
    }
}

extension BlockingThreads.State {
    fileprivate mutating func take() -> (@Sendable () -> Void)? {
        guard next < waiting.count else { return nil }
        let work = waiting[next]
        next += 1
        if next == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            next = 0
        }
        return work
    }
}
