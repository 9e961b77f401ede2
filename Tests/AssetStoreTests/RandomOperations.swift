import AssetStore
import Basics
import StoreModel
import TestSupport
import Testing

/// The whole API against a model in memory, under random operations, reopening, and snapshots that
/// are held while everything changes; counters equal a recount at every check (P4), a quota is
/// never exceeded (P5), and what is absent is absent (P13).
///
/// `ASSETSTORE_MODEL_SECONDS` lets it run longer, with seeds from `ASSETSTORE_MODEL_SEED` on.
@Suite struct RandomOperations {
    @Test func agreeWithTheModel() async throws {
        try await ModelSettings.forEachSeed(atLeast: 2) { seed in
            try Self.run(seed)
        }
    }

    static func run(_ seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let run = try ModelRun(seed: seed, path: directory.file("store"))
        var random = SeededGenerator(seed: seed)
        while run.step < 600 {
            switch Int.random(in: 0..<300, using: &random) {
            case 0..<4: try run.compareAll()
            case 4: try run.reopen(sealing: Compactions.sealing(&random))
            case 5: try run.compareBackup()
            case 6..<10:
                let count = Int.random(in: 1..<40, using: &random)
                try run.holdingSnapshot { for _ in 0..<count { try run.advance() } }
            default: try run.advance()
            }
        }
        try run.reopen()
        try run.compareAll()
        _ = try run.store.reclaim()
        // What was removed takes no room any more (P7).
        let statistics = try run.store.statistics()
        let byteCountMax = statistics.storedByteCount * 115 / 100 + (64 << 20)
        if statistics.diskByteCount > byteCountMax {
            throw run.failure("the store takes \(statistics.diskByteCount) bytes of the disk")
        }
        try run.close()
    }
}
