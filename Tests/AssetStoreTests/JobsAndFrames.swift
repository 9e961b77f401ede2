import AssetStore
import Basics
import Synchronization
import TestSupport
import Testing

/// Jobs go through their states, frames come back as they were, and what is missing is said (P13).
@Suite struct JobsAndFrames {
    @Test func theSameWorkIsTheSameJob() throws {
        let test = try TestStore()
        let first = try test.store.submit(renderJob())
        #expect(try test.store.submit(renderJob()).id == first.id)
        #expect(try test.store.submit(renderJob(recipe: "{\"fps\":30}")).id != first.id)
        #expect(try test.store.submit(renderJob(project: "q")).id != first.id)
        #expect(try test.store.jobs().count == 3)
        #expect(try test.store.jobs(project: "p").count == 2)
        #expect(try test.store.jobs(state: .pending).count == 3)
        #expect(try test.store.jobs(state: .complete).isEmpty)
    }

    @Test func framesComeInAnyOrderWithHoles() throws {
        let test = try TestStore()
        let job = try test.store.submit(renderJob())
        var random = SeededGenerator(seed: 5)
        let writer = FrameWriter(try test.store.start(job.id))
        var frames: [Int: [UInt8]] = [:]
        for index in Array(0..<100).shuffled(using: &random) where index % 7 != 3 {
            frames[index] = random.bytes(Int.random(in: 1...20_000, using: &random))
            try writer.append(index, frames[index]!)
        }
        try writer.append(5, [1, 2, 3])
        frames[5] = [1, 2, 3]
        try writer.flush()
        try test.reopen()
        for index in 0..<100 {
            #expect(try test.store.bytes(ofFrame: index, of: job.id) == frames[index])
        }
        let missing = try test.store.missingFrames(of: job.id, count: 103)
        #expect(missing.flatMap { $0 } == (0..<103).filter { frames[$0] == nil })
        let now = try #require(try test.store.job(job.id))
        #expect(now.frames.count == frames.count)
        #expect(now.frames.byteCount == frames.values.reduce(0) { $0 + $1.count })
        #expect(try test.store.verify().isIntact)
    }

    /// `flush` came back while the last frames' `onDurable` were still to be called.
    @Test func whoIsToBeToldWasToldWhenFlushReturns() throws {
        let test = try TestStore()
        let job = try test.store.submit(renderJob())
        let writer = FrameWriter(try test.store.start(job.id))
        let told = Atomic(0)
        for round in 1...200 {
            for index in 0..<3 {
                try unsafe writer.append(
                    index, FrameFacts(codec: 1, width: 2, height: 2), [UInt8(index)].span.bytes
                ) { told.add(1, ordering: .relaxed) }
            }
            try writer.flush()
            #expect(told.load(ordering: .relaxed) == 3 * round)
        }
    }

    @Test func aLaterAttemptFencesTheEarlierOne() throws {
        let test = try TestStore()
        let job = try test.store.submit(renderJob())
        var lease: JobLease? = try test.store.start(job.id)
        #expect(throws: AssetError(.busy, "")) { try test.store.start(job.id) }
        #expect(throws: AssetError(.busy, "")) { try test.store.removeJob(job.id) }
        let stale = FrameWriter(try #require(lease))
        try test.store.cancelJob(job.id)
        #expect(throws: AssetError(.cancelled, "")) {
            try stale.append(0, [1])
            try stale.flush()
        }
        #expect(throws: AssetError(.cancelled, "")) { try stale.append(1, [1]) }
        lease = nil
        #expect(try test.store.job(job.id)?.frames.count == 0)
        #expect(try test.store.verify().isIntact)
    }

    @Test func completingIsOneStep() throws {
        let test = try TestStore()
        let job = try test.store.submit(renderJob())
        do {
            let lease = try test.store.start(job.id)
            let frames = FrameWriter(lease)
            for index in 0..<2500 { try frames.append(index, [UInt8(index % 251)]) }
            try frames.flush()
            let segment: [UInt8] = [1, 2, 3]
            unsafe try lease.putSegment(track: 0, index: 4, segment.span.bytes)
            #expect(try test.store.segmentIndexes(of: job.id, track: 0) == [4])
            #expect(try test.store.segmentIndexes(of: job.id, track: 1) == [])
            var video = try test.store.makeWriter(
                for: AssetDescription(namespace: .videos, project: "p", mediaType: "video/mp4"))
            unsafe try video.write(segment.span.bytes)
            let asset = try lease.complete(output: video, keepingFrames: false)
            #expect(try test.store.bytes(of: asset.id) == segment)
            let done = try #require(try test.store.job(job.id))
            #expect(done.state == .complete && done.output == asset.id)
            #expect(done.attempt == 1 && done.completedAt != nil)
            #expect(done.frames == Usage())
            #expect(try test.store.segmentIndexes(of: job.id, track: 0).isEmpty)
            #expect(throws: AssetError(.staleAttempt, "")) {
                try frames.append(0, [1])
                try frames.flush()
            }
        }
        #expect(try test.store.removeJob(job.id))
        #expect(try !test.store.removeJob(job.id))
        let statistics = try test.store.statistics()
        #expect(statistics.jobCount == 0 && statistics.frameCount == 0)
        #expect(statistics.assetCount == 1)
        #expect(try test.store.verify().isIntact)
    }
}
