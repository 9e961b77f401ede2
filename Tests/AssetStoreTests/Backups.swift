import Basics
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AssetStore

/// A backup is the store as of one moment, whatever others do meanwhile (P9).
@Suite struct Backups {
    @Test func aBackupIsTheStore() throws {
        let original = try DamagedStore()
        let path = original.test.directory.file("backup")
        let report = try original.store.backup(to: path)
        #expect(report.packCount == 1 && report.missingByteCount == 0)
        let statistics = try original.store.statistics()
        do {
            let copy = try Store.open(
                at: path, options: StoreOptions(reclaimsInBackground: false))
            #expect(copy.id == original.store.id)
            for (id, bytes) in original.contents {
                #expect((try copy.bytes(of: id) == bytes) as Bool)
            }
            for (index, bytes) in original.frames.enumerated() {
                #expect((try copy.bytes(ofFrame: index, of: original.job) == bytes) as Bool)
            }
            #expect(try copy.verify().isIntact)
            var copied = try copy.statistics()
            copied.diskByteCount = statistics.diskByteCount
            #expect(copied == statistics)
            // Both go on by themselves.
            _ = try copy.put(image(), [1, 2])
            _ = try copy.reclaim()
            #expect(try copy.verify(repairing: true).repairedCount == 0)
            try copy.close()
        }
        try original.checkContents()
        #expect(throws: AssetError(.alreadyExists, "")) { try original.store.backup(to: path) }
        #expect(throws: AssetError(.inputMissing, "")) {
            try original.store.backup(to: original.test.directory.file("no/where"))
        }
    }

    @Test func holesAreNotCopied() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 5)
        let large = try test.store.put(image(), random.bytes(30 << 20))
        _ = try test.store.put(image(), random.bytes(1000))
        try test.store.removeAsset(large.id)
        let report = try test.store.backup(to: test.directory.file("backup"))
        #expect(report.byteCount < 10_000)
        let pack = test.directory.file("backup/packs/0000000000000001.pack")
        #expect(try FileSystem.diskByteCount(of: pack) ?? 0 < 64 << 10)
        #expect(try File(pack).byteCount() > 30 << 20)
    }

    @Test func cancellingLeavesNothing() throws {
        let original = try DamagedStore()
        let path = original.test.directory.file("backup")
        #expect(throws: AssetError(.cancelled, "")) {
            try original.store.backup(to: path) { _, _ in false }
        }
        let left = try FileSystem.names(in: original.test.directory.path)
        #expect(left.allSatisfy { $0 == "store" || $0.hasPrefix("other") })
        #expect(try original.store.backup(to: path).packCount == 1)
    }

    @Test func whatIsRemovedMeanwhileIsInIt() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 7)
        var contents: [AssetID: [UInt8]] = [:]
        for _ in 0..<4 {
            let bytes = random.bytes(9 << 20)
            contents[try test.store.put(image(), bytes).id] = bytes
        }
        var isFirst = true
        let path = test.directory.file("backup")
        _ = try test.store.backup(to: path) { done, total in
            guard isFirst else { return true }
            isFirst = false
            #expect(done < total)
            #expect(throws: Never.self) {
                for id in contents.keys { try test.store.removeAsset(id) }
                let report = try test.store.reclaim()
                #expect(report.waitingByteCount >= 36 << 20 && report.freedByteCount == 0)
            }
            return true
        }
        let copy = try Store.open(
            at: path, options: StoreOptions(reclaimsInBackground: false))
        for (id, bytes) in contents { #expect((try copy.bytes(of: id) == bytes) as Bool) }
        #expect(try copy.verify().isIntact)
        try copy.close()
        #expect(try test.store.reclaim().freedByteCount >= 30 << 20)
    }

    @Test func writersGoOn() throws {
        let test = try TestStore()
        let store = test.store
        let isDone = Monitor(false)
        let writers = try (0..<3).map { number in
            try WorkerThread(name: "writer") {
                var random = SeededGenerator(seed: UInt64(number))
                var mine: [AssetID] = []
                while !isDone.withLock({ $0 }) {
                    #expect(throws: Never.self) {
                        mine.append(try store.put(image(), random.bytes(20_000)).id)
                        if mine.count > 10 {
                            try store.removeAsset(
                                mine.remove(at: Int(random.next() % UInt64(mine.count))))
                        }
                        // Others may be at it.
                        if random.next() % 8 == 0 { _ = try? store.reclaim() }
                    }
                }
            }
        }
        for round in 0..<4 {
            let path = test.directory.file("backup-\(round)")
            let report = try store.backup(to: path)
            #expect(report.missingByteCount == 0)
            let copy = try Store.open(
                at: path, options: StoreOptions(reclaimsInBackground: false))
            let verified = try copy.verify()
            #expect(verified.isIntact, "\(verified.damaged)")
            try copy.close()
        }
        isDone.update { $0 = true }
        for writer in writers { writer.join() }
        #expect(try store.verify().isIntact)
    }

    @Test func whatAKilledBackupLeftIsRemovedByTheNext() async throws {
        let directory = try TemporaryDirectory()
        let (store, backup) = (directory.file("store"), directory.file("backup"))
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [store = store as String, backup = backup as String] in
            let store = try Store.create(at: store)
            _ = try store.put(image(), [UInt8](repeating: 1, count: 9 << 20))
            _ = try store.backup(to: backup) { _, _ in
                kill(getpid(), SIGKILL)
                return true
            }
        }
        #expect(try FileSystem.kind(of: backup) == nil)
        #expect(try FileSystem.names(in: directory.path).count == 2)
        let opened = try Store.open(at: store)
        _ = try opened.backup(to: backup)
        #expect(try FileSystem.names(in: directory.path) == ["backup", "store"])
        let copy = try Store.open(at: backup)
        #expect(try copy.verify().isIntact)
    }
}
