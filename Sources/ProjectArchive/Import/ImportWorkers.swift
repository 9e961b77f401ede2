// Several threads store at once, so that what one waits for, the others' commits carry along.

internal import Basics

/// Threads that run tasks, of which a bounded number waits. Thread-safe.
final class ImportWorkers: Sendable {
    /// Something to do; it is given memory for content that the thread uses again and again.
    typealias Task = @Sendable (inout ZipContent) throws -> Void

    private struct State {
        var tasks: [Task] = []
        /// Tasks that wait or run.
        var openCount = 0
        var failure: (any Error)?
        var isEnding = false
    }

    private let state: Monitor<State>
    private let threads: [WorkerThread]

    /// How many threads there are. Each has a part of an asset in memory, perhaps twice.
    private static let threadCount = 4
    /// A task may bring a line of a manifest with 2 MiB of text.
    private static let waitingCountMax = 12

    init() throws(AssetError) {
        let state = Monitor(State())
        self.state = state
        var threads: [WorkerThread] = []
        for _ in 0..<Self.threadCount {
            do throws(AssetError) {
                threads.append(try WorkerThread(name: "import") { Self.run(state) })
            } catch {
                // With fewer it takes longer.
                if threads.isEmpty { throw error }
            }
        }
        self.threads = threads
    }

    /// Adds a task. Blocks while many wait.
    ///
    /// - Throws: what a task threw, after which none is run any more.
    func add(_ task: @escaping Task) throws {
        try state.wait { state -> Void? in
            if let failure = state.failure { throw failure }
            return state.tasks.count < Self.waitingCountMax ? () : nil
        }
        state.update { state in
            state.tasks.append(task)
            state.openCount += 1
        }
    }

    /// Waits until all tasks are done.
    ///
    /// - Throws: what a task threw.
    func drain() throws {
        try state.wait { state -> Void? in
            guard state.openCount == 0 else { return nil }
            if let failure = state.failure { throw failure }
            return ()
        }
    }

    /// Ends the threads; tasks that wait are not run.
    func stop() {
        state.update { state in
            state.isEnding = true
            state.openCount -= state.tasks.count
            state.tasks = []
        }
        for thread in threads { thread.join() }
    }

    private static func run(_ state: Monitor<State>) {
        var content = ZipContent()
        while let task = next(state) {
            var failure: (any Error)?
            do {
                try task(&content)
            } catch {
                failure = error
            }
            state.update { state in
                state.openCount -= 1
                guard let failure else { return }
                state.failure = state.failure ?? failure
                state.openCount -= state.tasks.count
                state.tasks = []
            }
        }
    }

    /// The task that waited longest; `nil` at the end.
    private static func next(_ state: Monitor<State>) -> Task? {
        while true {
            let isEnding = state.wait { $0.isEnding ? true : $0.tasks.isEmpty ? nil : false }
            if isEnding { return nil }
            let task = state.update { $0.tasks.isEmpty ? nil : $0.tasks.removeFirst() }
            if let task { return task }
        }
    }
}
