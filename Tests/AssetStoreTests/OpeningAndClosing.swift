import AssetStore
import Basics
import Foundation
import LMDB
import TestSupport
import Testing

/// A directory has one store, however often and by whomever it is opened (P9); what is none is
/// refused (P12).
@Suite struct OpeningAndClosing {
    @Test func whatIsNoStoreIsRefusedAndLeftAlone() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: AssetError(.notAStore, "")) {
            try Store.open(at: directory.file("nothing"))
        }
        #expect(throws: AssetError(.notAStore, "")) { try Store.open(at: directory.path) }
        try Data("hello".utf8).write(to: URL(fileURLWithPath: directory.file("letter.txt")))
        #expect(throws: AssetError(.notAStore, "")) { try Store.open(at: directory.path) }
        #expect(throws: AssetError(.notAStore, "")) { try Store.create(at: directory.path) }
        #expect(throws: AssetError(.notAStore, "")) {
            try Store.openOrCreate(at: directory.file("letter.txt"))
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["letter.txt"])

        let fake = directory.file("fake")
        for path in ["\(fake)/catalog", "\(fake)/packs"] {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        }
        try Data(repeating: 7, count: 20_000).write(
            to: URL(fileURLWithPath: "\(fake)/catalog/data.mdb"))
        #expect(throws: AssetError(.notAStore, "")) { try Store.open(at: fake) }
    }

    /// A process killed while it created a store left directories and an empty catalog, which
    /// every later one then took for something else.
    @Test func aCreationThatWasCutShortIsFinished() throws {
        for leftovers in [["packs"], ["packs", "catalog"], ["packs", "catalog", "blank"]] {
            let directory = try TemporaryDirectory()
            let path = directory.file("store")
            for name in leftovers where name != "blank" {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(name)", withIntermediateDirectories: true)
            }
            if leftovers.contains("blank") {
                _ = try Environment(path: "\(path)/catalog")
            }
            #expect(throws: AssetError(.notAStore, "")) { try Store.open(at: path) }
            let store = try Store.create(at: path)
            _ = try store.put(image(), [1])
            #expect(try store.verify().isIntact)
        }
    }

    /// A loss of power left a catalog that was never committed to, without the directory that was
    /// made before it, or with pages that are anything; every later process then took it for
    /// something else.
    @Test func aCreationThatLostPowerIsFinished() throws {
        for (hasPacks, byteCount) in [(false, 0), (true, 0), (true, 4096), (false, 8192)] {
            let directory = try TemporaryDirectory()
            let path = directory.file("store")
            for name in hasPacks ? ["packs", "catalog"] : ["catalog"] {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(name)", withIntermediateDirectories: true)
            }
            try Data(repeating: 7, count: byteCount).write(
                to: URL(fileURLWithPath: "\(path)/catalog/data.mdb"))
            #expect(throws: AssetError(.notAStore, "")) { try Store.open(at: path) }
            let store = try Store.openOrCreate(at: path)
            _ = try store.put(image(), [1])
            #expect(try store.verify().isIntact)
        }
    }

    /// A new catalog beside old packs would have overwritten what can be salvaged.
    @Test func packsWhoseCatalogIsGoneAreNotMadeANewStore() throws {
        let test = try TestStore()
        _ = try test.store.put(image(), [1, 2, 3])
        try test.store.close()
        let pack = try #require(
            FileManager.default.contentsOfDirectory(atPath: "\(test.path)/packs").first)
        let before = FileManager.default.contents(atPath: "\(test.path)/packs/\(pack)")
        let other = test.path + "-copy"
        defer { try? FileManager.default.removeItem(atPath: other) }
        try FileManager.default.copyItem(atPath: test.path, toPath: other)
        try FileManager.default.removeItem(atPath: "\(other)/catalog/data.mdb")
        for _ in 0..<2 {
            #expect(throws: AssetError(.damaged, "")) { try Store.openOrCreate(at: other) }
            #expect(throws: AssetError(.damaged, "")) { try Store.open(at: other) }
            try Data().write(to: URL(fileURLWithPath: "\(other)/catalog/data.mdb"))
        }
        #expect(FileManager.default.contents(atPath: "\(other)/packs/\(pack)") == before)
    }

    /// A store that was being opened passed for one that nobody opens: threads got environments of
    /// their own, and closing one dropped the locks of all.
    @Test func threadsThatOpenAtOnceGetOneStore() throws {
        for _ in 0..<20 {
            let directory = try TemporaryDirectory()
            let path = directory.file("store")
            let stores = Monitor<[Store]>([])
            let threads = try (0..<6).map { _ in
                try WorkerThread(name: "opening") {
                    if let store = try? Store.openOrCreate(at: path) {
                        stores.withLock { $0.append(store) }
                    }
                }
            }
            for thread in threads { thread.join() }
            let opened = stores.withLock { $0 }
            #expect(opened.count == 6)
            #expect(Set(opened.map { ObjectIdentifier($0) }).count == 1)
            for store in opened { try store.close() }
        }
    }

    @Test func aProcessHasOneStorePerDirectory() throws {
        let test = try TestStore()
        let again = try Store.open(at: test.path + "/../store")
        #expect(again === test.store)
        #expect(throws: AssetError(.alreadyExists, "")) { try Store.create(at: test.path) }
    }

    @Test func aClosedStoreRefusesWrites() throws {
        let test = try TestStore()
        try test.store.close()
        #expect(throws: AssetError(.invalidArgument, "")) { try test.store.put(image(), [1]) }
        #expect(throws: AssetError(.invalidArgument, "")) { try test.store.submit(renderJob()) }
    }

    /// Opening a store that was closed but still referenced gave the closed one.
    @Test func aStoreIsClosedAsOftenAsItWasOpened() throws {
        let test = try TestStore()
        let again = try Store.open(at: test.path)
        try again.close()
        _ = try test.store.put(image(), [1])
        try test.store.close()
        #expect(throws: AssetError(.invalidArgument, "")) { try again.put(image(), [1]) }
        // Its new committer saw the old one's order to stop, and a write then waited forever.
        for _ in 0..<50 {
            _ = try Store.open(at: test.path).put(image(), [7])
            try test.store.close()
        }
        let reopened = try Store.open(at: test.path)
        let asset = try reopened.put(image(), [2])
        try reopened.close()
        try reopened.close()
        #expect(try reopened.bytes(of: asset.id) == [2])
        #expect(throws: AssetError(.invalidArgument, "")) { try reopened.put(image(), [1]) }
    }

    @Test func closingGivesBackTheBlocksReservedAhead() throws {
        let test = try TestStore()
        _ = try test.store.put(image(), [1, 2, 3])
        #expect(try test.store.statistics().diskByteCount > 16 << 20)
        try test.reopen()
        #expect(try test.store.statistics().diskByteCount < 1 << 20)
        _ = try test.store.put(image(), [4])
        let packs = try FileManager.default.contentsOfDirectory(atPath: "\(test.path)/packs")
        #expect(packs.count == 1)
    }

    @Test func aShortenedCatalogIsAnErrorAndNoCrash() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        do {
            let store = try Store.create(at: path)
            for _ in 0..<50 { _ = try store.put(image(), [1]) }
            try store.close()
        }
        let data = try #require(FileHandle(forUpdatingAtPath: "\(path)/catalog/data.mdb"))
        try data.truncate(atOffset: 12_288)
        #expect(throws: AssetError(.damaged, "")) { try Store.open(at: path) }
    }

    @Test func theQuotaIsNeverExceeded() throws {
        let test = try TestStore(quota: 10_000)
        _ = try test.store.put(image(), [UInt8](repeating: 1, count: 6000))
        let error = #expect(throws: AssetError.self) {
            try test.store.put(image(), [UInt8](repeating: 1, count: 4001))
        }
        #expect(error?.code == .quotaExceeded)
        #expect(error?.message.contains("4000") == true && error?.message.contains("4001") == true)
        let full = try test.store.put(image(), [UInt8](repeating: 1, count: 4000))
        #expect(throws: AssetError(.quotaExceeded, "")) { try test.store.put(image(), [1]) }
        #expect(try test.store.removeAsset(full.id))
        _ = try test.store.put(image(), [1])
        #expect(try test.store.verify().isIntact)
    }
}
