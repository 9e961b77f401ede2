import AssetStore
import Basics
import TestSupport
import Testing

/// The store against a model in memory, under random operations and reopening; counters equal a
/// recount at every check (P4).
@Suite struct RandomOperations {
    private struct Model {
        var assets: [AssetID: (asset: Asset, bytes: [UInt8])] = [:]
        var jobs: [JobID: JobModel] = [:]
    }

    private struct JobModel {
        var project: String
        var state = JobState.pending
        var attempt = 0
        var frames: [Int: [UInt8]] = [:]
        var segments: [Int: [UInt8]] = [:]
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func agreeWithTheModel(seed: UInt64) throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: seed)
        var model = Model()
        for step in 0..<600 {
            try change(&model, test, &random)
            if step % 120 == 119 { try compare(model, test.store) }
            if step % 97 == 96 { try test.reopen() }
            if step % 41 == 40 { _ = try test.store.reclaim() }
        }
        try test.reopen()
        try compare(model, test.store)
    }

    private func change(
        _ model: inout Model, _ test: TestStore, _ random: inout SeededGenerator
    ) throws {
        let store = test.store
        let project = ["a", "b", "ab"].randomElement(using: &random) ?? "a"
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35:
            let size =
                Int.random(in: 0..<40, using: &random) == 0
                ? Limits.partByteCount + Int.random(in: 0..<1000, using: &random)
                : Int.random(in: 0..<3000, using: &random)
            let bytes = random.bytes(size)
            var description = image(project: project)
            description.namespace = [.images, .videos, .audio].randomElement(using: &random)!
            let asset = try store.put(description, bytes)
            model.assets[asset.id] = (asset, bytes)
        case 35..<55:
            let id = model.assets.keys.sorted().randomElement(using: &random)
            guard let id else { return }
            #expect(try store.removeAsset(id))
            model.assets[id] = nil
        case 55..<62:
            let recipe = "{\"n\":\(Int.random(in: 0..<12, using: &random))}"
            let job = try store.submit(renderJob(project: project, recipe: recipe))
            if model.jobs[job.id] == nil { model.jobs[job.id] = JobModel(project: project) }
        case 62..<92:
            guard let id = model.jobs.keys.sorted().randomElement(using: &random) else { return }
            try work(on: id, &model, store, &random)
        case 92..<96:
            guard let id = model.jobs.keys.sorted().randomElement(using: &random) else { return }
            let isOpen = [.pending, .processing].contains(model.jobs[id]?.state)
            #expect(try store.cancelJob(id) == isOpen)
            if isOpen { model.jobs[id]?.state = .cancelled }
        default:
            guard let id = model.jobs.keys.sorted().randomElement(using: &random) else { return }
            #expect(try store.removeJob(id))
            model.jobs[id] = nil
        }
    }

    private func work(
        on id: JobID, _ model: inout Model, _ store: Store, _ random: inout SeededGenerator
    ) throws {
        guard var job = model.jobs[id] else { return }
        let lease = try store.start(id)
        job.attempt += 1
        job.state = .processing
        let writer = FrameWriter(lease)
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            let index = Int.random(in: 0..<40, using: &random)
            let bytes = random.bytes(Int.random(in: 1..<2000, using: &random))
            try writer.append(index, bytes)
            job.frames[index] = bytes
        }
        try writer.flush()
        if Bool.random(using: &random) {
            let index = Int.random(in: 0..<5, using: &random)
            let bytes = random.bytes(Int.random(in: 1..<500, using: &random))
            unsafe try lease.putSegment(track: 0, index: index, bytes.span.bytes)
            job.segments[index] = bytes
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            try lease.fail("no")
            job.state = .error
        case 1:
            try lease.pause(nil)
            job.state = .pending
        case 2:
            let keepsFrames = Bool.random(using: &random)
            var writer = try store.makeWriter(for: image(project: job.project))
            let bytes = random.bytes(100)
            unsafe try writer.write(bytes.span.bytes)
            let asset = try lease.complete(output: writer, keepingFrames: keepsFrames)
            model.assets[asset.id] = (asset, bytes)
            job.state = .complete
            job.segments = [:]
            if !keepsFrames { job.frames = [:] }
        default:
            // The worker dies without a word.
            lease.abandon()
        }
        model.jobs[id] = job
    }

    private func compare(_ model: Model, _ store: Store) throws {
        let report = try store.verify()
        #expect(report.isIntact, "\(report.damaged)")
        #expect(report.assetsChecked == model.assets.count)
        var seen: Set<AssetID> = []
        for project in ["a", "b", "ab"] {
            let assets = try store.assets(project: project)
            let order = assets.map { ($0.namespace.rawValue, $0.id) }
            #expect(zip(order, order.dropFirst()).allSatisfy { $0 < $1 })
            for asset in assets {
                seen.insert(asset.id)
                #expect((model.assets[asset.id]?.asset == asset) as Bool, "\(asset.id)")
                let bytes = try store.bytes(of: asset.id)
                #expect((bytes == model.assets[asset.id]?.bytes) as Bool, "\(asset.id)")
            }
        }
        #expect(seen == Set(model.assets.keys))
        let jobs = try store.jobs()
        #expect(Set(jobs.map(\.id)) == Set(model.jobs.keys))
        for job in jobs {
            let expected = try #require(model.jobs[job.id])
            #expect(job.state == expected.state && job.attempt == expected.attempt)
            #expect(job.frames.count == expected.frames.count)
            for index in 0..<40 {
                #expect(
                    try store.bytes(ofFrame: index, of: job.id) == expected.frames[index])
            }
            #expect(
                try store.segmentIndexes(of: job.id, track: 0) == expected.segments.keys.sorted())
            for (index, bytes) in expected.segments {
                let stored = try store.withSegment(track: 0, index: index, of: job.id) { span in
                    unsafe span.withUnsafeBytes { unsafe Array($0) }
                }
                #expect(stored == bytes)
            }
        }
        let statistics = try store.statistics()
        #expect(statistics.assetCount == model.assets.count)
        #expect(statistics.jobCount == model.jobs.count)
    }
}
