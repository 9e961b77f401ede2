import Basics
import Dispatch
import Foundation
import LMDB
import TestSupport
import Testing

@testable import AssetStore

/// Pages that LMDB takes and gives up within one transaction are never written, so the catalog of
/// an intact store may end before its last page.
@Suite struct IntactStoresOpen {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func aStoreOpensAgainWhateverWasCommittedTogether(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        var random = SeededGenerator(seed: seed)
        for round in 0..<40 {
            do {
                let store = try Store.openOrCreate(at: path)
                let group = DispatchGroup()
                // A slow disk: what is submitted meanwhile becomes one group.
                try store.catalog.environment.write { _ in
                    for step in 0..<60 {
                        let number = Int.random(in: 0..<6, using: &random)
                        let size = Int.random(in: 0..<60_000, using: &random)
                        let isRemoval = Bool.random(using: &random)
                        let thread = Thread {
                            var job = renderJob(recipe: "\(number)")
                            job.submission = String(repeating: "x", count: size)
                            if isRemoval && step > 3 {
                                _ = try? store.removeJob(job.id)
                            } else {
                                _ = try? store.submit(job)
                            }
                            group.leave()
                        }
                        group.enter()
                        thread.start()
                    }
                    usleep(20_000)
                }
                group.wait()
            } catch {
                Issue.record("seed \(seed) round \(round): \(error)")
                return
            }
        }
    }
}
