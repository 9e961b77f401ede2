import AssetStore
import Basics
import Foundation
import StoreModel
import TestSupport
import Testing

/// Random operations of a process that is killed at any moment, again and again, whose writes fail
/// now and then, and that opens the store anew, while another process reads, verifies, reclaims,
/// compacts and backs up: what was acknowledged is there (P1), what was under way is there whole or
/// not at all (P2), nothing else is, counters equal a recount (P4), and nobody is in another's way
/// (P9).
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
            for round in 0..<8 {
                let files = Files(directory: directory.path)
                try files.begin(history)
                let delay = Int.random(in: 500...150_000, using: &random)
                // Every other process is alone.
                let companion = round % 2 == 1 ? try Companion(files, seed &+ UInt64(round)) : nil
                await #expect(processExitsWith: .signal(SIGKILL), "seed \(seed)") {
                    [files = files as Files, delay = delay as Int] in
                    try KilledAtRandom.runUntilKilled(files, after: delay)
                }
                let trouble = companion?.stop()
                if let failure = try files.failure() { throw failure }
                if let trouble { throw trouble }
                (model, token) = try check(files, &history, model, token)
            }
        }
    }

    /// What the processes tell each other by.
    struct Files: Codable {
        var directory: String
        var store: String { "\(directory)/store" }
        var history: String { "\(directory)/history" }
        /// A line for each operation that was acknowledged, and for whatever else happened.
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

        /// What the process noted before it was killed.
        func events() throws -> [ModelHistory.Event] {
            try Data(contentsOf: URL(fileURLWithPath: log)).split(separator: UInt8(ascii: "\n"))
                .flatMap { try JSONDecoder().decode([ModelHistory.Event].self, from: $0) }
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
            signal(SIGXFSZ, SIG_IGN)
            let run = try ModelRun(
                seed: history.seed, path: files.store, model: model, step: step, hasCompany: true)
            func note(_ event: ModelHistory.Event) throws {
                try log.write(contentsOf: try JSONEncoder().encode([event]) + Data("\n".utf8))
            }
            var random = SeededGenerator(seed: history.seed &+ UInt64(step))
            while true {
                switch Int.random(in: 0..<60, using: &random) {
                case 0: try FailingWrites.failSome(run, &random, note)
                case 1:
                    try run.reopen(sealing: Compactions.sealing(&random))
                    try note(.reopened)
                default:
                    try run.advance(isSequential: true)
                    try note(.acknowledged)
                }
                if run.step == .max { dying.join() }
            }
        }
    }

    /// Holds what is there against the model, and says what it is now.
    private func check(
        _ files: Files, _ history: inout ModelHistory, _ model: ModelStore, _ token: ChangeToken
    ) throws -> (ModelStore, ChangeToken) {
        var round = ModelHistory.Round()
        round.events = try files.events()
        var (model, step) = (model, history.stepCount)
        model.loseWorkers()
        var possible: Set<Change> = []
        var latest: [String] = []
        for event in round.events {
            latest.append("\(step) \(history.operation(step, model)): \(event)")
            let before = model.changes
            try history.apply(event, to: &model, &step)
            if case .failed = event {
                // A frame that is there may have been there before.
                possible.formUnion(model.changes.subtracting(before))
                model.changes = before
            }
        }
        let underWay = history.operation(step, model)
        let run = try ModelRun(
            seed: history.seed, path: files.store, model: model, step: step, since: token,
            possibleChanges: possible)
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

/// Another process's use of the same store, on a thread of its own, until it is told to stop.
private final class Companion: Sendable {
    private let isStopping = Monitor(false)
    private let failure = Monitor<(any Error)?>(nil)
    private let thread: Monitor<WorkerThread?> = Monitor(nil)

    init(_ files: KilledAtRandom.Files, _ seed: UInt64) throws {
        let thread = try WorkerThread(name: "companion") { [self] in
            do {
                try run(files, seed)
            } catch {
                failure.withLock { $0 = error }
            }
        }
        self.thread.withLock { $0 = thread }
    }

    func stop() -> (any Error)? {
        isStopping.withLock { $0 = true }
        thread.withLock { $0 }?.join()
        return failure.withLock { $0 }
    }

    private func run(_ files: KilledAtRandom.Files, _ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let options = StoreOptions(reclaimsInBackground: Bool.random(using: &random))
        let store = try Store.open(at: files.store, options: options)
        while !isStopping.withLock({ $0 }) {
            do {
                switch Int.random(in: 0..<8, using: &random) {
                case 0: try require(store.verify())
                case 1: _ = try store.reclaim()
                case 2: _ = try store.compact(liveShare: Double.random(in: 0...1, using: &random))
                case 3:
                    let copy = "\(files.directory)/backup"
                    _ = try store.backup(to: copy)
                    try require(Store.open(at: copy).verify())
                    try FileManager.default.removeItem(atPath: copy)
                default: try read(store)
                }
            } catch let error as AssetError where error.code == .busy {
                // Somebody else reclaims.
            }
        }
        try store.close()
    }

    private func require(_ report: VerificationReport) throws {
        guard report.isIntact else { throw ModelFailure(description: "beside: \(report.damaged)") }
    }

    /// All that a snapshot shows can be read, and is counted right.
    private func read(_ store: Store) throws {
        try store.read { snapshot in
            var ids: [AssetID] = []
            try snapshot.forEachAsset {
                ids.append($0.id)
                return true
            }
            for id in ids {
                guard try snapshot.withBytes(of: id, { $0.byteCount }) != nil else {
                    throw ModelFailure(description: "beside: \(id) is gone from a snapshot")
                }
            }
            for job in try snapshot.jobs() {
                var (frames, count) = ([Int](), 0)
                try snapshot.forEachFrame(of: job.id) {
                    frames.append($0.index)
                    return true
                }
                for frame in frames
                where try snapshot.withFrame(frame, of: job.id, { _, _ in true })
                    == true
                {
                    count += 1
                }
                guard count == job.frames.count else {
                    throw ModelFailure(description: "beside: \(count) frames of \(job)")
                }
            }
        }
    }
}
