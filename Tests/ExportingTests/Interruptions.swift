import AssetStore
import Basics
import Exporting
import Foundation
import Synchronization
import TestSupport
import Testing

/// A job that is killed at any point, any number of times, resumes with any number of workers to
/// the byte-identical file, and no finished frame is drawn twice (P11).
@Suite struct Interruptions {
    @Test(arguments: RenderFrameCodec.allCases)
    func theFileDoesNotDependOnTheWorkers(_ frameCodec: RenderFrameCodec) throws {
        let fixture = try RenderFixture()
        let one = try fixture.reference(workerCount: 1, frameCodec: frameCodec)
        #expect(try fixture.reference(workerCount: 2, frameCodec: frameCodec) == one)
        #expect(try fixture.reference(workerCount: 5, frameCodec: frameCodec) == one)
    }

    @Test(arguments: [
        (RenderFrameCodec.jpeg, [1, 1, 1, 2, 4, 8]), (RenderFrameCodec.lossless, [2]),
    ])
    func killedAgainAndAgain(_ frameCodec: RenderFrameCodec, _ rounds: [Int]) async throws {
        let fixture = try RenderFixture()
        let reference = try fixture.reference(workerCount: 2, frameCodec: frameCodec)
        var random = SeededGenerator(seed: 31)
        for (round, kills) in rounds.enumerated() {
            let (store, output) = (
                fixture.storePath("s\(round)"), fixture.outputPath("\(round).mp4")
            )
            for _ in 0..<kills {
                let delay = Int.random(in: 5000...700_000, using: &random)
                let workers = Int.random(in: 1...3, using: &random)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [
                        song = fixture.songPath as String, store = store as String,
                        output = output as String, delay = delay as Int, workers = workers as Int,
                        codec = frameCodec.rawValue as String
                    ] in
                    Thread.detachNewThread {
                        usleep(UInt32(delay))
                        kill(getpid(), SIGKILL)
                    }
                    let request = try RenderFixture.request(
                        song: song, output: output,
                        frameCodec: RenderFrameCodec(rawValue: codec) ?? .jpeg)
                    _ = try RenderJob.submit(request, to: Store.openOrCreate(at: store))
                        .run(workerCount: workers)
                    // It was faster than its end.
                    sleep(60)
                }
            }
            try finish(fixture, store, output, frameCodec, equals: reference)
        }
    }

    private func finish(
        _ fixture: RenderFixture, _ path: String, _ output: String,
        _ frameCodec: RenderFrameCodec, equals reference: [UInt8]
    ) throws {
        let store = try Store.openOrCreate(at: path)
        let before = try store.jobs().first
        let request = try RenderFixture.request(
            song: fixture.songPath, output: output, frameCodec: frameCodec)
        let result = try RenderJob.submit(request, to: store).run(workerCount: 2)
        if let before {
            #expect(before.id == result.job)
            #expect(
                result.frames.reused >= before.frames.count
                    || before.state == .complete && result.frames.rendered == 0)
        }
        #expect(result.frames.rendered + result.frames.reused == 151)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: output)))
        #expect((bytes == reference) as Bool, "the resumed file differs")
        let report = try store.verify()
        #expect(report.isIntact, "\(report.damaged)")
        let left = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path)
            .filter { $0.hasPrefix(".") }
        #expect(left.isEmpty)
        try store.close()
    }

    @Test(arguments: [0, 1, 30, 99, 100, 130, 150])
    func stoppedAfterSoManyFrames(_ count: Int) throws {
        let fixture = try RenderFixture()
        let reference = try fixture.reference(workerCount: 1)
        let store = try Store.create(at: fixture.storePath())
        let job = try RenderJob.submit(fixture.request(), to: store)
        let stop = Mutex(count == 0)
        #expect(throws: AssetError(.cancelled, "")) {
            try job.run(workerCount: 2) {
                stop.withLock { $0 }
            } progress: { progress in
                if progress.renderedFrameCount >= count { stop.withLock { $0 = true } }
            }
        }
        let paused = try #require(try store.job(job.id))
        #expect(paused.state == .pending && paused.frames.count >= count)
        let result = try RenderJob(job.id, in: store).run(workerCount: 2)
        #expect(result.frames.reused == paused.frames.count)
        #expect(result.frames.rendered == 151 - paused.frames.count)
        #expect(try fixture.bytes() == reference)
    }

    @Test func cancellingEndsTheWork() throws {
        let fixture = try RenderFixture()
        let store = try Store.create(at: fixture.storePath())
        let job = try RenderJob.submit(fixture.request(), to: store)
        let isCancelled = Mutex(false)
        #expect(throws: AssetError(.cancelled, "")) {
            try job.run(workerCount: 2) {
                false
            } progress: { progress in
                let isFirst = isCancelled.withLock { isCancelled in
                    defer { isCancelled = isCancelled || progress.renderedFrameCount > 10 }
                    return !isCancelled && progress.renderedFrameCount > 10
                }
                // As another process would, in the middle of it.
                if isFirst { _ = try? store.cancelJob(job.id) }
            }
        }
        #expect(try store.job(job.id)?.state == .cancelled)
        #expect(try !store.isRunning(job.id))
        #expect(!FileManager.default.fileExists(atPath: fixture.outputPath()))
        // Asked for again, it goes on.
        let result = try RenderJob.submit(fixture.request(), to: store).run()
        #expect(result.frames.reused > 0)
    }

    @Test func aFullQuotaPausesTheJob() throws {
        let fixture = try RenderFixture()
        let store = try Store.create(at: fixture.storePath(), quota: 560_000)
        let job = try RenderJob.submit(fixture.request(), to: store)
        #expect(throws: AssetError(.quotaExceeded, "")) { try job.run(workerCount: 2) }
        let paused = try #require(try store.job(job.id))
        #expect(paused.state == .pending && paused.error?.contains("quota") == true)
        #expect(try store.verify().isIntact)
        #expect(!FileManager.default.fileExists(atPath: fixture.outputPath()))
    }
}
