import Basics
import Foundation
import LMDB
import TestSupport
import Testing

@testable import AssetStore

/// What lives is moved out of packs that are mostly dead, and nobody notices (P7, P9).
@Suite struct Compactions {
    /// A store with a sealed pack of small things, of which every tenth lives, and what lives.
    static func mostlyDead(
        at path: String, count: Int = 3000
    ) throws -> (store: Store, kept: [AssetID: [UInt8]]) {
        let options = StoreOptions(reclaimsInBackground: false)
        let (kept, gone) = try fill(try Store.create(at: path, options: options), count)
        let store = try Store.open(at: path, options: options)
        for id in gone { try store.removeAsset(id) }
        try seal(store)
        return (store, kept)
    }

    /// Fills a store and closes it.
    private static func fill(
        _ store: Store, _ count: Int
    ) throws -> (kept: [AssetID: [UInt8]], gone: [AssetID]) {
        var random = SeededGenerator(seed: 17)
        let payloads = (0..<count).map { _ in random.bytes(300) }
        let put = Monitor<[(id: AssetID, bytes: [UInt8])]>([])
        let writers = try (0..<8).map { number in
            try WorkerThread(name: "writer") {
                for index in stride(from: number, to: count, by: 8) {
                    #expect(throws: Never.self) {
                        let id = try store.put(image(), payloads[index]).id
                        put.update { $0.append((id, payloads[index])) }
                    }
                }
            }
        }
        for writer in writers { writer.join() }
        var (kept, gone): ([AssetID: [UInt8]], [AssetID]) = ([:], [])
        for (index, entry) in put.withLock({ $0 }).enumerated() {
            if index % 10 == 0 { kept[entry.id] = entry.bytes } else { gone.append(entry.id) }
        }
        let lease = try store.start(try store.submit(renderJob()).id)
        let frames = FrameWriter(lease)
        try frames.append(3, [9, 8, 7])
        try frames.flush()
        let segment = [UInt8](repeating: 3, count: 50)
        unsafe try lease.putSegment(track: 1, index: 4, segment.span.bytes)
        try lease.pause(nil)
        let long = random.bytes(Limits.partByteCount + 10)
        kept[try store.put(image(), long).id] = long
        gone.append(try store.put(image(), random.bytes(20 << 20)).id)
        try store.close()
        return (kept, gone)
    }

    /// ``seal(_:)`` as often as not.
    static func sealing(_ random: inout SeededGenerator) -> ((Store) throws -> Void)? {
        if Bool.random(using: &random) { return seal }
        return nil
    }

    static func seal(_ store: Store) throws {
        let catalog = store.catalog
        try catalog.environment.write { transaction in
            var packs: [(PackID, PackRecord)] = []
            try transaction.scan(catalog.packs) { id, record in
                packs.append((id, record))
                return true
            }
            for (id, record) in packs {
                var record = record
                record.state = .sealed
                try transaction.put(catalog.packs, id, record)
                try transaction.delete(catalog.openPacks, id)
            }
        }
    }

    static func check(_ store: Store, _ kept: [AssetID: [UInt8]]) throws {
        for (id, bytes) in kept { #expect((try store.bytes(of: id) == bytes) as Bool) }
        let job = renderJob().id
        #expect(try store.bytes(ofFrame: 3, of: job) == [9, 8, 7])
        let report = try store.verify()
        #expect(report.isIntact, "\(report.damaged)")
    }

    @Test func mostlyDeadPacksAreEmptied() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        let (store, kept) = try Self.mostlyDead(at: path)
        _ = try store.reclaim()
        let before = try store.statistics()
        let first = try #require(kept.keys.first)
        let reader = try #require(try store.reader(for: first))
        let report = try store.compact(liveShare: 1)
        #expect(report.packCount == 1 && report.removedPackCount == 1)
        #expect(report.movedRecordCount == kept.count + 3 && report.damageCount == 0)
        let names = try FileSystem.names(in: "\(path)/packs")
        #expect(names == ["0000000000000002.pack"])
        try Self.check(store, kept)
        var bytes: [UInt8] = []
        try reader.forEachPiece { piece in
            unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
        #expect((bytes == kept[reader.asset.id]) as Bool)
        let after = try store.statistics()
        #expect(after.storedByteCount == before.storedByteCount)
        // Once more finds nothing.
        let again = try store.compact()
        #expect(again.packCount == 0 && again.movedByteCount == 0)
        try store.close()
        let pack = "\(path)/packs/0000000000000002.pack"
        #expect(try FileSystem.diskByteCount(of: pack) ?? 0 < 6 << 20)
    }

    @Test func damagedRecordsStay() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        let (store, kept) = try Self.mostlyDead(at: path, count: 300)
        let victim = try #require(kept.first { $0.value.count == 300 }?.key)
        let catalog = store.catalog
        let content = try #require(try store.asset(victim)).content
        let extent = try #require(
            try catalog.environment.read {
                try $0.get(catalog.contents, content)?.firstPart?.extent
            })
        let pack = try File("\(path)/packs/\(extent.pack).pack", [.write])
        unsafe try pack.write(([0, 0, 0] as [UInt8]).span.bytes, at: Int(extent.offset) + 100)
        let report = try store.compact(liveShare: 1)
        #expect(report.damageCount == 1 && report.removedPackCount == 0)
        #expect(report.damaged.first?.id == victim.description)
        let damage = try store.verify()
        #expect(damage.damageCount == 1)
        for (id, bytes) in kept where id != victim {
            #expect((try store.bytes(of: id) == bytes) as Bool)
        }
    }

    @Test func whatIsElsewhereByNowIsNotMoved() throws {
        let test = try TestStore()
        let (store, catalog) = (test.store, test.store.catalog)
        let asset = try store.put(image(), [1, 2, 3, 4, 5])
        // What is seen keeps its bytes, so only the catalog can tell.
        try catalog.environment.read { transaction in
            let location = try #require(
                try transaction.get(catalog.contents, asset.content)?.firstPart)
            let owner = RecordOwner(PartKey(content: asset.content, part: 0))
            let move = RecordMove(store)
            for _ in 0..<3 {
                try move(location, owner, .images)
                move.finish()
            }
            try move.check()
            #expect(move.movedRecordCount == 1)
        }
        #expect(try store.bytes(of: asset.id) == [1, 2, 3, 4, 5])
        let report = try store.verify()
        #expect(report.isIntact, "\(report.damaged)")
    }

    @Test func othersReadAndRemoveMeanwhile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        let (store, kept) = try Self.mostlyDead(at: path, count: 2000)
        let ids = kept.keys.filter { kept[$0]?.count == 300 }
        let isDone = Monitor(false)
        let reader = try WorkerThread(name: "reader") {
            while !isDone.withLock({ $0 }) {
                for id in ids {
                    do {
                        if let bytes = try store.bytes(of: id) {
                            #expect((bytes == kept[id]) as Bool)
                        }
                    } catch let error as AssetError where error.code == .inputMissing {
                        // It was removed between finding and reading it.
                    } catch {
                        Issue.record(error)
                    }
                }
            }
        }
        let remover = try WorkerThread(name: "remover") {
            for id in ids.prefix(ids.count / 2) {
                #expect(throws: Never.self) { try store.removeAsset(id) }
            }
        }
        _ = try store.compact(liveShare: 1)
        remover.join()
        isDone.update { $0 = true }
        reader.join()
        let gone = Set(ids.prefix(ids.count / 2))
        try Self.check(store, kept.filter { !gone.contains($0.key) })
        _ = try store.compact(liveShare: 1)
        try Self.check(store, kept.filter { !gone.contains($0.key) })
    }

    @Test(arguments: [1, 40, 150])
    func killedOnTheWayItGoesOn(count: Int) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, count = count as Int] in
            let (store, _) = try Compactions.mostlyDead(at: path, count: 2000)
            var calls = 0
            _ = try store.compact(liveShare: 1) { _, _ in
                calls += 1
                if calls > count {
                    usleep(20_000)
                    kill(getpid(), SIGKILL)
                }
                return true
            }
        }
        let store = try Store.open(at: path)
        let first = try store.verify()
        #expect(first.isIntact && first.assetsChecked == 201, "\(first.damaged)")
        let report = try store.compact(liveShare: 1)
        #expect(report.damageCount == 0)
        let second = try store.verify()
        #expect(second.isIntact && second.assetsChecked == 201, "\(second.damaged)")
        #expect(!FileManager.default.fileExists(atPath: "\(path)/packs/0000000000000001.pack"))
    }
}
