import Basics
import LMDB
import TestSupport
import Testing

@testable import AssetStore

@Suite struct LeftoversOfCompletedJobs {
    /// A worker may be killed after its job is complete and before its frames are removed.
    @Test func framesOfACompletedJobAreRemovedLater() throws {
        let test = try TestStore()
        let job = try test.store.submit(renderJob())
        var lease: JobLease? = try test.store.start(job.id)
        let frames = FrameWriter(try #require(lease))
        for index in 0..<10 { try frames.append(index, [UInt8](repeating: 1, count: 1000)) }
        try frames.flush()
        let (catalog, id) = (test.store.catalog, job.id)
        var video = try test.store.makeWriter(for: image())
        let bytes: [UInt8] = [1]
        unsafe try video.write(bytes.span.bytes)
        // What `JobLease.complete` does in its first step.
        _ = try video.finish { asset, transaction in
            var record = try #require(try transaction.get(catalog.jobs, id))
            record.state = .complete
            record.output = asset
            try catalog.put(id, record, replacing: .processing, in: transaction)
        }
        try test.store.removeLeftovers(of: id, keepingFrames: false)
        #expect(try test.store.job(id)?.frames.count == 10)
        lease?.abandon()
        lease = nil
        try test.store.removeLeftovers(of: id, keepingFrames: false)
        #expect(try test.store.job(id)?.frames.count == 0)
        #expect(try test.store.verify().isIntact)
    }
}
