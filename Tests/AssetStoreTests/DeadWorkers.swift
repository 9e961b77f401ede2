import AssetStore
import Basics
import Foundation
import TestSupport
import Testing

/// Jobs whose worker died wait again, unless they kill every worker (P11).
@Suite struct DeadWorkers {
    /// Starts a job, stores frames, and lets go of it as a dying process does.
    private static func crash(_ store: Store, _ job: JobID, frames: Range<Int>) throws {
        let lease = try store.start(job)
        let writer = FrameWriter(lease)
        for index in frames { try writer.append(index, [1, 2, 3]) }
        try writer.flush()
        lease.abandon()
    }

    @Test func theirJobsWaitAgainWithAllTheyStored() throws {
        let test = try TestStore()
        let store = test.store
        let orphan = try store.submit(renderJob()).id
        let other = try store.submit(renderJob(project: "q")).id
        let running = try store.submit(renderJob(recipe: "1")).id
        let waiting = try store.submit(renderJob(recipe: "2")).id
        for job in [orphan, other] { try Self.crash(store, job, frames: 0..<5) }
        let lease = try store.start(running)
        #expect(try store.requeueOrphans(ofProject: "none") == OrphanReport())
        #expect(try store.requeueOrphans(ofProject: "p").requeued == [orphan])
        #expect(try store.requeueOrphans().requeued == [other])
        #expect(try store.requeueOrphans() == OrphanReport())
        let job = try #require(try store.job(orphan))
        #expect(job.state == .pending && job.attempt == 1 && job.frames.count == 5)
        #expect(job.error?.contains("died") == true && job.completedAt == nil)
        #expect(try store.job(running)?.state == .processing)
        #expect(try store.job(waiting)?.state == .pending)
        try lease.pause(nil)
        #expect(try store.start(orphan).attempt == 2)
        #expect(try store.verify().isIntact)
    }

    @Test func aJobThatKillsEveryWorkerIsGivenUp() throws {
        let test = try TestStore()
        let store = test.store
        let job = try store.submit(renderJob()).id
        // A worker that brings something new is none of them.
        for round in 0..<5 {
            try Self.crash(store, job, frames: round..<round + 1)
            #expect(try store.requeueOrphans().requeued == [job])
        }
        for round in 1...3 {
            // The same frame again is nothing new.
            try Self.crash(store, job, frames: 0..<1)
            let report = try store.requeueOrphans()
            #expect(report.failed == (round == 3 ? [job] : []))
            #expect(try store.job(job)?.crashCount == round)
        }
        let failed = try #require(try store.job(job))
        #expect(failed.state == .error && failed.frames.count == 5)
        #expect(failed.error?.contains("3 times") == true && failed.completedAt != nil)
        // Asked for all the same, it gets as many tries again.
        try Self.crash(store, job, frames: 0..<1)
        #expect(try store.requeueOrphans().requeued == [job])
        #expect(try store.job(job)?.crashCount == 1)
        #expect(try store.verify().isIntact)
    }

    @Test func startingAnOrphanCountsItsCrashToo() throws {
        let test = try TestStore()
        let store = test.store
        let job = try store.submit(renderJob()).id
        for _ in 0..<3 { try Self.crash(store, job, frames: 0..<0) }
        #expect(try store.job(job)?.crashCount == 2)
        #expect(try store.requeueOrphans().failed == [job])
    }

    @Test func aNewSegmentIsSomethingNew() throws {
        let test = try TestStore()
        let store = test.store
        let job = try store.submit(renderJob()).id
        for index in 0..<4 {
            let lease = try store.start(job)
            let bytes: [UInt8] = [1]
            unsafe try lease.putSegment(track: 0, index: index, bytes.span.bytes)
            lease.abandon()
            #expect(try store.requeueOrphans().requeued == [job])
        }
        #expect(try store.job(job)?.crashCount == 0)
    }

    @Test func orAllAreMarkedForSomebodyToLookAt() throws {
        let test = try TestStore()
        var jobs: Set<JobID> = []
        for number in 0..<600 {
            let job = try test.store.submit(renderJob(recipe: "\(number)")).id
            try Self.crash(test.store, job, frames: 0..<1)
            jobs.insert(job)
        }
        let report = try test.store.requeueOrphans(markingAsError: true)
        #expect(Set(report.failed) == jobs && report.failed.count == 600)
        #expect(report.requeued.isEmpty)
        #expect(try test.store.jobs(state: .error).count == 600)
        #expect(try test.store.verify().isIntact)
    }

    @Test func aKilledProcessIsFoundAtOnce() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        for round in 1...2 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, round = round as Int] in
                let store = try Store.openOrCreate(at: path)
                let job = try store.submit(renderJob()).id
                let writer = FrameWriter(try store.start(job))
                try writer.append(round, [1])
                try writer.flush()
                kill(getpid(), SIGKILL)
            }
            let store = try Store.open(at: path)
            let job = renderJob().id
            #expect(try !store.isRunning(job))
            #expect(try store.requeueOrphans().requeued == [job])
            #expect(try store.job(job)?.frames.count == round)
            #expect(try store.job(job)?.attempt == round)
            #expect(try store.verify().isIntact)
            try store.close()
        }
    }
}
