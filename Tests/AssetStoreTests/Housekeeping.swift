import Basics
import Foundation
import TestSupport
import Testing

@testable import AssetStore

/// What nobody is going to need goes when it is old enough, and nothing else does (P7).
@Suite struct Housekeeping {
    private static let day = 24.0 * 3600

    /// A job with five frames of 100 bytes and a segment, left by `end`.
    private static func job(
        _ store: Store, project: String = "p", kind: String = "render", recipe: String,
        _ end: (JobLease) throws -> Void
    ) throws -> JobID {
        let job = try store.submit(
            JobDescription(
                project: project, kind: kind, recipe: recipe, submission: "{}", frameCount: 5))
        let lease = try store.start(job.id)
        let writer = FrameWriter(lease)
        for index in 0..<5 { try writer.append(index, [UInt8](repeating: 1, count: 100)) }
        try writer.flush()
        let bytes: [UInt8] = [1, 2]
        unsafe try lease.putSegment(track: 0, index: 0, bytes.span.bytes)
        try end(lease)
        return job.id
    }

    private func frameCount(_ job: JobID, in store: Store) throws -> Int? {
        try store.job(job)?.frames.count
    }

    @Test func removesFramesOfJobsThatNobodyFinishes() throws {
        let test = try TestStore()
        let store = test.store
        let dead = try Self.job(store, recipe: "dead") { $0.abandon() }
        let failed = try Self.job(store, recipe: "failed") { try $0.fail("no") }
        let paused = try Self.job(store, recipe: "paused") { try $0.pause(nil) }
        let cancelled = try Self.job(store, recipe: "cancelled") { try store.cancelJob($0.job) }
        let complete = try Self.job(store, recipe: "complete") {
            try $0.complete(keepingFrames: true)
        }
        let sequence = try Self.job(store, kind: "sequence", recipe: "sequence") { $0.abandon() }
        var living: JobLease?
        let running = try Self.job(store, recipe: "running") { living = $0 }
        let kept = [complete, sequence, running]
        let gone = [dead, failed, paused, cancelled]

        // The last frame decides, not the begin of the attempt.
        let now = Timestamp.now()
        #expect(try store.keepHouse(now: now.advanced(bySeconds: Self.day - 60)).jobCount == 0)
        var dry = HousekeepingPolicy()
        dry.isDryRun = true
        let later = now.advanced(bySeconds: Self.day + 60)
        let before = try store.statistics()
        let planned = try store.keepHouse(dry, now: later)
        #expect(try store.statistics().storedByteCount == before.storedByteCount)
        let done = try store.keepHouse(now: later)
        #expect(done == planned)
        #expect(Set(done.jobs) == Set(gone) && done.jobCount == 4 && done.projectCount == 0)
        #expect(done.frameCount == 20 && done.storedByteCount == 4 * 502)
        for job in gone {
            #expect(try frameCount(job, in: store) == 0)
            #expect(try store.segmentIndexes(of: job, track: 0) == [])
        }
        for job in kept { #expect(try frameCount(job, in: store) == 5) }
        #expect(
            try store.statistics().storedByteCount == before.storedByteCount - done.storedByteCount)
        #expect(try store.verify().isIntact)
        // The same work finds the same job, and renders again.
        #expect(try store.missingFrames(of: dead, count: 5) == [0..<5])
        #expect(try store.keepHouse(now: later) == HousekeepingReport())

        var all = HousekeepingPolicy(temporaryFrameKinds: nil)
        #expect(try store.keepHouse(all, now: later).jobs == [sequence])
        try #require(living).abandon()
        all.temporaryFrameAgeSeconds = nil
        #expect(try store.keepHouse(all, now: later).jobCount == 0)
        #expect(try store.keepHouse(now: later).jobs == [running])
        #expect(try store.verify().isIntact)
    }

    /// An attempt may take days, and its worker may have died a minute ago.
    @Test func framesAreAsOldAsTheLastOfThem() throws {
        let test = try TestStore()
        let job = try test.store.submit(renderJob()).id
        let lease = try test.store.start(job)
        usleep(20_000)
        let moment = Timestamp.now()
        usleep(20_000)
        let writer = FrameWriter(lease)
        try writer.append(0, [1])
        try writer.flush()
        lease.abandon()
        let policy = HousekeepingPolicy(temporaryFrameAgeSeconds: 0)
        #expect(try test.store.keepHouse(policy, now: moment).jobCount == 0)
        #expect(try test.store.keepHouse(policy, now: moment.advanced(bySeconds: 60)).jobs == [job])
    }

    @Test func removesProjectsThatWereGivenUp() throws {
        let test = try TestStore()
        let store = test.store
        for (name, status) in [
            ("failed", .failed), ("cancelled", .cancelled), ("complete", .complete),
            ("idle", .idle), ("going", .inProgress),
        ] as [(String, ProjectStatus)] {
            try store.createProject(name, ProjectDescription(status: status))
            _ = try store.put(image(project: name), Array(name.utf8))
            _ = try Self.job(store, project: name, recipe: name) { try $0.pause(nil) }
        }
        let now = Timestamp.now()
        let policy = HousekeepingPolicy(temporaryFrameAgeSeconds: nil)
        let sixDays = now.advanced(bySeconds: 6.9 * Self.day)
        let eightDays = now.advanced(bySeconds: 8 * Self.day)
        #expect(try store.keepHouse(policy, now: sixDays) == HousekeepingReport())
        var lease: JobLease? = try store.start(try store.jobs(project: "failed")[0].id)
        #expect(try store.keepHouse(policy, now: eightDays).projects == ["cancelled"])
        try #require(lease).pause(nil)
        lease = nil
        var dry = policy
        dry.isDryRun = true
        let planned = try store.keepHouse(dry, now: eightDays)
        #expect(planned.projects == ["failed"] && planned.assetCount == 1)
        #expect(planned.frameCount == 5 && planned.storedByteCount == 6 + 502)
        #expect(try store.keepHouse(policy, now: eightDays) == planned)
        #expect(try store.projects().map(\.name) == ["complete", "going", "idle"])
        #expect(try store.statistics().assetCount == 3)
        #expect(try store.verify().isIntact)
    }

    @Test func keepsProjectsThatSomebodyStillUses() throws {
        let test = try TestStore()
        let store = test.store
        for name in ["asset", "job", "touched"] {
            try store.createProject(name, ProjectDescription(status: .cancelled))
        }
        usleep(20_000)
        let moment = Timestamp.now()
        usleep(20_000)
        _ = try store.put(image(project: "asset"), [1])
        _ = try store.submit(renderJob(project: "job"))
        try store.updateProject("touched") { $0.title = "still here" }
        let policy = HousekeepingPolicy(endedProjectAgeSeconds: 0)
        #expect(try store.keepHouse(policy, now: moment).projectCount == 0)
        usleep(2000)
        #expect(try store.keepHouse(policy).projectCount == 3)
        #expect(try store.verify().isIntact)
    }

    @Test func refusesImpossibleAgesAndCanBeStopped() throws {
        let test = try TestStore()
        try test.store.createProject("p", ProjectDescription(status: .failed))
        for age in [-1, .nan, .infinity] as [Double] {
            #expect(throws: AssetError(.invalidArgument, "")) {
                try test.store.keepHouse(HousekeepingPolicy(temporaryFrameAgeSeconds: age))
            }
        }
        usleep(2000)
        #expect(throws: AssetError(.cancelled, "")) {
            try test.store.keepHouse(HousekeepingPolicy(endedProjectAgeSeconds: 0)) { true }
        }
        #expect(try test.store.project("p") != nil)
    }

    @Test(arguments: [200, 900, 2500, 7000]) func killedOnTheWayItIsFinishedByTheNext(
        microseconds: Int
    ) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, microseconds = microseconds as Int] in
            let store = try Store.create(at: path)
            for number in 0..<20 {
                let project = "p\(number)"
                _ = try Self.job(store, project: project, recipe: "") { $0.abandon() }
                for index in 0..<5 { _ = try store.put(image(project: project), [UInt8(index)]) }
                if number % 2 == 0 {
                    try store.updateProject(project) { $0.status = .failed }
                }
            }
            Thread.detachNewThread {
                usleep(UInt32(microseconds))
                kill(getpid(), SIGKILL)
            }
            let later = Timestamp.now().advanced(bySeconds: 30 * Self.day)
            _ = try store.keepHouse(now: later)
            kill(getpid(), SIGKILL)
        }
        let store = try Store.open(at: path)
        #expect(try store.verify().isIntact)
        _ = try store.keepHouse(now: Timestamp.now().advanced(bySeconds: 30 * Self.day))
        #expect(try store.projects().count == 10 && store.statistics().frameCount == 0)
        #expect(try store.statistics().assetCount == 50)
        #expect(try store.verify().isIntact)
        try store.close()
    }

    @Test func evictsTheOldestKeptFramesAndNothingElse() throws {
        let test = try TestStore()
        let store = test.store
        _ = try store.put(image(), [UInt8](repeating: 9, count: 5000))
        var over: [JobID] = []
        for number in 0..<3 {
            over.append(
                try Self.job(store, recipe: "complete \(number)") {
                    try $0.complete(keepingFrames: true)
                })
            usleep(3000)
        }
        over.append(
            try Self.job(store, recipe: "cancelled") { try store.cancelJob($0.job) })
        let paused = try Self.job(store, recipe: "paused") { try $0.pause(nil) }
        let failed = try Self.job(store, recipe: "failed") { try $0.fail("no") }
        let dead = try Self.job(store, recipe: "dead") { $0.abandon() }
        func counts() throws -> [Int?] { try over.map { try frameCount($0, in: store) } }

        #expect(throws: AssetError(.invalidArgument, "")) { try store.evict(byteCount: -1) }
        #expect(try store.evict(byteCount: 0) == EvictionReport())
        let before = try store.estimate().storedByteCount
        let first = try store.evict(byteCount: 250)
        #expect(first.frameCount == 3 && first.storedByteCount == 300 && first.jobs == [over[0]])
        #expect(try counts() == [2, 5, 5, 5])
        #expect(try store.missingFrames(of: over[0], count: 5) == [0..<3])
        #expect(try store.estimate().storedByteCount == before - 300)
        #expect(try store.verify().isIntact)
        let second = try store.evict(byteCount: 800)
        #expect(second.jobs == [over[0], over[1], over[2]] && second.frameCount == 8)
        #expect(try counts() == [0, 0, 4, 5])
        let policy = EvictionPolicy(sparesCancelledJobs: true)
        #expect(try store.evict(byteCount: .max, EvictionPolicy(project: "q")).frameCount == 0)
        #expect(try store.evict(byteCount: .max, EvictionPolicy(kinds: ["x"])).frameCount == 0)
        #expect(try store.evict(byteCount: .max, policy).frameCount == 4)
        #expect(try counts() == [0, 0, 0, 5])
        #expect(try store.evict(byteCount: .max).frameCount == 5)
        #expect(try counts() == [0, 0, 0, 0])
        for job in [paused, failed, dead] { #expect(try frameCount(job, in: store) == 5) }
        // Segments of the cancelled job stay.
        #expect(try store.segmentIndexes(of: over[3], track: 0) == [0])
        #expect(try store.statistics().assetCount == 1)
        #expect(try store.verify().isIntact)
    }
}
