import AssetStore
import Basics
import Foundation
import ProjectArchive
import TestSupport
import Testing

/// Exports and imports that are killed, stopped or run out of room go on where they were.
@Suite struct InterruptedArchives {
    /// Kills this process in the middle of an export or import.
    static func runUntilKilled(_ store: String, _ archive: String, isExport: Bool, at share: Double)
        throws
    {
        let store = try Store.openOrCreate(at: store)
        let stop: @Sendable (ArchiveProgress) -> Bool = { progress in
            if Double(progress.byteCount) >= share * Double(progress.totalByteCount) {
                kill(getpid(), SIGKILL)
            }
            return true
        }
        if isExport {
            _ = try store.exportProject("p", to: archive, progress: stop)
        } else {
            _ = try store.importProject(from: archive, progress: stop)
        }
    }

    private static let shares = [0.0, 0.01, 0.2, 0.33, 0.5, 0.5, 0.72, 0.9, 0.99, 1.0]

    @Test func killedImportsGoOn() async throws {
        let (source, directory) = (try ArchiveStore(), try TemporaryDirectory())
        try source.store.fill("p", assetCount: 40, frameCount: 60)
        let archive = source.file("p.zip")
        _ = try source.store.exportProject("p", to: archive)
        let target = directory.file("store")
        for share in Self.shares {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [target = target as String, archive = archive as String, share = share as Double] in
                try InterruptedArchives.runUntilKilled(target, archive, isExport: false, at: share)
            }
            let store = try Store.openOrCreate(at: target)
            #expect(try store.projects().isEmpty && store.jobs().isEmpty)
            try store.forEachAsset { _ in
                Issue.record("something is seen that is not whole")
                return false
            }
            let report = try store.verify()
            #expect(report.isIntact, "\(report.damaged)")
            try store.close()
        }
        let store = try Store.openOrCreate(at: target)
        let report = try store.importProject(from: archive)
        #expect(report.reusedByteCount > report.byteCount * 9 / 10)
        let expected = try ProjectDump("p", in: source.store)
        #expect(try ProjectDump("p", in: store) == expected)
        #expect(try store.verify().isIntact)
        try store.close()
    }

    /// What was stored before the process was killed is not read again: it may even be gone.
    @Test func whatIsStoredIsNotReadAgain() async throws {
        let (source, directory) = (try ArchiveStore(), try TemporaryDirectory())
        try source.store.fill("p", assetCount: 40, frameCount: 60)
        let archive = source.file("p.zip")
        _ = try source.store.exportProject("p", to: archive)
        let target = directory.file("store")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [target = target as String, archive = archive as String] in
            let store = try Store.openOrCreate(at: target)
            _ = try store.importProject(from: archive) { progress in
                // What is told of is durable a moment later.
                let storedByteCount = (try? store.statistics().storedByteCount) ?? 0
                if storedByteCount > progress.totalByteCount / 2 { kill(getpid(), SIGKILL) }
                return true
            }
        }
        // Of the asset that has most of the bytes, 100 are others now.
        let file = try File(archive, [.write])
        try unsafe file.write([UInt8](repeating: 9, count: 100).span.bytes, at: 4 << 20)
        let fresh = try ArchiveStore()
        #expect(throws: AssetError(.inputUnreadable, "")) {
            try fresh.store.importProject(from: archive)
        }
        let store = try Store.openOrCreate(at: target)
        _ = try store.importProject(from: archive)
        let expected = try ProjectDump("p", in: source.store)
        #expect(try ProjectDump("p", in: store) == expected)
        try store.close()
    }

    @Test func killedExportsGoOnAndGiveTheSameBytes() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        let store = try Store.create(at: path)
        try store.fill("p", assetCount: 40, frameCount: 60)
        _ = try store.exportProject("p", to: directory.file("whole.zip"))
        try store.close()
        let archive = directory.file("p.zip")
        for share in Self.shares {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, archive = archive as String, share = share as Double] in
                try InterruptedArchives.runUntilKilled(path, archive, isExport: true, at: share)
            }
            #expect(!FileManager.default.fileExists(atPath: archive))
        }
        let again = try Store.open(at: path)
        let report = try again.exportProject("p", to: archive)
        // What was not written yet when the process was killed is less than a buffer.
        #expect(report.reusedByteCount > report.byteCount / 2)
        let whole = try Data(contentsOf: URL(fileURLWithPath: directory.file("whole.zip")))
        #expect(try Data(contentsOf: URL(fileURLWithPath: archive)) == whole)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(names == ["p.zip", "store", "whole.zip"])
        try again.close()
    }

    @Test func leftoversOfAnotherProjectAreNotBelieved() throws {
        let source = try ArchiveStore()
        let store = source.store
        let (assets, _) = try store.fill("p", assetCount: 20)
        _ = try? store.exportProject("p", to: source.file("p.zip")) {
            $0.byteCount < $0.totalByteCount * 3 / 4
        }
        let kept = source.file(".p.zip.kept.partial")
        #expect(FileManager.default.fileExists(atPath: kept))
        // One asset is another one now, and a bit of a later one has rotted.
        try store.removeAsset(assets[3].id)
        let file = try File(kept, [.write])
        try unsafe file.write(([0xFF] as [UInt8]).span.bytes, at: 40)
        let report = try store.exportProject("p", to: source.file("p.zip"))
        #expect(report.reusedByteCount == 0)
        _ = try store.exportProject("p", to: source.file("q.zip"))
        let whole = try Data(contentsOf: URL(fileURLWithPath: source.file("q.zip")))
        #expect(try Data(contentsOf: URL(fileURLWithPath: source.file("p.zip"))) == whole)
        #expect(!FileManager.default.fileExists(atPath: kept))
    }

    @Test func stoppedOnesGoOn() throws {
        let (source, target) = (try ArchiveStore(), try ArchiveStore())
        try source.store.fill("p", assetCount: 6)
        let archive = source.file("p.zip")
        for _ in 0..<3 {
            #expect(throws: AssetError(.cancelled, "")) {
                try source.store.exportProject("p", to: archive) {
                    $0.byteCount < $0.reusedByteCount + 8000
                }
            }
        }
        #expect(try source.store.exportProject("p", to: archive).reusedByteCount > 15_000)
        for _ in 0..<3 {
            #expect(throws: AssetError(.cancelled, "")) {
                try target.store.importProject(from: archive) {
                    $0.byteCount < $0.reusedByteCount + 8000
                }
            }
            #expect(try target.store.projects().isEmpty)
        }
        #expect(try target.store.importProject(from: archive).reusedByteCount > 15_000)
        let expected = try ProjectDump("p", in: source.store)
        #expect(try ProjectDump("p", in: target.store) == expected)
    }

    @Test func aQuotaThatIsTooSmallStopsItUntilThereIsRoom() throws {
        let source = try ArchiveStore()
        try source.store.fill("p", assetCount: 40)
        let archive = source.file("p.zip")
        let byteCount = try source.store.exportProject("p", to: archive).byteCount
        let target = try ArchiveStore(quota: byteCount / 2)
        let refusal = #expect(throws: AssetError.self) {
            try target.store.importProject(from: archive)
        }
        #expect(refusal?.code == .quotaExceeded)
        #expect(try target.store.projects().isEmpty)
        #expect(try target.store.statistics().storedByteCount > 0)
        #expect(try target.store.verify().isIntact)
        // Under another name, what is stored is used all the same.
        try target.store.setQuota(nil)
        let report = try target.store.importProject(from: archive, as: "q")
        #expect(report.reusedByteCount > 0)
        #expect(try target.store.projects().map(\.name) == ["q"])
        #expect(try target.store.assets(project: "q").count == report.assetCount)
        #expect(try target.store.verify().isIntact)
    }

    @Test func aNameThatIsTakenMeanwhileLeavesItForAnother() throws {
        let (source, target) = (try ArchiveStore(), try ArchiveStore())
        try source.store.fill("p")
        let archive = source.file("p.zip")
        _ = try source.store.exportProject("p", to: archive)
        let store = target.store
        #expect(throws: AssetError(.alreadyExists, "")) {
            try store.importProject(from: archive) { progress in
                if progress.byteCount > progress.totalByteCount / 2,
                    (try? store.project("p")) == .some(nil)
                {
                    // With a job that is one of the archive's.
                    _ = try? store.submit(
                        JobDescription(
                            project: "p", kind: "other", recipe: "{\"n\":2,\"s\":\"\\u0041\"}",
                            submission: "", frameCount: 1))
                }
                return true
            }
        }
        #expect(try store.jobs(project: "p").count == 1)
        let report = try store.importProject(from: archive, as: "q")
        #expect(report.reusedByteCount == report.byteCount)
        #expect(try store.jobs(project: "q").count == 4 && store.jobs(project: "p").count == 1)
        #expect(try store.verify().isIntact)
    }
}
