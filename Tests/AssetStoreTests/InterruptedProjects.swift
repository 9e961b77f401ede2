import Basics
import Foundation
import TestSupport
import Testing

@testable import AssetStore

/// An app that starts after a crash learns what can be taken up again, and what is missing for it
/// (P13).
@Suite struct InterruptedProjects {
    private let test: TestStore
    private var store: Store { test.store }
    private let voice: Asset
    private let cover: Asset
    private let job: JobID

    /// A project with a scene, two checkpoints and an orphaned job.
    init() throws {
        test = try TestStore()
        let store = test.store
        try store.createProject("p")
        var random = SeededGenerator(seed: 8)
        voice = try store.put(image(name: "voice"), random.bytes(Limits.partByteCount + 7000))
        cover = try store.put(image(name: "cover"), random.bytes(9000))
        job = try store.submit(renderJob()).id
        try store.putScene(
            ProjectScene(id: "s", index: 0, assets: ["voice": voice.id]), in: "p")
        try store.addCheckpoint(
            CheckpointDescription(stage: "voices", percent: 35, assets: ["voice": voice.id]),
            to: "p")
        try store.addCheckpoint(
            CheckpointDescription(
                stage: "images", completedCount: 1, totalCount: 2, percent: 50,
                assets: ["cover": cover.id, "voice": voice.id], jobs: ["render": job]),
            to: "p")
        let lease = try store.start(job)
        let writer = FrameWriter(lease)
        try writer.append(0, [1])
        try writer.flush()
        lease.abandon()
    }

    private func recovery(_ check: RecoveryCheck) throws -> ProjectRecovery {
        try #require(try store.recovery(ofProject: "p", checking: check))
    }

    private func damage(_ asset: Asset) throws {
        let bytes = try #require(try store.bytes(of: asset.id))
        let pack = "\(test.path)/packs/0000000000000001.pack"
        let handle = try #require(FileHandle(forUpdatingAtPath: pack))
        let whole = try #require(try handle.readToEnd())
        let place = try #require(whole.range(of: Data(bytes.suffix(5000))))
        try handle.seek(toOffset: UInt64(place.lowerBound))
        try handle.write(contentsOf: [whole[place.lowerBound] ^ 1])
    }

    @Test func areFoundWithWhatTheyNeed() throws {
        try store.createProject("idle")
        try store.createProject("failed", ProjectDescription(status: .failed, error: "why"))
        try store.createProject("done", ProjectDescription(status: .complete))
        let found = try store.incompleteProjects(checking: .content)
        #expect(found.map(\.project.name) == ["p"])
        let recovery = try #require(found.first)
        #expect(recovery.canRecover && recovery.defects.isEmpty)
        #expect(recovery.checkpoint?.number == 2 && recovery.intactCheckpoint?.number == 2)
        #expect(recovery.orphanedJobs == [job] && recovery.waitingJobs.isEmpty)
        #expect(recovery.runningJobs.isEmpty && recovery.referencesChecked == 5)
        // Each asset was read once, however often it is referred to.
        #expect(recovery.bytesChecked == voice.byteCount + cover.byteCount)
        #expect(try self.recovery(.presence).bytesChecked == 0)
        let both = try store.incompleteProjects(includingFailed: true)
        #expect(both.map(\.project.name) == ["p", "failed"])
        #expect(both.last?.checkpoint == nil && both.last?.canRecover == true)
        #expect(try store.recovery(ofProject: "none") == nil)
    }

    @Test func nameWhatIsMissing() throws {
        try store.removeAsset(cover.id)
        for check in [RecoveryCheck.presence, .content] {
            let recovery = try recovery(check)
            #expect(!recovery.canRecover && recovery.defectCount == 1)
            let defect = try #require(recovery.defects.first)
            #expect(defect.kind == .missing && defect.asset == cover.id)
            #expect(defect.referrer == .checkpoint(2) && defect.name == "cover")
            #expect(defect.description.contains("checkpoint 2, cover: asset \(cover.id)"))
            #expect(recovery.intactCheckpoint?.number == 1)
        }
        try store.removeAsset(voice.id)
        let recovery = try recovery(.presence)
        #expect(recovery.defects.map(\.name) == ["voice", "voice", "cover", "voice"])
        #expect(recovery.defects.first?.referrer == .scene("s"))
        #expect(recovery.intactCheckpoint == nil)
    }

    @Test func nameWhatIsDamaged() throws {
        try damage(cover)
        #expect(try recovery(.presence).canRecover)
        let recovery = try recovery(.content)
        #expect(recovery.defects.map(\.kind) == [.damaged])
        #expect(recovery.defects.first?.asset == cover.id)
        #expect(recovery.defects.first?.reason.contains("part 0") == true)
        #expect(recovery.intactCheckpoint?.number == 1)
    }

    @Test func nameJobsThatAreGoneAndWhatTheyMade() throws {
        let lease = try store.start(job)
        var writer = try store.makeWriter(for: image())
        let bytes: [UInt8] = [1, 2, 3]
        unsafe try writer.write(bytes.span.bytes)
        let output = try lease.complete(output: writer, keepingFrames: false)
        #expect(try recovery(.content).canRecover)
        try store.removeAsset(output.id)
        let lost = try #require(try recovery(.presence).defects.first)
        #expect(lost.asset == output.id && lost.job == job && lost.kind == .missing)
        try store.removeJob(job)
        let gone = try #require(try recovery(.presence).defects.first)
        #expect(gone.asset == nil && gone.job == job && gone.name == "render")
    }

    @Test func aLivingWorkerIsTold() throws {
        let lease = try store.start(job)
        #expect(try recovery(.presence).runningJobs == [job])
        try lease.pause("later")
        #expect(try recovery(.presence).waitingJobs == [job])
    }

    @Test func checkingTellsHowFarItIsAndStops() throws {
        var seen: [(Int, Int)] = []
        _ = try store.recovery(ofProject: "p", checking: .content) { done, total in
            seen.append((done, total))
            return true
        }
        #expect(seen.last?.0 == voice.byteCount + cover.byteCount)
        #expect(seen.last?.1 == voice.byteCount + cover.byteCount)
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.0 <= $1.0 })
        for stop in seen.indices {
            var count = 0
            #expect(throws: AssetError(.cancelled, "")) {
                try store.recovery(ofProject: "p", checking: .content) { _, _ in
                    count += 1
                    return count <= stop
                }
            }
        }
    }

    @Test func manyReferencesAreFollowedPageByPage() throws {
        var random = SeededGenerator(seed: 4)
        var assets: [AssetID] = []
        for number in 0..<40 { assets.append(try store.put(image(), [UInt8(number), 1]).id) }
        var count = try recovery(.presence).referencesChecked
        for number in 0..<14 {
            var names: [String: AssetID] = [:]
            for name in 0..<1000 { names["\(name)"] = assets.randomElement(using: &random) }
            try store.putScene(ProjectScene(id: "\(number)", index: number, assets: names), in: "p")
            try store.addCheckpoint(CheckpointDescription(stage: "s", assets: names), to: "p")
            count += 2000
        }
        let found = try recovery(.content)
        #expect(found.referencesChecked == count && found.canRecover)
        #expect(found.bytesChecked == voice.byteCount + cover.byteCount + 80)
        for asset in assets { try store.removeAsset(asset) }
        let lost = try recovery(.content)
        #expect(lost.defectCount == 28_000)
        #expect(lost.defects.count == ProjectRecovery.defectCountMax)
        #expect(lost.intactCheckpoint?.number == 2)
    }

    @Test func goOnWhereTheyWere() throws {
        try store.updateProject("p") {
            $0.status = .failed
            $0.error = "no network"
        }
        let cancelled = try store.submit(renderJob(recipe: "cancelled")).id
        try store.cancelJob(cancelled)
        let failed = try store.submit(renderJob(recipe: "failed")).id
        try store.start(failed).fail("no")
        let resumption = try #require(try store.resumeProject("p", checking: .content))
        #expect(resumption.project.status == .inProgress)
        #expect(resumption.project.description.error == nil)
        #expect(resumption.project.completedAt == nil)
        #expect(resumption.checkpoint?.description.stage == "images")
        #expect(resumption.requeuedJobs == [job] && resumption.failedJobs == [])
        #expect(try store.job(job)?.state == .pending)
        #expect(try store.job(cancelled)?.state == .cancelled)
        #expect(try store.job(failed)?.state == .error)
        let again = try store.resumeProject("p", retryingFailedJobs: true)
        #expect(again?.requeuedJobs == [failed])
        #expect(try store.job(failed)?.state == .pending && store.job(failed)?.error == nil)
        #expect(try store.resumeProject("none") == nil)
        #expect(try store.verify().isIntact)
    }

    @Test func dontGoOnWithoutWhatTheyNeed() throws {
        try store.updateProject("p") { $0.status = .failed }
        try store.removeAsset(cover.id)
        let message = try #require(
            #expect(throws: AssetError(.damaged, "")) { try store.resumeProject("p") }?.message)
        #expect(message.contains("cover") && message.contains("revert it to checkpoint 1"))
        #expect(try store.project("p")?.status == .failed)
        #expect(try store.job(job)?.state == .processing)
        let accepted = try #require(try store.resumeProject("p", acceptingDefects: true))
        #expect(accepted.defects.map(\.name) == ["cover"])
        #expect(accepted.project.status == .inProgress)
        // Or it goes back to where it lacks nothing.
        try store.revertProject("p", to: 1)
        #expect(try store.resumeProject("p")?.checkpoint?.number == 1)
    }

    @Test func areDiscardedWithTheirJobsAndNothingElse() throws {
        let before = try store.statistics()
        var jobs: [JobID] = [job]
        for number in 0..<1100 { jobs.append(try store.submit(renderJob(recipe: "\(number)")).id) }
        let complete = try store.submit(renderJob(recipe: "complete")).id
        try store.start(complete).complete(keepingFrames: true)
        let other = try store.submit(renderJob(project: "q")).id
        let lease = try store.start(jobs[1])
        let discarded = try #require(try store.discardProject("p"))
        #expect(discarded.status == .cancelled && discarded.completedAt != nil)
        #expect(try store.jobs(state: .cancelled).count == jobs.count)
        #expect(try store.job(complete)?.state == .complete)
        #expect(try store.job(other)?.state == .pending)
        let stale = FrameWriter(lease)
        #expect(throws: AssetError(.cancelled, "")) {
            try stale.append(1, [1])
            try stale.flush()
        }
        #expect(try store.incompleteProjects().isEmpty)
        let after = try store.statistics()
        #expect(after.assetCount == before.assetCount && after.frameCount == before.frameCount)
        #expect(try store.checkpoints(of: "p").count == 2)
        #expect(try store.discardProject("none") == nil)
        // What is discarded may be taken up again.
        #expect(try store.resumeProject("p")?.project.status == .inProgress)
        #expect(try store.verify().isIntact)
    }
}
