import Basics
import Foundation
import TestSupport
import Testing

@testable import AssetStore

/// What is put together out of sight is seen all at once, or never (P2), and counts from the
/// beginning (P4, P5).
@Suite struct StagedProjects {
    private let test: TestStore
    private var store: Store { test.store }

    init() throws { test = try TestStore() }

    /// Stores an asset, a job with a frame and a segment, a scene and a checkpoint.
    @discardableResult
    private func fill(_ staged: StagedProject) throws -> AssetID {
        let id = AssetID(high: 0x0190_0000_0000_7000, low: 1 << 63 | 5)
        let bytes = [UInt8](repeating: 7, count: 3000)
        _ = try unsafe staged.put(
            image(), bytes.span.bytes, id: id,
            createdAt: Timestamp(millisecondsSinceEpoch: 5))
        let job = try staged.addJob(facts())
        let writer = FrameWriter(job.lease)
        try writer.append(3, [1, 2, 3])
        try writer.flush()
        try job.lease.putSegment(track: 1, index: 2, unsafe ([9, 9] as [UInt8]).span.bytes)
        try staged.putScenes([ProjectScene(id: "s", index: 1, assets: ["a": id])])
        try staged.putCheckpoints([
            Checkpoint(
                number: 2, description: CheckpointDescription(stage: "x"),
                createdAt: Timestamp(millisecondsSinceEpoch: 6))
        ])
        return id
    }

    private func facts() -> JobFacts {
        JobFacts(
            description: renderJob(), state: .processing, attempt: 3,
            createdAt: Timestamp(millisecondsSinceEpoch: 1),
            startedAt: Timestamp(millisecondsSinceEpoch: 2), completedAt: nil, error: "e",
            output: nil)
    }

    @Test func nobodySeesThem() throws {
        let token = try store.changeToken()
        let staged = try store.stageProject("p", identity: "one")
        let id = try fill(staged)
        #expect(try store.asset(id) == nil && store.reader(for: id) == nil)
        #expect(try store.projects().isEmpty && store.project("p") == nil)
        #expect(try store.jobs().isEmpty && store.jobs(state: .processing).isEmpty)
        #expect(try store.requeueOrphans() == OrphanReport())
        var all: [Asset] = []
        try store.forEachAsset {
            all.append($0)
            return true
        }
        #expect(all.isEmpty)
        #expect(try !store.removeAsset(id))
        #expect(try store.updateAsset(id, { $0.name = "x" }) == nil)
        #expect(try store.changes(since: token).changes.isEmpty)
        let reserved = staged.reservedName
        #expect(try store.assets(project: reserved).isEmpty && store.project(reserved) == nil)
        #expect(try !store.removeProject(reserved))
        #expect(throws: AssetError(.invalidArgument, "")) {
            try store.put(image(project: reserved), [1])
        }
        #expect(throws: AssetError(.invalidArgument, "")) { try store.createProject(reserved) }
        var job = renderJob()
        job.project = reserved
        #expect(throws: AssetError(.inputMissing, "")) { try store.start(job.id) }
        #expect(throws: AssetError(.inputMissing, "")) { try store.cancelJob(job.id) }
        #expect(try !store.removeJob(job.id))
        let old = HousekeepingPolicy(temporaryFrameAgeSeconds: 0, endedProjectAgeSeconds: 0)
        #expect(try store.keepHouse(old, now: .now()).jobCount == 0)
        #expect(try store.evict(byteCount: 1 << 40).frameCount == 0)

        // But they count.
        let statistics = try store.statistics()
        #expect(statistics.projects.isEmpty)
        #expect(
            statistics.assetCount == 1 && statistics.frameCount == 1 && statistics.jobCount == 1)
        #expect(try staged.usage()[.images]?.byteCount == 3000)
        #expect(try store.verify().isIntact)
        // Content is shared with what is seen.
        let twin = try store.put(image(), [UInt8](repeating: 7, count: 3000))
        #expect(try store.bytes(of: twin.id)?.count == 3000)
        #expect(try store.statistics().namespaces[.images]?.storedByteCount == twin.storedByteCount)
        #expect(try store.verify().isIntact)
    }

    @Test func publishedTheyAreSeenAllAtOnce() throws {
        let staged = try store.stageProject("p", identity: "one")
        let id = try fill(staged)
        let token = try store.changeToken()
        let published = PublishedProject(
            description: ProjectDescription(title: "t", status: .complete, quota: 10),
            createdAt: Timestamp(millisecondsSinceEpoch: 1),
            updatedAt: Timestamp(millisecondsSinceEpoch: 2),
            completedAt: Timestamp(millisecondsSinceEpoch: 3), checkpointSequence: 7)
        try store.read { before in
            try staged.publish(published)
            #expect(try store.asset(id)?.project == "p")
            // A moment before that sees nothing, though the name is known by now.
            #expect(try before.asset(id) == nil)
        }
        let project = try #require(try store.project("p"))
        #expect(project.description == published.description)
        #expect(project.updatedAt == published.updatedAt)
        #expect(project.completedAt == published.completedAt)
        #expect(try store.asset(id)?.createdAt == Timestamp(millisecondsSinceEpoch: 5))
        let job = try #require(try store.job(renderJob().id))
        #expect(job.state == .processing && job.attempt == 3 && job.error == "e")
        #expect(job.frames.count == 1)
        #expect(try store.bytes(ofFrame: 3, of: job.id) == [1, 2, 3])
        #expect(try store.segmentIndexes(of: job.id, track: 1) == [2])
        #expect(try store.scenes(of: "p").map(\.id) == ["s"])
        #expect(try store.checkpoints(of: "p").map(\.number) == [2])
        #expect(
            try store.changes(since: token).changes == [Change(kind: .put, subject: .project("p"))])
        #expect(try store.projects(status: .complete).map(\.name) == ["p"])
        #expect(try store.addCheckpoint(CheckpointDescription(stage: ""), to: "p").number == 8)
        #expect(throws: AssetError(.quotaExceeded, "")) { try store.put(image(), [1]) }
        #expect(throws: AssetError(.cancelled, "")) { try staged.publish(published) }
        #expect(throws: AssetError(.cancelled, "")) { try staged.addJob(facts()) }
        #expect(try store.start(job.id).attempt == 4)
        #expect(try store.verify().isIntact)
        try test.reopen()
        #expect(try store.asset(id)?.project == "p")
        try store.removeProject("p")
        #expect(try store.statistics().storedByteCount == 0)
        #expect(try store.verify().isIntact)
    }

    @Test func aTakenNameLeavesThemStaged() throws {
        var staged: StagedProject? = try store.stageProject("p", identity: "one")
        try staged.map { _ = try fill($0) }
        // Among the remains of a removed project is a job with the identifier of the staged one.
        try store.createProject("p")
        _ = try store.submit(renderJob())
        #expect(throws: AssetError(.alreadyExists, "")) { try staged?.publish(PublishedProject()) }
        #expect(throws: AssetError(.busy, "")) { try store.stageProject("q", identity: "one") }
        staged = nil
        let again = try store.stageProject("q", identity: "one")
        #expect(again.isResumed)
        let job = try again.addJob(facts())
        #expect(try job.hasFrame(3) && !job.hasFrame(4))
        #expect(try job.hasSegment(track: 1, index: 2) && !job.hasSegment(track: 0, index: 2))
        try again.publish(PublishedProject())
        var description = renderJob()
        description.project = "q"
        #expect(try store.job(description.id)?.frames.count == 1)
        #expect(try store.job(renderJob().id)?.frames.count == 0)
        #expect(try store.verify().isIntact)

        // Under the name of a project that is removed but not cleared away.
        let third = try store.stageProject("p", identity: "two")
        _ = try third.addJob(facts())
        _ = try store.noteRemoval(ofProject: "p")
        try third.publish(PublishedProject())
        #expect(try store.job(renderJob().id)?.attempt == 3)
        _ = try store.reclaim()
        #expect(try store.job(renderJob().id)?.attempt == 3)
        #expect(try store.verify().isIntact)
    }

    @Test func identifiersAreKeptWhereTheyAreFree() throws {
        let taken = try store.put(image(project: "other"), [1])
        let staged = try store.stageProject("p", identity: "one")
        let free = AssetID(high: 9, low: 9)
        #expect(try staged.place(of: free) == .free(free))
        guard case .free(let other) = try staged.place(of: taken.id) else {
            Issue.record("it is not stored")
            return
        }
        #expect(other != taken.id && other.high == taken.id.high && other.low >> 62 == 2)
        #expect(try staged.reference(to: taken.id) == taken.id)
        let stored = try unsafe staged.put(image(), ([5] as [UInt8]).span.bytes, id: other)
        #expect(try staged.place(of: taken.id) == .stored(stored))
        #expect(try staged.reference(to: taken.id) == other)
        // It stays so when the identifier comes free.
        try store.removeAsset(taken.id)
        #expect(try staged.place(of: taken.id) == .stored(stored))
        #expect(throws: AssetError(.alreadyExists, "")) {
            try unsafe staged.put(image(), ([6] as [UInt8]).span.bytes, id: other)
        }
        let copy = try staged.putCopy(
            of: other, image(name: "copy"), id: free, createdAt: .now())
        #expect(copy?.checksum == stored.checksum)
        #expect(try staged.putCopy(of: taken.id, image(), id: taken.id, createdAt: .now()) == nil)
        try staged.publish(PublishedProject())
        #expect(try store.bytes(of: free) == [5])
        #expect(try store.verify().isIntact)
    }

    @Test func discardedTheyLeaveNothing() throws {
        _ = try store.put(image(), [1, 2, 3])
        let before = try store.statistics()
        let staged = try store.stageProject("q", identity: "one")
        try fill(staged)
        try staged.discard()
        var after = try store.statistics()
        (after.reclaimableByteCount, after.diskByteCount) =
            (before.reclaimableByteCount, before.diskByteCount)
        #expect(after == before)
        #expect(try store.verify().isIntact)
        #expect(throws: AssetError(.cancelled, "")) { try fill(staged) }
        #expect(throws: AssetError(.cancelled, "")) { try staged.publish(PublishedProject()) }
    }

    @Test func nobodyGoesOnWithThemForever() throws {
        var held: StagedProject? = try store.stageProject("p", identity: "one")
        try held.map { _ = try fill($0) }
        do {
            let other = try store.stageProject("q", identity: "two")
            _ = try unsafe other.put(
                image(), ([4] as [UInt8]).span.bytes, id: AssetID(high: 1, low: 1))
        }
        let later = Timestamp.now().advanced(bySeconds: 10)
        _ = try store.reclaim()
        #expect(try store.statistics().assetCount == 2)
        // One is being worked on.
        #expect(try store.discardStagedProjects(untouchedSince: later) == 1)
        #expect(try store.statistics().assetCount == 1)
        held = nil
        let policy = HousekeepingPolicy(isDryRun: true)
        _ = try store.keepHouse(policy, now: later.advanced(bySeconds: 25 * 3600))
        #expect(try store.statistics().assetCount == 1)
        _ = try store.keepHouse(now: later.advanced(bySeconds: 23 * 3600))
        #expect(try store.statistics().assetCount == 1)
        _ = try store.keepHouse(now: later.advanced(bySeconds: 25 * 3600))
        #expect(try store.statistics().assetCount == 0 && store.statistics().jobCount == 0)
        #expect(try store.verify().isIntact)
    }

    @Test func theStoresQuotaHoldsForThem() throws {
        try store.setQuota(1000)
        let staged = try store.stageProject("p", identity: "one")
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(900)
        _ = try unsafe staged.put(image(), bytes.span.bytes, id: AssetID(high: 1, low: 1))
        #expect(throws: AssetError(.quotaExceeded, "")) {
            try unsafe staged.put(
                image(), random.bytes(200).span.bytes, id: AssetID(high: 1, low: 2))
        }
        #expect(throws: AssetError(.quotaExceeded, "")) { try store.put(image(), bytes + [1]) }
    }

    @Test func killedTheyAreThereToGoOnWith() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try Store.create(at: path)
            let staged = try store.stageProject("p", identity: "one")
            _ = try unsafe staged.put(
                image(), ([4] as [UInt8]).span.bytes, id: AssetID(high: 1, low: 1))
            kill(getpid(), SIGKILL)
        }
        let store = try Store.open(at: path)
        #expect(try store.verify().isIntact && store.projects().isEmpty)
        let staged = try store.stageProject("p", identity: "one")
        #expect(staged.isResumed)
        #expect(try staged.reference(to: AssetID(high: 1, low: 1)) == AssetID(high: 1, low: 1))
        try staged.publish(PublishedProject())
        #expect(try store.assets(project: "p").count == 1)
        try store.close()
    }
}
