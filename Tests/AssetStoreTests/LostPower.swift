import Basics
import Foundation
import LMDB
import TestSupport
import Testing

@testable import AssetStore

/// A put that was acknowledged survives a loss of power (P1), whatever of the catalog got onto the
/// disk; and what is left is whole (P2) and counted right (P4).
@Suite struct LostPower {
    /// Copies what is on the disk of a store whose catalog was flushed as `durable` says.
    private func loss(
        of test: TestStore, durable: [UInt8], _ random: inout SeededGenerator
    ) throws -> TemporaryDirectory {
        let image = try TemporaryDirectory()
        for directory in ["", "/catalog", "/packs"] {
            try FileSystem.makeDirectory(image.file("store\(directory)"))
        }
        let catalog = image.file("store/catalog")
        // First what says where to fall back to: should the store flush now, it still holds.
        try PowerLoss.write(
            PowerLoss.bytes(of: "\(test.path)/catalog/fallback"), to: "\(catalog)/fallback")
        let current = try PowerLoss.bytes(of: "\(test.path)/catalog/data.mdb")
        let isDeferring = try PowerLoss.restartMachine(catalog)
        try PowerLoss.write(
            isDeferring
                ? PowerLoss.image(durable: durable, current: current, random: &random) : current,
            to: "\(catalog)/data.mdb")
        for name in try FileSystem.names(in: "\(test.path)/packs") {
            try PowerLoss.write(
                PowerLoss.bytes(of: "\(test.path)/packs/\(name)"),
                to: image.file("store/packs/\(name)"))
        }
        return image
    }

    private func period(_ test: TestStore) throws -> [UInt8] {
        Array(try PowerLoss.bytes(of: "\(test.path)/catalog/fallback").prefix(16))
    }

    /// The catalog as far as it is sure to be on the disk: without the pages behind the last one that
    /// what it falls back to knows of.
    private func fallenBackTo(_ test: TestStore) throws -> [UInt8] {
        let fallback = try PowerLoss.bytes(of: "\(test.path)/catalog/fallback")
        var catalog = try PowerLoss.bytes(of: "\(test.path)/catalog/data.mdb")
        let lastPage = fallback[208..<216].reversed().reduce(0) { $0 << 8 | Int($1) }
        for index in catalog.indices.dropFirst((lastPage + 1) * 4096) { catalog[index] = 0 }
        return catalog
    }

    @Test(arguments: 0..<8) func lonePutsSurviveIt(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let test = try TestStore()
        var stored: [AssetID: [UInt8]] = [:]
        var durable: [UInt8] = []
        var deferredCount = 0
        for number in 0..<90 {
            let before = try PowerLoss.bytes(of: "\(test.path)/catalog/data.mdb")
            let formerPeriod = try period(test)
            let bytes = random.bytes(Int.random(in: 1...20_000, using: &random))
            if number % 31 == 30, let gone = stored.keys.randomElement(using: &random) {
                // What is not deferred ends the period.
                #expect(try test.store.removeAsset(gone))
                stored[gone] = nil
            } else {
                let description = image(project: number % 7 == 0 ? "q" : "p", name: "\(number)")
                stored[try test.store.put(description, bytes).id] = bytes
            }
            if try period(test) != formerPeriod { durable = before }
            if test.store.catalog.environment.hasDeferred { deferredCount += 1 }
            guard Int.random(in: 0..<4, using: &random) == 0 else { continue }

            let image = try loss(of: test, durable: durable, &random)
            let left = try Store.open(
                at: image.file("store"), options: StoreOptions(reclaimsInBackground: false))
            var found: Set<AssetID> = []
            try left.forEachAsset { asset in
                #expect(stored[asset.id] != nil, "\(asset)")
                found.insert(asset.id)
                return true
            }
            #expect(found == Set(stored.keys), "after \(number)")
            for (id, bytes) in stored { #expect(try left.bytes(of: id) == bytes) }
            #expect(try left.verify().isIntact)
            // It goes on.
            let more = try left.put(AssetStoreTests.image(name: "more"), [1, 2, 3])
            #expect(try left.bytes(of: more.id) == [1, 2, 3])
            #expect(try left.changes(since: ChangeToken(rawValue: 0)).changes.count > stored.count)
            try left.close()
        }
        #expect(deferredCount > 60)
    }

    /// Threads that put at once share commits that are deferred, and lose nothing either.
    @Test(arguments: 0..<4) func putsOfManyThreadsSurviveIt(seed: UInt64) throws {
        var random = SeededGenerator(seed: 100 + seed)
        let test = try TestStore()
        let (store, threadCount) = (test.store, 6)
        let stored = Monitor<[AssetID: [UInt8]]>([:])
        var imageCount = 0
        for round in 0..<60 where imageCount < 6 {
            let seeds = (0..<threadCount).map { _ in random.next() }
            let threads = try seeds.map { seed in
                try WorkerThread(name: "writer") {
                    var random = SeededGenerator(seed: seed)
                    for number in 0..<8 {
                        let bytes = random.bytes(Int.random(in: 1...20_000, using: &random))
                        do {
                            let description = AssetStoreTests.image(
                                project: "q", name: "\(seed) \(number)")
                            let id = try store.put(description, bytes).id
                            stored.withLock { $0[id] = bytes }
                        } catch {
                            Issue.record(error)
                        }
                    }
                }
            }
            for thread in threads { thread.join() }
            // Without a period there is nothing that could be undone.
            guard try period(test)[4] == 1 else { continue }
            let image = try loss(of: test, durable: try fallenBackTo(test), &random)
            let left = try Store.open(
                at: image.file("store"), options: StoreOptions(reclaimsInBackground: false))
            let expected = stored.withLock { $0 }
            var found: Set<AssetID> = []
            try left.forEachAsset { asset in
                found.insert(asset.id)
                return true
            }
            #expect(found == Set(expected.keys), "after round \(round)")
            for (id, bytes) in expected { #expect(try left.bytes(of: id) == bytes) }
            #expect(try left.verify().isIntact)
            try left.close()
            imageCount += 1
        }
        #expect(imageCount > 0)
    }

    /// What was refused is erased, so that nothing enters it again; what was entered never is.
    @Test func onlyWhatWasNotEnteredIsErased() throws {
        let test = try TestStore()
        let store = test.store
        let asset = try store.put(image(), [1, 2, 3])
        func payload(_ description: RecordDescription, _ owner: RecordOwner) throws
            -> WrittenPayload
        {
            unsafe try store.writePayload(
                [4, 5, 6].span.bytes, owner: owner, namespace: .images,
                description: description, isLast: true, reserve: { _ in })
        }
        let owner = RecordOwner(PartKey(content: store.assetIDs.nextContent(), part: 0))
        let record = try #require(
            try store.catalog.environment.read { try $0.get(store.catalog.assets, asset.id) })
        let refused = try payload(
            .asset(asset.id, project: "p", record, isReplayable: true), owner)
        let entered = try #require(
            try store.catalog.environment.read { transaction in
                try transaction.get(store.catalog.contents, asset.content)?.firstPart
            })
        var kept = refused
        kept.location = entered
        kept.owner = RecordOwner(PartKey(content: asset.content, part: 0))
        let pack = "\(test.path)/packs/\(entered.extent.pack).pack"
        let before = try PowerLoss.bytes(of: pack)
        try store.erase(kept)
        #expect(try PowerLoss.bytes(of: pack) == before)
        try store.erase(refused)
        let start = Int(refused.location.extent.offset)
        let left = try PowerLoss.bytes(of: pack)[start..<start + RecordHeader.byteCount]
        #expect(left.allSatisfy { $0 == 0 })
        #expect(try store.bytes(of: asset.id) == [1, 2, 3])
    }

    /// A period that nobody goes on with is flushed soon, and closing a store flushes it.
    @Test func aPeriodEndsByItself() throws {
        let test = try TestStore()
        for number in 0..<5 {
            _ = try test.store.put(image(name: "\(number)"), [UInt8(number), 2, 3])
        }
        #expect(test.store.catalog.environment.hasDeferred)
        // However long it takes.
        while test.store.catalog.environment.hasDeferred { usleep(5000) }
        #expect(try period(test)[4] == 0)
        for number in 5..<10 {
            _ = try test.store.put(image(name: "\(number)"), [UInt8(number), 2, 3])
        }
        try test.store.close()
        #expect(try period(test)[4] == 0)
    }

    /// A process that is killed leaves a period behind; the next one sees what it stored, and its
    /// first change makes it durable.
    @Test func theNextProcessFlushesWhatAKilledOneDeferred() async throws {
        let test = try TestStore()
        try test.store.close()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = test.path as String] in
            let store = try Store.open(at: path)
            for number in 0..<20 {
                _ = try store.put(image(name: "\(number)"), [UInt8(number), 2, 3])
            }
            kill(getpid(), SIGKILL)
        }
        #expect(try period(test)[4] == 1)
        try test.reopen()
        #expect(try test.store.assets(project: "p").count == 20)
        #expect(try period(test)[4] == 1)
        _ = try test.store.put(image(name: "last"), [77])
        #expect(try period(test)[4] == 0)
        #expect(try test.store.verify().isIntact)
    }
}
