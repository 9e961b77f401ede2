// Doing the same to many things on many threads, until an error or an interrupt.

internal import Basics
internal import Synchronization

/// A loop whose steps run on several threads, begun in order.
struct ParallelLoop: Sendable {
    /// Threads, at most one per step.
    let threadCount: Int
    let interrupt: Interrupt

    private struct State {
        var next = 0
        var doneCount = 0
        var failure: (any Error)?
    }

    /// Runs `step` for every number below `count`, each thread with tools of its own. Once a step
    /// fails or the user interrupts, no other is begun; those that have begun end.
    ///
    /// - Returns: how many steps were done: all, unless the user interrupted.
    /// - Throws: the first error of `makeTools` or a step.
    func run<Tools>(
        _ count: Int, tools makeTools: @escaping @Sendable () throws -> Tools,
        step: @escaping @Sendable (Tools, Int) throws -> Void
    ) throws -> Int {
        let state = Mutex(State())
        let work: @Sendable () -> Void = { [interrupt] in
            do {
                let tools = try makeTools()
                while !interrupt.isRequested {
                    let number = state.withLock { state -> Int? in
                        guard state.failure == nil, state.next < count else { return nil }
                        defer { state.next += 1 }
                        return state.next
                    }
                    guard let number else { return }
                    try step(tools, number)
                    state.withLock { $0.doneCount += 1 }
                }
            } catch {
                state.withLock { state in
                    if state.failure == nil { state.failure = error }
                }
            }
        }
        var threads: [WorkerThread] = []
        let started = Result { () throws(AssetError) in
            for number in 1..<max(1, min(threadCount, count)) {
                threads.append(try WorkerThread(name: "work \(number)", work))
            }
        }
        // This thread does its part, too.
        work()
        for thread in threads { thread.join() }
        try started.get()
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.doneCount
        }
    }
}
