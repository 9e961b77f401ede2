import Basics
import Foundation
import TestSupport
import Testing

@testable import AssetStore

/// A removed project is gone at once and whole, also when its remover dies on the way (P2).
@Suite struct RemovedProjects {
    private static func fill(_ store: Store, _ project: String, _ count: Int) throws -> JobID {
        for index in 0..<count {
            _ = try store.put(image(project: project), Array("\(project) \(index)".utf8))
        }
        let job = try store.submit(renderJob(project: project))
        let lease = try store.start(job.id)
        let writer = FrameWriter(lease)
        for index in 0..<count { try writer.append(index, [UInt8](repeating: 3, count: 500)) }
        try writer.flush()
        let bytes: [UInt8] = [1, 2]
        unsafe try lease.putSegment(track: 0, index: 0, bytes.span.bytes)
        try lease.pause(nil)
        return job.id
    }

    @Test func leaveNothing() throws {
        let test = try TestStore()
        let kept = try Self.fill(test.store, "kept", 20)
        let before = try test.store.statistics()
        let asset = try test.store.put(image(project: "gone"), [1, 2, 3])
        let job = try Self.fill(test.store, "gone", 30)
        #expect(try test.store.removeProject("gone"))
        #expect(try !test.store.removeProject("gone"))
        #expect(try test.store.asset(asset.id) == nil && test.store.job(job) == nil)
        #expect(try test.store.frame(0, of: job) == nil)
        #expect(try test.store.jobs().map(\.id) == [kept])
        let after = try test.store.statistics()
        #expect(after.namespaces == before.namespaces && after.projects == before.projects)
        #expect(try test.store.verify().isIntact)
        // The name is free, and the same work is new work.
        let again = try Self.fill(test.store, "gone", 5)
        #expect(again == job)
        #expect(try test.store.job(job)?.frames.count == 5)
        #expect(try test.store.verify().isIntact)
    }

    @Test func areInvisibleBeforeTheyAreClearedAway() throws {
        let test = try TestStore()
        let job = try Self.fill(test.store, "p", 30)
        let asset = try #require(try test.store.assets(project: "p").first)
        // The first transaction of a removal, whose process dies then.
        try test.store.noteRemoval(ofProject: "p")
        let check = {
            let store = test.store
            #expect(try store.asset(asset.id) == nil && store.assets(project: "p") == [])
            #expect(try store.assets(project: "p", named: asset.description.name) == [])
            #expect(try store.withBytes(of: asset.id) { _ in 0 } == nil)
            #expect(try store.job(job) == nil && store.jobs() == [])
            #expect(try store.frame(3, of: job) == nil)
            #expect(try store.withSegment(track: 0, index: 0, of: job) { _ in 0 } == nil)
            #expect(throws: AssetError(.inputMissing, "")) { try store.start(job) }
            #expect(try !store.removeAsset(asset.id) && !store.noteRemoval(ofJob: job))
            var count = 0
            try store.forEachAsset { _ in
                count += 1
                return true
            }
            #expect(count == 0)
            #expect(try store.statistics().assetCount == 0)
            #expect(try store.verify().isIntact)
        }
        try check()
        try test.reopen()
        try check()
        // The same name, the same work, beside what is left of the old.
        let again = try Self.fill(test.store, "p", 3)
        #expect(again == job)
        #expect(try test.store.job(job)?.frames.count == 3)
        #expect(try test.store.verify().isIntact)
        _ = try test.store.reclaim()
        #expect(try test.store.verify().isIntact)
        let statistics = try test.store.statistics()
        #expect(statistics.assetCount == 3 && statistics.frameCount == 3)
        #expect(statistics.namespaces[.frames]?.storedByteCount == 1500)
    }

    @Test(arguments: 0..<6) func killedOnTheWayAreFinishedLater(step: Int) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, step = step as Int] in
            let store = try Store.create(at: path)
            for project in ["a", "b"] { _ = try Self.fill(store, project, 60) }
            try store.noteRemoval(ofProject: "a")
            var count = 0
            try store.clearRemovals(countMax: 10) {
                count += 1
                if count > 2 * step { kill(getpid(), SIGKILL) }
                return false
            }
            kill(getpid(), SIGKILL)
        }
        let store = try Store.open(at: path)
        #expect(try store.verify().isIntact)
        #expect(try store.assets(project: "a") == [] && store.assets(project: "b").count == 60)
        _ = try store.reclaim()
        #expect(try store.verify().isIntact)
        let statistics = try store.statistics()
        #expect(statistics.assetCount == 60 && statistics.frameCount == 60)
        #expect(statistics.reclaimableByteCount == 0)
        try store.close()
    }
}
