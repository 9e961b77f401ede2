import Basics
import TestSupport
import Testing

@testable import AssetStore

/// Assets that are handed over without waiting: told of when they are durable, or when something
/// else came first (P1).
@Suite struct StagedAssets {
    private let test: TestStore
    private let staged: StagedProject
    private var store: Store { test.store }

    init() throws {
        test = try TestStore()
        staged = try test.store.stageProject("p", identity: "one")
    }

    /// Hands assets over, all at once, and says what became of each.
    private func submit(
        _ assets: [(id: AssetID, bytes: [UInt8])]
    ) throws -> [Result<Asset?, any Error>] {
        let results = Monitor<[Int: Result<Asset?, any Error>]>([:])
        for (number, asset) in assets.enumerated() {
            try unsafe staged.submit(
                image(), asset.bytes.span.bytes, id: asset.id, createdAt: .now()
            ) { result in
                results.update { $0[number] = result }
            }
        }
        return results.wait { results in
            results.count == assets.count ? assets.indices.compactMap { results[$0] } : nil
        }
    }

    private func id(_ number: UInt64) -> AssetID { AssetID(high: 9, low: number) }

    private func published() throws -> [Asset] {
        try staged.publish(PublishedProject())
        return try store.assets(project: "p")
    }

    @Test func theyAreStored() throws {
        var random = SeededGenerator(seed: 3)
        let assets = (1...40).map { (id: id($0), bytes: random.bytes(Int($0) * 100)) }
        for (result, asset) in zip(try submit(assets), assets) {
            #expect(try result.get()?.id == asset.id)
        }
        #expect(try published().map(\.id) == assets.map(\.id))
        for asset in assets { #expect(try store.bytes(of: asset.id) == asset.bytes) }
        #expect(try store.verify().isIntact)
    }

    @Test func longOnesToo() throws {
        var random = SeededGenerator(seed: 4)
        let bytes = random.bytes(2 * Limits.partByteCount + 5)
        for number in [1, 2] as [UInt64] {
            var writer = try staged.makeWriter(for: image(), id: id(number))
            try unsafe writer.write(bytes.span.bytes)
            let result = Monitor<Result<Asset?, any Error>?>(nil)
            try staged.submit(writer) { outcome in result.update { $0 = outcome } }
            #expect(try result.wait { $0 }.get()?.byteCount == bytes.count)
        }
        // The second was compared with the first, and refers to it.
        #expect(try store.statistics().storedByteCount == bytes.count)
        #expect(try published().count == 2 && store.bytes(of: id(2)) == bytes)
        #expect(try store.verify().isIntact)
    }

    @Test func oneOfEqualBytesComesFirst() throws {
        let bytes = [UInt8](repeating: 1, count: 5000)
        var waiting = (1...20).map { (id: id($0), bytes: bytes) }
        var roundCount = 0
        while !waiting.isEmpty {
            let results = try submit(waiting)
            waiting = try zip(waiting, results).filter { try $0.1.get() == nil }.map(\.0)
            roundCount += 1
        }
        #expect(roundCount <= 2)
        #expect(try store.statistics().storedByteCount <= bytes.count)
        #expect(try published().count == 20)
        #expect(try store.verify().isIntact)
    }

    @Test func oneOfAnIdentifierComesFirst() throws {
        let taken = try store.put(image(project: "other"), [1])
        let results = try submit([(taken.id, [2]), (id(1), [3]), (id(1), [4]), (id(2), [1])])
        #expect(try results[0].get() == nil)
        #expect(try results[1].get()?.byteCount == 1)
        #expect(try results[2].get() == nil)
        #expect(try results[3].get()?.checksum == taken.checksum)
        // Also where its bytes are there.
        #expect(try submit([(taken.id, [1])])[0].get() == nil)
        #expect(try published().count == 2)
        #expect(try store.verify().isIntact)
    }

    @Test func aQuotaHoldsForThemAll() throws {
        try store.setQuota(10_000)
        var random = SeededGenerator(seed: 5)
        var storedCount = 0
        for number in 1...30 as ClosedRange<UInt64> {
            do {
                let bytes = random.bytes(1000)
                try unsafe staged.submit(
                    image(), bytes.span.bytes, id: id(number), createdAt: .now()
                ) { _ in }
                storedCount += 1
            } catch let error as AssetError {
                #expect(error.code == .quotaExceeded)
            }
        }
        #expect(storedCount == 10)
        #expect(try published().count == 10)
        #expect(try store.verify().isIntact)
    }

    @Test func discardedTheyFail() throws {
        try staged.discard()
        #expect(throws: AssetError(.cancelled, "")) { try submit([(id(1), [1])])[0].get() }
        #expect(try store.statistics().assetCount == 0)
        #expect(try store.verify().isIntact)
    }

    /// What one process owns must not look like what another one does.
    @Test func locksOfDifferentThingsAreApart() {
        for hash in [0, UInt64.max] {
            #expect(StoreLocks.staging(hash: hash) >= 1 << 60)
            #expect(StoreLocks.staging(hash: hash) < StoreLocks.reservers.lowerBound)
        }
        #expect(StoreLocks.reservers.upperBound <= StoreLocks.admission)
        #expect(StoreLocks.admission < StoreLocks.reclaim)
        #expect(StoreLocks.job(JobID(high: 0, low: 0)) > StoreLocks.reclaim)
    }
}
