import AssetStore
import Basics
import Foundation
import ProjectArchive
import TestSupport
import Testing

/// Two processes at one store, as fast as they can (P4, P9): one ingests frames and assets, the
/// other lists, reads, verifies, exports, imports what it exported into a store of its own, and
/// deletes projects. No error, nothing lost, counters exact.
///
/// With `ASSETSTORE_MODEL_SECONDS` it is 200,000 frames, which take minutes.
@Suite struct ArchivesBesideWriters {
    /// What the writing process is to do.
    struct Work: Codable {
        var store: String
        /// Where it says what went wrong.
        var failed: String
        var frameCount: Int
        static let framesPerAsset = 20
        /// So many go by until there is another project for the other process to take away.
        static let framesPerProject = 250

        var assetCount: Int { (frameCount - 1) / Self.framesPerAsset + 1 }
    }

    /// The bytes of the frame or asset of this number, 1 to 900.
    static func content(_ number: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(number))
        return random.bytes(1 + number % 900)
    }

    static let job = JobDescription(
        project: "kept", kind: "render", recipe: "{}", submission: "{}",
        frameCount: Limits.frameCountMax)
    private static let facts = FrameFacts(codec: 1, width: 2, height: 2)

    static func image(_ project: String, _ number: Int) -> AssetDescription {
        AssetDescription(
            namespace: .images, project: project, name: "\(number).png", mediaType: "image/png")
    }

    /// What the one process does.
    static func write(_ work: Work) throws {
        let store = try Store.open(at: work.store)
        let lease = try store.start(job.id)
        let writer = FrameWriter(lease)
        for index in 0..<work.frameCount {
            let bytes = content(index)
            try unsafe writer.append(index, facts, bytes.span.bytes)
            if index % Work.framesPerAsset == 0 {
                _ = try store.put(image("kept", index), bytes: bytes)
            }
            if index % Work.framesPerProject == 0 { try store.fill("gone \(index)", assetCount: 5) }
        }
        try writer.flush()
        try lease.pause(nil)
        try store.close()
    }

    @Test func nothingIsLost() async throws {
        let directory = try TemporaryDirectory()
        let work = Work(
            store: directory.file("store"), failed: directory.file("failed"),
            frameCount: ModelSettings.seconds > 0 ? 200_000 : 1500)
        let store = try Store.create(at: work.store)
        _ = try store.submit(Self.job)
        let archivist = Archivist(store, directory)
        let thread = try WorkerThread(name: "archivist") { archivist.run() }
        await #expect(processExitsWith: .success) { [work = work as Work] in
            do {
                try ArchivesBesideWriters.write(work)
            } catch {
                try "\(error)".write(toFile: work.failed, atomically: true, encoding: .utf8)
                throw error
            }
        }
        archivist.isStopping.withLock { $0 = true }
        thread.join()
        #expect(!FileManager.default.fileExists(atPath: work.failed))
        let failure = archivist.failure.withLock { $0 }
        if let failure { throw failure }
        let roundCount = archivist.roundCount.withLock { $0 }
        #expect(roundCount > 0)
        try archivist.takeGoneAway()
        try Self.check(store, work)
        try archivist.check(work)
        print(
            "\(work.frameCount) frames, \(work.assetCount) assets; meanwhile \(roundCount) rounds, in",
            "which \(archivist.takenCount.withLock { $0 }) projects were taken away")
        try store.close()
    }

    /// Everything is there, and counted as it is.
    private static func check(_ store: Store, _ work: Work) throws {
        let report = try store.verify()
        #expect(report.isIntact, "\(report.damaged)")
        let statistics = try store.statistics()
        #expect(statistics.frameCount == work.frameCount && statistics.jobCount == 1)
        #expect(statistics.assetCount == work.assetCount)
        #expect(try store.projects().map(\.name) == ["kept"])
        try checkContents(store)
        _ = try store.reclaim()
        #expect(try store.statistics().reclaimableByteCount == 0)
    }

    /// Says how many frames and assets a store has of the project, all of them right.
    @discardableResult
    static func checkContents(_ store: Store) throws -> (frameCount: Int, assetCount: Int) {
        var (frameCount, assetCount) = (0, 0)
        func compare(_ bytes: RawSpan, _ number: Int) throws {
            let isEqual = unsafe bytes.withUnsafeBytes { unsafe $0.elementsEqual(content(number)) }
            guard isEqual else { throw AssetError(.damaged, "\(number) is not what was stored") }
        }
        var indexes: [Int] = []
        try store.forEachFrame(of: job.id) {
            indexes.append($0.index)
            return true
        }
        // They were appended in their order.
        #expect(indexes == Array(0..<indexes.count))
        for index in indexes {
            try store.withFrame(index, of: job.id) { _, bytes in try compare(bytes, index) }
            frameCount += 1
        }
        for asset in try store.assets(project: "kept") {
            let number = assetCount * Work.framesPerAsset
            #expect(asset.description.name == "\(number).png")
            #expect(try store.allBytes(of: asset.id) == content(number))
            assetCount += 1
        }
        return (frameCount, assetCount)
    }
}

/// What the other process does, on a thread of its own, until it is told to stop.
private final class Archivist: Sendable {
    let isStopping = Monitor(false)
    let failure = Monitor<(any Error)?>(nil)
    let roundCount = Monitor(0)
    let takenCount = Monitor(0)
    private let store: Store
    private let directory: TemporaryDirectory

    init(_ store: Store, _ directory: TemporaryDirectory) {
        self.store = store
        self.directory = directory
    }

    func run() {
        do {
            while !isStopping.withLock({ $0 }) {
                try archiveWhatGrows()
                try takeGoneAway()
                if roundCount.withLock({ $0 }) % 4 == 0 {
                    let report = try store.verify()
                    guard report.isIntact else { throw AssetError(.damaged, "\(report.damaged)") }
                    try ArchivesBesideWriters.checkContents(store)
                }
                roundCount.withLock { $0 += 1 }
            }
        } catch {
            failure.withLock { $0 = error }
        }
    }

    /// What is exported while it grows is a whole project, as far as it goes.
    private func archiveWhatGrows() throws {
        let archive = directory.file("kept.zip")
        let exported = try store.exportProject("kept", to: archive, overwrite: true)
        let other = try ArchiveStore()
        let imported = try other.store.importProject(from: archive)
        try compare(imported, exported)
        let found = try ArchivesBesideWriters.checkContents(other.store)
        guard found == (exported.frameCount, exported.assetCount) else {
            throw AssetError(.damaged, "\(exported) holds \(found)")
        }
    }

    /// Exports projects that nothing is added to any more, imports them under another name, and
    /// removes both.
    func takeGoneAway() throws {
        for project in try store.projects() where project.name.hasPrefix("gone") {
            // The last thing that is written of it.
            guard try store.checkpoints(of: project.name).count == 4 else { continue }
            let archive = directory.file("\(project.name).zip")
            let exported = try store.exportProject(project.name, to: archive)
            let imported = try store.importProject(from: archive, as: "copy")
            try compare(imported, exported)
            for name in [project.name, "copy"] {
                guard try store.removeProject(name) else {
                    throw AssetError(.inputMissing, "project \(name) is gone")
                }
            }
            try FileSystem.removeFile(archive)
            takenCount.withLock { $0 += 1 }
        }
    }

    private func compare(_ imported: ArchiveReport, _ exported: ArchiveReport) throws {
        var expected = exported
        expected.project = imported.project
        guard imported == expected else {
            throw AssetError(.damaged, "\(exported) became \(imported)")
        }
    }

    /// What the whole project gives at the end.
    func check(_ work: ArchivesBesideWriters.Work) throws {
        try archiveWhatGrows()
        let report = try store.exportProject(
            "kept", to: directory.file("kept.zip"), overwrite: true)
        #expect(report.frameCount == work.frameCount && report.assetCount == work.assetCount)
    }
}
