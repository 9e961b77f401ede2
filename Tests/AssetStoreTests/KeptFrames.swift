import AssetStore
import Basics
import TestSupport
import Testing

/// A complete job keeps the frames it was asked to keep, and no others, and every counter says so
/// (P4).
@Suite struct KeptFrames {
    private func complete(
        _ retention: FrameRetention, _ indexes: some Sequence<Int>, in store: Store
    ) throws -> JobID {
        var description = renderJob(recipe: "\(retention)", frames: 30_000)
        description.retention = retention
        let lease = try store.start(try store.submit(description).id)
        let frames = FrameWriter(lease)
        for index in indexes { try frames.append(index, [1, UInt8(index % 251)]) }
        try frames.flush()
        try lease.complete()
        return lease.job
    }

    private func indexes(of job: JobID, in store: Store) throws -> [Int] {
        var indexes: [Int] = []
        try store.forEachFrame(of: job) { frame in
            indexes.append(frame.index)
            return true
        }
        return indexes
    }

    @Test(arguments: [
        (FrameRetention.untilComplete, []), (.all, [0, 1, 4, 5, 6, 9, 10, 20]),
        (.every(5), [0, 5, 10, 20]), (.every(1), [0, 1, 4, 5, 6, 9, 10, 20]),
        (.last(3), [9, 10, 20]), (.last(100), [0, 1, 4, 5, 6, 9, 10, 20]),
    ])
    func areThoseAskedFor(_ retention: FrameRetention, _ kept: [Int]) throws {
        let test = try TestStore()
        let job = try complete(retention, [20, 0, 1, 9, 10, 4, 5, 6], in: test.store)
        #expect(try indexes(of: job, in: test.store) == kept)
        let found = try #require(try test.store.job(job))
        #expect(found.frames.count == kept.count && found.description.retention == retention)
        #expect(try test.store.statistics().frameCount == kept.count)
        let report = try test.store.verify()
        #expect(report.isIntact, "\(report.damaged)")
        try test.reopen()
        #expect(try test.store.job(job)?.description.retention == retention)
        for index in kept {
            #expect(try test.store.bytes(ofFrame: index, of: job) == [1, UInt8(index)])
        }
    }

    /// More than one transaction clears away.
    @Test(arguments: [FrameRetention.every(3), .last(5)])
    func areThoseAskedForOfMany(_ retention: FrameRetention) throws {
        let test = try TestStore()
        let job = try complete(retention, 0..<18_000, in: test.store)
        let kept = try indexes(of: job, in: test.store)
        let expected =
            retention == .last(5)
            ? Array(17_995..<18_000) : Array(stride(from: 0, to: 18_000, by: 3))
        #expect((kept == expected) as Bool)
        #expect(try test.store.job(job)?.frames.count == expected.count)
        #expect(retention.retainedCount(of: 18_000) == expected.count)
        #expect(try test.store.verify().isIntact)
    }

    @Test func aNewSubmissionDecides() throws {
        let test = try TestStore()
        var description = renderJob()
        let first = try test.store.submit(description)
        #expect(first.description.retention == .untilComplete)
        description.retention = .last(2)
        let second = try test.store.submit(description)
        #expect(second.id == first.id && second.description.retention == .last(2))
    }

    @Test(arguments: ["", "every", "every:", "every:0", "last:-1", "last:x", "all:1", "every:1:2"])
    func otherTextIsNone(_ text: String) { #expect(FrameRetention(text) == nil) }

    @Test func textComesBack() {
        for retention in [FrameRetention.untilComplete, .all, .every(7), .last(1)] {
            #expect(FrameRetention(retention.description) == retention)
        }
    }
}
