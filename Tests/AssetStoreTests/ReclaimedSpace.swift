import Basics
import Foundation
import Glibc
import LMDB
import TestSupport
import Testing

@testable import AssetStore

/// Disk blocks come back without rewriting what lives (P7), and never under a reader.
@Suite struct ReclaimedSpace {
    @Test func removingAndReclaimingFreesTheDisk() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 41)
        var kept: [AssetID: [UInt8]] = [:]
        var gone: [AssetID] = []
        for number in 0..<400 {
            let bytes = random.bytes(Int.random(in: 20_000..<120_000, using: &random))
            let asset = try test.store.put(image(), bytes)
            if number % 10 == 0 { kept[asset.id] = bytes } else { gone.append(asset.id) }
        }
        try test.reopen()
        let before = try test.store.statistics()
        for id in gone { #expect(try test.store.removeAsset(id)) }
        let removed = try test.store.statistics()
        #expect(removed.reclaimableByteCount > 20 << 20)
        let report = try test.store.reclaim()
        #expect(report.waitingByteCount == 0)
        let after = try test.store.statistics()
        #expect(after.reclaimableByteCount == 0)
        #expect(report.freedByteCount >= removed.reclaimableByteCount * 9 / 10)
        #expect(before.diskByteCount - after.diskByteCount > 15 << 20)
        for (id, bytes) in kept { #expect(try test.store.bytes(of: id) == bytes) }
        #expect(try test.store.verify().isIntact)
        // Once more finds nothing, and the store goes on.
        #expect(try test.store.reclaim() == ReclaimReport())
        try test.reopen()
        let more = try test.store.put(image(), [1, 2, 3])
        #expect(try test.store.bytes(of: more.id) == [1, 2, 3])
        for (id, bytes) in kept { #expect(try test.store.bytes(of: id) == bytes) }
    }

    @Test func whatAReaderSeesStays() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 42)
        let job = try test.store.submit(renderJob())
        let bytes = random.bytes(200_000)
        do {
            let lease = try test.store.start(job.id)
            let writer = FrameWriter(lease)
            try writer.append(0, bytes)
            try writer.append(1, bytes)
            try writer.flush()
            try lease.pause(nil)
        }
        let seen = try test.store.withFrame(0, of: job.id) { _, span in
            #expect(try test.store.removeJob(job.id))
            let report = try test.store.reclaim()
            #expect(report.waitingByteCount >= 400_000 && report.freedByteCount == 0)
            return unsafe span.withUnsafeBytes { unsafe Array($0) }
        }
        #expect((seen == bytes) as Bool)
        let report = try test.store.reclaim()
        #expect(report.waitingByteCount == 0 && report.freedByteCount >= 380_000)
        #expect(try test.store.verify().isIntact)
    }

    @Test func packsThatHoldNothingAreRemoved() throws {
        let test = try TestStore()
        let packs = { try FileManager.default.contentsOfDirectory(atPath: "\(test.path)/packs") }
        var bytes = [UInt8](repeating: 7, count: 60 << 20)
        var assets: [AssetID] = []
        for index in 0..<9 {
            bytes[0] = UInt8(index)
            assets.append(try test.store.put(image(), bytes).id)
        }
        #expect(try packs().count == 3)
        for id in assets.dropLast() { #expect(try test.store.removeAsset(id)) }
        try test.reopen()
        let report = try test.store.reclaim()
        #expect(report.removedPackCount == 1 && report.freedByteCount > 470 << 20)
        #expect(try packs().count == 2)
        #expect(try test.store.bytes(of: assets[8])?.count == bytes.count)
        // A name that a kill left behind is removed too.
        let orphan = "\(test.path)/packs/00000000000000ff.pack"
        try Data(count: 10_000).write(to: URL(fileURLWithPath: orphan))
        #expect(try test.store.reclaim().removedPackCount == 0)
        #expect(!FileManager.default.fileExists(atPath: orphan))
        #expect(try test.store.verify().isIntact)
    }

    /// A pack that is dead goes as it is, however its writer left it; one that somebody may still
    /// write to stays.
    @Test func deadPacksAreRemovedUnswept() throws {
        let test = try TestStore()
        let asset = try test.store.put(image(), [UInt8](repeating: 7, count: 1 << 20))
        #expect(try test.store.removeAsset(asset.id))
        let pack = PackID(number: 1)
        let seal = {
            let catalog = test.store.catalog
            try catalog.environment.write { transaction in
                var record = try #require(try transaction.get(catalog.packs, pack))
                (record.state, record.isSwept) = (.sealed, false)
                record.committedEnd += 8192
                try transaction.put(catalog.packs, pack, record)
                try transaction.delete(catalog.openPacks, pack)
            }
        }
        try seal()
        #expect(try test.store.reclaim(.freed).removedPackCount == 0)
        try test.reopen()
        try seal()
        let file = "\(test.path)/packs/\(pack).pack"
        #expect(FileManager.default.fileExists(atPath: file))
        let removed = try test.store.reclaim(.everything)
        #expect(removed.removedPackCount == 1 && removed.waitingByteCount == 0)
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try test.store.verify().isIntact)
    }

    /// A writer that was killed in the middle of a long asset left packs that nobody freed; they
    /// stayed, two gigabytes for each kill of an import, until somebody asked for `reclaim`.
    @Test func whatAKilledWriterLeftGoesOnceTheStoreIsOpened() async throws {
        let test = try TestStore()
        let path = test.path
        let kept = try test.store.put(image(), [1, 2, 3])
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try Store.open(at: path)
            var writer = try store.makeWriter(for: image())
            let bytes = [UInt8](repeating: 7, count: 8 << 20)
            for _ in 0..<70 { unsafe try writer.write(bytes.span.bytes) }
            kill(getpid(), SIGKILL)
            _ = try writer.finish()
        }
        let left = try test.store.statistics().diskByteCount
        #expect(left > 512 << 20)
        await #expect(processExitsWith: .success) { [path = path as String, left = left as Int] in
            let store = try Store.open(at: path)
            // Two packs are full and dead; the third is taken over by who writes next.
            for _ in 0..<6000 where try store.statistics().diskByteCount > left - (500 << 20) {
                usleep(10_000)
            }
            try store.close()
        }
        #expect(try test.store.statistics().diskByteCount <= left - (500 << 20))
        #expect(try test.store.bytes(of: kept.id) == [1, 2, 3])
        #expect(try test.store.verify().isIntact)
    }
}
