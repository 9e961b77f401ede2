import AssetStore
import Basics
import Foundation
import TestSupport
import Testing

/// Two processes at one store, as fast as they can (P2, P4, P9): one ingests frames and assets,
/// the other lists, reads, verifies, follows the change feed, holds snapshots, reclaims and
/// deletes projects. No error, nothing lost, counters exact.
///
/// With `ASSETSTORE_MODEL_SECONDS` it is 200,000 frames, which take minutes.
@Suite struct TwoProcesses {
    /// How much the writing process ingests.
    struct Work: Codable {
        var path: String
        var failed: String
        var frameCount: Int
        /// An asset for every so many frames.
        static let framesPerAsset = 20
        /// A project that is deleted by the other process for every so many.
        static let framesPerProject = 500

        var assetCount: Int { (frameCount - 1) / Self.framesPerAsset + 1 }
    }

    /// The bytes of the frame or asset of this number, 1 to 700.
    static func content(_ number: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1 + number % 700)
    }

    static let job = renderJob(project: "kept", frames: Limits.frameCountMax)

    /// What the one process does.
    static func write(_ work: Work) throws {
        let store = try Store.open(at: work.path)
        let lease = try store.start(job.id)
        let writer = FrameWriter(lease)
        for index in 0..<work.frameCount {
            try writer.append(index, content(index))
            if index % Work.framesPerAsset == 0 {
                _ = try store.put(image(project: "kept", name: "\(index)"), content(index))
            }
            if index % 50 == 0 {
                let project = "gone \(index / Work.framesPerProject)"
                _ = try store.put(image(project: project, name: "\(index)"), content(index + 1))
            }
        }
        try writer.flush()
        try lease.pause(nil)
        try store.close()
    }

    @Test func shareAStore() async throws {
        let directory = try TemporaryDirectory()
        let work = Work(
            path: directory.file("store"), failed: directory.file("failed"),
            frameCount: ModelSettings.seconds > 0 ? 200_000 : 3000)
        let store = try Store.create(at: work.path)
        _ = try store.submit(Self.job)
        let reader = Reader(store)
        let thread = try WorkerThread(name: "reader") { reader.run() }
        await #expect(processExitsWith: .success) { [work = work as Work] in
            do {
                try TwoProcesses.write(work)
            } catch {
                try "\(error)".write(toFile: work.failed, atomically: true, encoding: .utf8)
                throw error
            }
        }
        reader.isStopping.withLock { $0 = true }
        thread.join()
        #expect(!FileManager.default.fileExists(atPath: work.failed))
        let failure = reader.failure.withLock { $0 }
        if let failure { throw failure }
        try reader.readEverything()
        try Self.check(store, work, reader)
        try store.close()
    }

    private static func check(_ store: Store, _ work: Work, _ reader: Reader) throws {
        for project in try store.projects() where project.name != "kept" {
            #expect(try store.removeProject(project.name))
        }
        let report = try store.verify()
        #expect(report.isIntact, "\(report.damaged)")
        let statistics = try store.statistics()
        #expect(statistics.frameCount == work.frameCount)
        #expect(statistics.assetCount == work.assetCount && statistics.jobCount == 1)
        let frames = (0..<work.frameCount).reduce(0) { $0 + content($1).count }
        #expect(statistics.namespaces[.frames]?.storedByteCount == frames)
        for index in 0..<work.frameCount {
            let isEqual = try store.withFrame(index, of: job.id) { _, bytes in
                let expected = content(index)
                return unsafe bytes.withUnsafeBytes { unsafe $0.elementsEqual(expected) }
            }
            #expect(isEqual == true, "frame \(index)")
        }
        // The feed told of every asset that is there.
        let kept = Set(try store.assets(project: "kept").map(\.id))
        #expect(kept.count == work.assetCount)
        #expect(reader.told.withLock { $0 }.isSuperset(of: kept))
        _ = try store.reclaim()
        #expect(try store.statistics().reclaimableByteCount == 0)
    }

    /// What the other process does, on a thread of its own, until it is told to stop.
    private final class Reader: Sendable {
        let isStopping = Monitor(false)
        let failure = Monitor<(any Error)?>(nil)
        /// The assets that the change feed told of.
        let told = Monitor<Set<AssetID>>([])
        private let token = Monitor(ChangeToken(rawValue: 0))
        private let store: Store

        init(_ store: Store) { self.store = store }

        func run() {
            do {
                var round = 0
                while !isStopping.withLock({ $0 }) {
                    try readEverything()
                    if round % 4 == 0 { try deleteProjects() }
                    if round % 8 == 0 { try reclaim() }
                    if round % 16 == 0 {
                        let report = try store.verify()
                        if !report.isIntact {
                            throw AssetError(.damaged, "\(report.damaged)")
                        }
                    }
                    round += 1
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }

        func readEverything() throws {
            try followChanges()
            try store.read { snapshot in
                try readFrames(snapshot)
                try readAssets(snapshot)
            }
        }

        /// The feed forgets in time; then one looks at everything anew.
        private func followChanges() throws {
            while true {
                let since = token.withLock { $0 }
                let batch = try store.changes(since: since, countMax: 500)
                token.withLock { $0 = batch.token }
                told.withLock { told in
                    for case .asset(let id) in batch.changes.map(\.subject) { told.insert(id) }
                }
                if batch.isIncomplete { throw AssetError(.damaged, "the feed forgot") }
                if !batch.hasMore { return }
            }
        }

        /// Within a snapshot all figures belong together.
        private func readFrames(_ snapshot: borrowing Snapshot) throws {
            let id = TwoProcesses.job.id
            guard let job = try snapshot.job(id) else {
                throw AssetError(.inputMissing, "the job is gone")
            }
            var (count, byteCount) = (0, 0)
            try snapshot.forEachFrame(of: id) { frame in
                guard frame.index == count else {
                    throw AssetError(.damaged, "frame \(count) is missing")
                }
                count += 1
                byteCount += frame.storedByteCount
                return true
            }
            let usage = Usage(count: count, byteCount: byteCount, storedByteCount: byteCount)
            let ofProject = try snapshot.project("kept")?.usage[.frames] ?? Usage()
            guard job.frames == usage, ofProject == usage else {
                throw AssetError(.damaged, "\(job.frames), but \(count) frames")
            }
            for index in stride(from: count - 1, to: 0, by: -max(1, count / 50)) {
                let isEqual = try snapshot.withFrame(index, of: id) { _, bytes in
                    let expected = TwoProcesses.content(index)
                    return unsafe bytes.withUnsafeBytes { unsafe $0.elementsEqual(expected) }
                }
                if isEqual != true { throw AssetError(.damaged, "frame \(index)") }
            }
        }

        private func readAssets(_ snapshot: borrowing Snapshot) throws {
            var found: [Asset] = []
            try snapshot.forEachAsset {
                found.append($0)
                return true
            }
            let count = try snapshot.project("kept")?.assetCount ?? 0
            guard count == found.count(where: { $0.project == "kept" }) else {
                throw AssetError(.damaged, "\(found.count) assets, but \(count) of “kept”")
            }
            for asset in found.suffix(50) {
                let number = Int(asset.description.name).map {
                    asset.project == "kept" ? $0 : $0 + 1
                }
                let isEqual = try snapshot.withBytes(of: asset.id) { bytes in
                    let expected = TwoProcesses.content(number ?? 0)
                    return unsafe bytes.withUnsafeBytes { unsafe $0.elementsEqual(expected) }
                }
                if isEqual != true { throw AssetError(.damaged, "\(asset)") }
            }
        }

        private func deleteProjects() throws {
            for project in try store.projects() where project.name != "kept" {
                try store.removeProject(project.name)
            }
        }

        private func reclaim() throws {
            do {
                _ = try store.reclaim()
            } catch let error as AssetError where error.code == .busy {
                // The other process does it just now.
            }
        }
    }
}
