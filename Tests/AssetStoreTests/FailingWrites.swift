import AssetStore
import Basics
import Foundation
import Glibc
import StoreModel
import TestSupport
import Testing

/// Random operations while the kernel refuses writes at random: what failed is there whole or not
/// at all (P2), everything else is as it was, and the store goes on, at the latest when it is opened
/// again.
///
/// The errors are real ones: a limit on the size of files (`RLIMIT_FSIZE`) lets every `pwrite`,
/// `fallocate` and `ftruncate` beyond it fail with `EFBIG`, also those inside of LMDB, without a
/// hook in the store. Where the limit lies decides what fails: the catalog's first pages, some of
/// its pages, payloads, or the growth of a pack. A limit on descriptors (`RLIMIT_NOFILE`) lets
/// files fail to open. Syncs that fail can't be had this way. The limits are the process's, so the
/// operations run in one of their own.
@Suite struct FailingWrites {
    @Test func leaveWhatTheModelSays() async throws {
        try await ModelSettings.forEachSeed(atLeast: 1) { seed in
            let directory = try TemporaryDirectory()
            let files = KilledAtRandom.Files(directory: directory.path)
            await #expect(processExitsWith: .success, "seed \(seed)") {
                [files = files as KilledAtRandom.Files, seed = seed as UInt64] in
                try files.notingFailure { try FailingWrites.run(seed, files.store) }
            }
            if let failure = try files.failure() { throw failure }
        }
    }

    static func run(_ seed: UInt64, _ path: String) throws {
        signal(SIGXFSZ, SIG_IGN)
        var random = SeededGenerator(seed: seed)
        let run = try ModelRun(seed: seed, path: path)
        while run.step < 500 {
            for _ in 0..<Int.random(in: 1..<25, using: &random) {
                try run.advance(isSequential: true)
            }
            try failSome(run, &random) { _ in }
            if Int.random(in: 0..<4, using: &random) == 0 { try run.compareAll() }
            if Int.random(in: 0..<8, using: &random) == 0 {
                try run.reopen(sealing: Compactions.seal)
            }
        }
        try run.reopen()
        try run.compareAll()
        try run.close()
    }

    /// Does a few operations within limits, until one fails; tells `note` of each.
    static func failSome(
        _ run: ModelRun, _ random: inout SeededGenerator,
        _ note: (ModelHistory.Event) throws -> Void
    ) throws {
        let resource = Int.random(in: 0..<8, using: &random) == 0 ? RLIMIT_NOFILE : RLIMIT_FSIZE
        let limit = resource == RLIMIT_NOFILE ? 0 : try byteCountMax(run.path, &random)
        for _ in 0..<12 {
            let operation = run.nextOperation(isSequential: true)
            let before = run.model
            do {
                try withLimit(resource, limit) { try run.advance(isSequential: true) }
            } catch let error as AssetError {
                run.note("(\(error.code): \(error.message); limit \(limit) of \(resource))")
                let (last, hasReopened) = try goOn(run, after: operation, from: before)
                let workers = run.model.workers.keys.map(\.description)
                try note(.failed(last, workers: workers))
                if hasReopened { try note(.reopened) }
                return
            }
            try note(.acknowledged)
        }
    }

    /// Finds out what became of the operation that failed; the store is opened again where it can
    /// not go on without.
    private static func goOn(
        _ run: ModelRun, after operation: StoreModel.Operation, from before: ModelStore
    ) throws -> (last: ModelHistory.Last, hasReopened: Bool) {
        do {
            let last = try run.settle(operation)
            // What was removed but could not be cleared away counts for the store until it is.
            try run.reclaim()
            try run.store.setQuota(run.model.quota)
            return (last, false)
        } catch let error as AssetError {
            run.note("(reopening after \(error.message))")
            try run.reopen(hasFailed: true)
            // With its workers, one of whom may have done it.
            run.model = before
            let last = try run.settle(operation)
            try run.reclaim()
            return (last, true)
        }
    }

    /// A size beyond which files are not to grow: within the catalog or a pack that is written.
    private static func byteCountMax(
        _ path: String, _ random: inout SeededGenerator
    ) throws -> Int {
        let catalog = try File("\(path)/catalog/data.mdb").byteCount()
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return Int.random(in: 0..<8192, using: &random)
        case 1: return Int.random(in: 8192...max(8192, catalog), using: &random)
        case 2: return Int.random(in: 0...4 << 20, using: &random)
        default: return catalog + Int.random(in: 0...40_000, using: &random)
        }
    }

    static func withLimit(
        _ resource: __rlimit_resource, _ limit: Int, _ body: () throws -> Void
    ) throws {
        let resource = __rlimit_resource_t(resource.rawValue)
        var old = rlimit()
        guard unsafe getrlimit(resource, &old) == 0 else {
            throw AssetError.systemCall("getrlimit", "the limit")
        }
        var new = old
        new.rlim_cur = rlim_t(limit)
        guard unsafe setrlimit(resource, &new) == 0 else {
            throw AssetError.systemCall("setrlimit", "the limit")
        }
        defer { _ = unsafe setrlimit(resource, &old) }
        try body()
    }
}
