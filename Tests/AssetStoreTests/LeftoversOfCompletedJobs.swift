import AssetStore
import Basics
import TestSupport
import Testing

/// What a completed job no longer needs is gone with the transaction that completes it, however
/// soon its worker dies afterwards.
@Suite struct LeftoversOfCompletedJobs {
    @Test(arguments: [false, true]) func goWithTheCompletion(keepingFrames: Bool) throws {
        let test = try TestStore()
        let job = try test.store.submit(renderJob())
        let lease = try test.store.start(job.id)
        let frames = FrameWriter(lease)
        for index in 0..<10 { try frames.append(index, [UInt8](repeating: 1, count: 1000)) }
        try frames.flush()
        let bytes: [UInt8] = [1]
        unsafe try lease.putSegment(track: 0, index: 0, bytes.span.bytes)
        var video = try test.store.makeWriter(for: image())
        unsafe try video.write(bytes.span.bytes)
        let asset = try lease.complete(output: video, keepingFrames: keepingFrames)
        let completed = try #require(try test.store.job(job.id))
        #expect(completed.output == asset.id && completed.state == .complete)
        #expect(completed.frames.count == (keepingFrames ? 10 : 0))
        #expect(try test.store.segmentIndexes(of: job.id, track: 0) == [])
        #expect(try test.store.statistics().namespaces[.jobs]?.storedByteCount == 0)
        #expect(try test.store.verify().isIntact)
    }

    /// A segment of no bytes leaves no trace in any counter.
    @Test func areAlsoSegmentsWithoutBytes() throws {
        let test = try TestStore()
        let job = try test.store.submit(renderJob())
        let lease = try test.store.start(job.id)
        unsafe try lease.putSegment(track: 1, index: 3, [UInt8]().span.bytes)
        try lease.complete(keepingFrames: false)
        #expect(try test.store.segmentIndexes(of: job.id, track: 1) == [])
        #expect(try test.store.verify().isIntact)
    }
}
