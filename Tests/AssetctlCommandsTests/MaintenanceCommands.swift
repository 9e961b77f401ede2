import AssetStore
import Basics
import Foundation
import TestSupport
import Testing

@testable import AssetctlCommands

/// Repairing, compacting, backing up and salvaging from the command line.
@Suite struct MaintenanceCommands {
    @Test func repairingSaysWhatItDid() throws {
        let store = try CommandStore()
        let payload = SmallMedia.noise(seed: 1)
        let id = try store.put("a.wav", payload)
        let good = store.run("--json", "verify", "--repair")
        #expect(good.status == 0)
        #expect(try good.json.first?["ok"] == .bool(true))
        #expect(try good.json.first?["repaired"] == nil)
        try store.damage(payload)
        let bad = store.run("verify", "--repair")
        #expect(bad.status == 1 && bad.output.contains(id))
        #expect(store.run("verify").lastWord.contains("--repair"))
    }

    /// However long the catalog is, verifying it ends in an error and not in a crash.
    @Test func verifyingChecksTheCatalogFirst() async throws {
        await #expect(processExitsWith: .success) {
            let store = try CommandStore()
            _ = try store.put("a.wav", SmallMedia.noise(seed: 1))
            let catalog = "\(store.path)/catalog/data.mdb"
            let handle = try #require(FileHandle(forUpdatingAtPath: catalog))
            let pageCount = try handle.seekToEnd() / 4096
            for page in 2..<pageCount {
                try handle.seek(toOffset: page * 4096 + 8)
                try handle.write(contentsOf: Data([7, 7, 7, 7]))
            }
            // Longer than what is checked when others open it.
            try handle.truncate(
                atOffset: UInt64(StoreOptions.checkedCatalogByteCount) + 4096)
            let result = store.run("verify")
            #expect(result.status == 1 && result.lastWord.contains("salvage"))
        }
    }

    @Test func aBackupOpens() throws {
        let store = try CommandStore()
        let payload = SmallMedia.noise(seed: 1)
        let id = try store.put("a.wav", payload)
        let backup = store.directory.file("backup")
        let result = store.run("--json", "backup", backup)
        #expect(result.status == 0)
        #expect(try result.json.first?["packCount"] == .number(literal: "1"))
        #expect(store.run("backup", backup).status != 0)
        #expect(store.run("backup").status == 64)
        let copy = run(["--store", backup, "verify"])
        #expect(copy.status == 0)
        #expect(run(["--store", backup, "show", id]).status == 0)
    }

    @Test func compactingAnIntactStoreDoesNothing() throws {
        let store = try CommandStore()
        _ = try store.put("a.wav", SmallMedia.noise(seed: 1))
        let result = store.run("--json", "compact")
        #expect(result.status == 0)
        #expect(try result.json.first?["movedByteCount"] == .number(literal: "0"))
        #expect(store.run("compact", "--live", "100").status == 0)
        #expect(store.run("compact", "--live", "101").status == 64)
    }

    @Test func salvagingNeedsNoCatalog() throws {
        let store = try CommandStore()
        let payload = SmallMedia.noise(seed: 1)
        let id = try store.put("a.wav", payload)
        _ = try store.put("b.wav", SmallMedia.noise(seed: 2))
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(store.path)/catalog/data.mdb"))
        let mended = store.directory.file("mended")
        let result = store.run("--json", "salvage", mended)
        #expect(result.status == 0, "\(result.error)")
        #expect(try result.json.first?["assetCount"] == .number(literal: "2"))
        #expect(run(["--store", mended, "verify"]).status == 0)
        #expect(run(["--store", mended, "show", id]).status == 0)
        try store.damage(payload)
        let partial = store.run("salvage", store.directory.file("partial"))
        #expect(partial.status == 1 && partial.output.contains("lost"))
        #expect(store.run("salvage", mended).status != 0)
        #expect(run(["--store", "/nowhere", "salvage", store.directory.file("x")]).status == 66)
    }
}
