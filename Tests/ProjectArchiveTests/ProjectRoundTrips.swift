import AssetStore
import Basics
import ProjectArchive
import TestSupport
import Testing

/// What is exported and imported again is the same project: every fact, every byte.
@Suite struct ProjectRoundTrips {
    @Test func everythingComesBackInAnotherStore() throws {
        let (source, target) = (try ArchiveStore(), try ArchiveStore())
        let (assets, jobs) = try source.store.fill("demo")
        let path = source.file("demo.zip")
        let exported = try source.store.exportProject("demo", to: path)
        let imported = try target.store.importProject(from: path)
        let expected = try ProjectDump("demo", in: source.store)
        let found = try ProjectDump("demo", in: target.store)
        #expect(found == expected)
        #expect(found.lines.count > 100)
        #expect(exported.assetCount == assets.count + 1 && exported.jobCount == jobs.count)
        #expect(exported.sceneCount == 3 && exported.checkpointCount == 4)
        #expect(exported.frameCount == 3 * 17 && exported.segmentCount == 6)
        #expect(imported.assetCount == exported.assetCount)
        #expect(imported.byteCount == exported.byteCount)
        #expect(imported.skippedCount == 0 && exported.skippedCount == 0)
        #expect(try target.store.verify().isIntact)
    }

    @Test func theSameProjectGivesTheSameBytes() throws {
        let (source, target) = (try ArchiveStore(), try ArchiveStore())
        try source.store.fill("demo")
        _ = try source.store.exportProject("demo", to: source.file("1.zip"))
        _ = try source.store.exportProject("demo", to: source.file("2.zip"))
        _ = try target.store.importProject(from: source.file("1.zip"))
        _ = try target.store.exportProject("demo", to: source.file("3.zip"))
        let first = try bytes(source.file("1.zip"))
        #expect(try bytes(source.file("2.zip")) == first)
        #expect(try bytes(source.file("3.zip")) == first)
    }

    @Test func identifiersThatAreTakenAreReplacedEverywhere() throws {
        let source = try ArchiveStore()
        let store = source.store
        try store.fill("demo")
        _ = try store.exportProject("demo", to: source.file("demo.zip"))
        _ = try store.importProject(from: source.file("demo.zip"), as: "copy")
        var rename: [String: String] = [:]
        let pairs = zip(try store.assets(project: "demo"), try store.assets(project: "copy"))
        for (old, new) in pairs { rename["\(new.id)"] = "\(old.id)" }
        for (old, new) in zip(try store.jobs(project: "demo"), try store.jobs(project: "copy")) {
            rename["\(new.id)"] = "\(old.id)"
            #expect(new.id == new.description.id && old.id != new.id)
        }
        let expected = try ProjectDump("demo", in: store)
        #expect(try ProjectDump("copy", in: store, rename: rename) == expected)
        // The bytes are there once.
        let namespaces = try store.statistics().namespaces
        #expect(namespaces[.videos]?.count == 2 * 6)
        #expect(try store.verify().isIntact)

        // When the first is gone, its identifiers are free again.
        try store.removeProject("demo")
        _ = try store.importProject(from: source.file("demo.zip"))
        #expect(try ProjectDump("demo", in: store) == expected)
        #expect(try store.verify().isIntact)
    }

    @Test func anUnfinishedJobIsTheSameJobInTheOtherStore() throws {
        let (source, target) = (try ArchiveStore(), try ArchiveStore())
        let (_, jobs) = try source.store.fill("demo")
        _ = try source.store.exportProject("demo", to: source.file("demo.zip"))
        _ = try target.store.importProject(from: source.file("demo.zip"))
        let submitted = try target.store.submit(jobs[0].description)
        #expect(submitted.id == jobs[0].id && submitted.state == .processing)
        let missing = try target.store.missingFrames(of: submitted.id, count: 20)
        #expect(missing == [3..<4, 10..<11, 17..<18])
        let lease = try target.store.start(submitted.id)
        #expect(lease.attempt == 2)
        let writer = FrameWriter(lease)
        let bytes = [UInt8](repeating: 1, count: 9)
        try unsafe writer.append(
            3, FrameFacts(codec: 1, width: 64, height: 48), bytes.span.bytes)
        try writer.flush()
        _ = try lease.complete(keepingFrames: false)
        #expect(try target.store.verify().isIntact)
    }

    @Test func aProjectOfNothing() throws {
        let (source, target) = (try ArchiveStore(), try ArchiveStore())
        try source.store.createProject("p\u{E9} 1/2\u{301}")
        let report = try source.store.exportProject("p\u{E9} 1/2\u{301}", to: source.file("a.zip"))
        #expect(report.assetCount == 0 && report.byteCount == 0)
        #expect(try target.store.importProject(from: source.file("a.zip")).project.utf8.count == 9)
        let found = try ProjectDump("p\u{E9} 1/2\u{301}", in: target.store)
        #expect(try ProjectDump("p\u{E9} 1/2\u{301}", in: source.store) == found)
        #expect(throws: AssetError(.inputMissing, "")) {
            try source.store.exportProject("none", to: source.file("b.zip"))
        }
    }

    @Test func manyOfOneNameAndOneContent() throws {
        let (source, target) = (try ArchiveStore(), try ArchiveStore())
        var random = SeededGenerator(seed: 5)
        let same = random.bytes(100)
        for number in 0..<60 {
            let description = AssetDescription(
                namespace: .images, project: "p", name: number % 2 == 0 ? "a.png" : "A.PNG",
                mediaType: "image/png")
            let bytes = number % 3 == 0 ? same : random.bytes(50 + number)
            _ = try source.store.put(description, bytes: bytes)
        }
        let report = try source.store.exportProject("p", to: source.file("p.zip"))
        #expect(report.assetCount == 60)
        #expect(try contents(ofArchive: source.file("p.zip")).count == 42)
        _ = try target.store.importProject(from: source.file("p.zip"))
        let expected = try ProjectDump("p", in: source.store)
        #expect(try ProjectDump("p", in: target.store) == expected)
    }

    @Test func whatIsThereAlreadyIsNotTouched() throws {
        let source = try ArchiveStore()
        try source.store.fill("demo")
        _ = try source.store.exportProject("demo", to: source.file("demo.zip"))
        let before = try source.figures()
        let refusal = #expect(throws: AssetError.self) {
            try source.store.importProject(from: source.file("demo.zip"))
        }
        #expect(refusal?.code == .alreadyExists && refusal?.message.contains("--project") == true)
        #expect(throws: AssetError(.alreadyExists, "")) {
            try source.store.exportProject("demo", to: source.file("demo.zip"))
        }
        #expect(try source.figures() == before)
        _ = try source.store.exportProject("demo", to: source.file("demo.zip"), overwrite: true)
        #expect(throws: AssetError(.invalidArgument, "")) {
            try source.store.importProject(from: source.file("demo.zip"), as: "\u{1}x")
        }
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        let file = try File(path)
        return try file.read(at: 0, count: file.byteCount())
    }
}

/// An export may run while others write.
@Suite struct ExportsAmongWriters {
    @Test func whatIsRemovedMeanwhileIsLeftOutAndCounted() throws {
        let (source, target) = (try ArchiveStore(), try ArchiveStore())
        let store = source.store
        let (assets, _) = try store.fill("p")
        var isFirst = true
        let report = try store.exportProject("p", to: source.file("p.zip")) { progress in
            if isFirst {
                isFirst = false
                do {
                    // Among them one that others have the bytes of, and one with the bytes of
                    // another.
                    for asset in [assets[1], assets[6], assets[13]] {
                        try store.removeAsset(asset.id)
                    }
                    for job in try store.jobs(project: "p") where job.state == .error {
                        try store.removeJob(job.id)
                    }
                    _ = try store.put(
                        AssetDescription(namespace: .images, project: "p", mediaType: "image/png"),
                        bytes: [1, 2, 3])
                } catch {
                    Issue.record(error)
                }
            }
            return true
        }
        #expect(report.skippedCount == 3)
        #expect(report.assetCount == assets.count + 1 - 3)
        _ = try target.store.importProject(from: source.file("p.zip"))
        for asset in try target.store.assets(project: "p") {
            #expect(try target.store.allBytes(of: asset.id) == store.allBytes(of: asset.id))
        }
        #expect(try target.store.verify().isIntact)
    }
}
