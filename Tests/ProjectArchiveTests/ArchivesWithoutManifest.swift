import AssetStore
import Basics
import ProjectArchive
import TestSupport
import Testing

/// A zip file of media that anyone made becomes a project.
@Suite struct ArchivesWithoutManifest {
    /// Takes what begins with M for pictures.
    private static let describe: MediaDescriber = { bytes in
        var first = [UInt8](repeating: 0, count: 1)
        var span = first.mutableSpan
        var target = unsafe span.mutableBytes
        let count = try bytes.read(at: 0, into: &target)
        guard count == 1, first[0] == UInt8(ascii: "M") else { return nil }
        return AssetDescription(
            namespace: .images, project: "", mediaType: "image/x-test",
            facts: MediaFacts(width: 1, height: 2))
    }

    private func media(_ seed: UInt64, _ count: Int = 100) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return [UInt8(ascii: "M")] + random.bytes(count)
    }

    private func entries() throws -> [BuiltEntry] {
        [
            BuiltEntry("a.png", media(1)), try BuiltEntry("folder/b.png", media(2)).deflated(),
            BuiltEntry("folder/", []), BuiltEntry("notes.txt", [1, 2, 3]),
            BuiltEntry("__MACOSX/._a.png", media(3)), BuiltEntry(".DS_Store", media(4)),
            try BuiltEntry("large.png", media(5, Limits.partByteCount + 99)).deflated(),
            BuiltEntry("same.png", media(1)), BuiltEntry("empty.png", []),
            BuiltEntry("large2.png", media(6, 2 * Limits.partByteCount)).streamed(),
        ]
    }

    @Test func mediaIsImportedAndTheRestPassedOver() throws {
        let archive = try ArchiveOnDisk(of: entries())
        let target = try ArchiveStore()
        let store = target.store
        let report = try store.importProject(from: archive.path, describing: Self.describe)
        #expect(report.project == "a" && report.assetCount == 5 && report.skippedCount == 2)
        let assets = try store.assets(project: "a")
        #expect(
            assets.map(\.description.name)
                == ["a.png", "b.png", "large.png", "same.png", "large2.png"])
        #expect(assets[1].description.attributes == ["path": "folder/b.png"])
        #expect(assets[0].description.facts.height == 2)
        #expect(try store.allBytes(of: assets[1].id) == media(2))
        #expect(try store.allBytes(of: assets[2].id) == media(5, Limits.partByteCount + 99))
        #expect(try store.allBytes(of: assets[4].id) == media(6, 2 * Limits.partByteCount))
        #expect(try store.verify().isIntact)
        #expect(throws: AssetError(.alreadyExists, "")) {
            try store.importProject(from: archive.path, describing: Self.describe)
        }
    }

    @Test func whatIsNoMediaAtAllIsRefused() throws {
        let archive = try ArchiveOnDisk(of: [BuiltEntry("a.txt"), BuiltEntry("b.txt", [4])])
        let target = try ArchiveStore()
        let before = try target.figures()
        for describe in [Self.describe, nil] {
            let error = #expect(throws: AssetError.self) {
                try target.store.importProject(from: archive.path, describing: describe)
            }
            #expect(error?.code == .inputUnreadable)
        }
        #expect(try target.figures() == before)
    }

    @Test func aDamagedFileLeavesNothing() throws {
        var bad = try entries()
        bad[bad.count - 2] = BuiltEntry("z.png", media(9)).with { $0.crc = 1 }
        let archive = try ArchiveOnDisk(of: bad)
        let target = try ArchiveStore()
        let before = try target.figures()
        #expect(throws: AssetError(.inputUnreadable, "")) {
            try target.store.importProject(from: archive.path, describing: Self.describe)
        }
        #expect(try target.figures() == before)
    }

    @Test func stoppedItGoesOn() throws {
        let archive = try ArchiveOnDisk(of: entries())
        let target = try ArchiveStore()
        #expect(throws: AssetError(.cancelled, "")) {
            try target.store.importProject(
                from: archive.path, as: "p", progress: { $0.byteCount < 4 << 20 },
                describing: Self.describe)
        }
        #expect(try target.store.projects().isEmpty)
        let report = try target.store.importProject(
            from: archive.path, as: "p", describing: Self.describe)
        #expect(report.reusedByteCount > 0 && report.assetCount == 5)
        #expect(try target.store.assets(project: "p").count == 5)
        #expect(try target.store.verify().isIntact)
    }
}
