import AssetStore
import Basics
import Foundation
import StoreModel
import TestSupport
import Testing

/// Random operations of a process that is killed at any moment, again and again: what was
/// acknowledged is there (P1), what was under way is there whole or not at all (P2), nothing else
/// is, and counters equal a recount (P4).
///
/// Goes on as long as `ASSETSTORE_MODEL_SECONDS` says, with seeds from `ASSETSTORE_MODEL_SEED` on.
@Suite struct KilledAtRandom {
    @Test func leaveWhatTheModelSays() async throws {
        try await ModelSettings.forEachSeed(atLeast: 1) { seed in
            let directory = try TemporaryDirectory()
            var history = ModelHistory(seed: seed)
            var model = ModelStore()
            var token = ChangeToken(rawValue: 0)
            var random = SeededGenerator(seed: seed)
            for _ in 0..<8 {
                let files = Files(directory: directory.path)
                try files.begin(history)
                let delay = Int.random(in: 500...150_000, using: &random)
                await #expect(processExitsWith: .signal(SIGKILL), "seed \(seed)") {
                    [files = files as Files, delay = delay as Int] in
                    try KilledAtRandom.runUntilKilled(files, after: delay)
                }
                if let failure = try files.failure() { throw failure }
                (model, token) = try check(files, &history, model, token)
            }
        }
    }

    /// What the processes tell each other by.
    struct Files: Codable {
        var directory: String
        var store: String { "\(directory)/store" }
        var history: String { "\(directory)/history" }
        /// A byte for each operation that was acknowledged.
        var log: String { "\(directory)/log" }
        var failed: String { "\(directory)/failed" }

        func begin(_ history: ModelHistory) throws {
            let url = URL(fileURLWithPath: self.history)
            try JSONEncoder().encode(history).write(to: url)
            try Data().write(to: URL(fileURLWithPath: log))
        }

        func failure() throws -> ModelFailure? {
            guard FileManager.default.fileExists(atPath: failed) else { return nil }
            return ModelFailure(description: try String(contentsOfFile: failed, encoding: .utf8))
        }

        /// Runs `body`, whose error would otherwise be lost with the process.
        func notingFailure(_ body: () throws -> Void) throws {
            do {
                try body()
            } catch {
                try "\(error)".write(toFile: failed, atomically: true, encoding: .utf8)
                throw error
            }
        }
    }

    static func runUntilKilled(_ files: Files, after microseconds: Int) throws {
        try files.notingFailure {
            let data = try Data(contentsOf: URL(fileURLWithPath: files.history))
            let history = try JSONDecoder().decode(ModelHistory.self, from: data)
            let (model, step) = try history.replay()
            let log = try FileHandle(forWritingTo: URL(fileURLWithPath: files.log))
            // Some die while they open the store.
            let dying = try WorkerThread(name: "death") {
                usleep(UInt32(microseconds))
                kill(getpid(), SIGKILL)
            }
            let run = try ModelRun(
                seed: history.seed, path: files.store, model: model, step: step)
            while true {
                try run.advance(isSequential: true)
                try log.write(contentsOf: [1])
                if run.step == .max { dying.join() }
            }
        }
    }

    /// Holds what is there against the model, and says what it is now.
    private func check(
        _ files: Files, _ history: inout ModelHistory, _ model: ModelStore, _ token: ChangeToken
    ) throws -> (ModelStore, ChangeToken) {
        var round = ModelHistory.Round()
        round.acknowledgedCount = try Data(contentsOf: URL(fileURLWithPath: files.log)).count
        var (model, step) = (model, history.stepCount)
        model.loseWorkers()
        var latest: [String] = []
        for _ in 0..<round.acknowledgedCount {
            let operation = history.operation(step, model)
            latest.append("\(step) \(operation)")
            _ = try model.apply(operation)
            step += 1
        }
        let underWay = history.operation(step, model)
        let run = try ModelRun(
            seed: history.seed, path: files.store, model: model, step: step, since: token)
        for text in latest.suffix(12) { run.note(text) }
        if !(try run.store.verify().isIntact) { throw run.failure("\(try run.store.verify())") }
        run.step += 1
        round.last = try run.settle(underWay)
        history.rounds.append(round)
        // What was removed and not cleared away yet counts for the store until it is.
        _ = try run.store.reclaim()
        try run.compareAll()
        try run.close()
        return (run.model, run.token)
    }
}
