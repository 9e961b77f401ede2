// Doing many small things at once, each in a directory of its own.

/// Numbers handed out to threads, until they are all done or one of them finds something.
final class Slots: Sendable {
    private struct State {
        var next: Int
        var doneCount = 0
        var failure: (any Error)?
        var isStopped = false
    }

    private let state: Lock<State>
    private let last: Int

    private init(_ range: ClosedRange<Int>) {
        state = Lock(State(next: range.lowerBound))
        last = range.upperBound
    }

    /// Calls `body` with each number, on some threads at once; the slot tells them apart.
    ///
    /// - Parameter isOver: asked now and then with how many are done; true to begin no more.
    /// - Returns: how many were done.
    /// - Throws: the first error of any; the others end first.
    static func run(
        _ range: ClosedRange<Int>, at once: Int, isOver: (Int) -> Bool,
        body: @escaping (_ number: Int, _ slot: Int) throws -> Void
    ) throws -> Int {
        let slots = Slots(range)
        let running = Lock(once)
        var threads: [Thread] = []
        for slot in 0..<once {
            threads.append(
                try Thread {
                    while let number = slots.take() {
                        do {
                            try body(number, slot)
                            slots.state.withLock { $0.doneCount += 1 }
                        } catch {
                            slots.state.withLock {
                                $0.failure = $0.failure ?? error
                                $0.isStopped = true
                            }
                        }
                    }
                    running.withLock { $0 -= 1 }
                })
        }
        while running.withLock({ $0 }) > 0 {
            pause(seconds: 0.02)
            if isOver(slots.state.withLock { $0.doneCount }) {
                slots.state.withLock { $0.isStopped = true }
            }
        }
        for thread in threads { thread.join() }
        return try slots.state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.doneCount
        }
    }

    private func take() -> Int? {
        state.withLock { state in
            guard !state.isStopped, state.next <= last else { return nil }
            state.next += 1
            return state.next - 1
        }
    }
}
