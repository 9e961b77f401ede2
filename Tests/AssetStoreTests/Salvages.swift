import Basics
import Foundation
import TestSupport
import Testing

@testable import AssetStore

/// A store whose catalog is lost is made anew from its packs (P1, P3).
@Suite struct Salvages {
    /// A closed store's directory, what it held, and how its catalog is broken.
    struct Broken {
        let directory: TemporaryDirectory
        let assets: [AssetID: (asset: Asset, bytes: [UInt8])]
        let frames: [[UInt8]]
        var path: String { directory.file("store") }
        var mended: String { directory.file("mended") }
        var pack: String { "\(path)/packs/0000000000000001.pack" }

        init(seed: UInt64 = 1) throws {
            let damaged = try DamagedStore(seed: seed)
            directory = damaged.test.directory
            frames = damaged.frames
            var assets: [AssetID: (asset: Asset, bytes: [UInt8])] = [:]
            for (id, bytes) in damaged.contents {
                assets[id] = (try #require(try damaged.store.asset(id)), bytes)
            }
            self.assets = assets
            try damaged.store.close()
            let garbage = Data([UInt8](repeating: 0xA5, count: 100_000))
            try garbage.write(to: URL(fileURLWithPath: "\(path)/catalog/data.mdb"))
        }

        /// Asserts that what is in the new store is what was in the old one, and returns how much.
        func check(_ store: Store) throws -> (assets: Int, frames: Int) {
            let report = try store.verify()
            #expect(report.isIntact, "\(report.damaged)")
            var found = (assets: 0, frames: 0)
            for (id, entry) in assets {
                guard let asset = try store.asset(id) else { continue }
                found.assets += 1
                #expect(asset.description == entry.asset.description)
                #expect(asset.createdAt == entry.asset.createdAt)
                #expect(asset.checksum == entry.asset.checksum)
                #expect((try store.bytes(of: id) == entry.bytes) as Bool)
            }
            for (index, bytes) in frames.enumerated() {
                guard let stored = try store.bytes(ofFrame: index, of: renderJob().id) else {
                    continue
                }
                found.frames += 1
                #expect((stored == bytes) as Bool)
            }
            return found
        }
    }

    @Test func everythingThatIsDescribedComesBack() throws {
        let broken = try Broken()
        #expect(throws: (any Error).self) { try Store.open(at: broken.path) }
        let report = try Store.salvage(from: broken.path, to: broken.mended)
        #expect(report.isComplete, "\(report.losses)")
        let store = try Store.open(at: broken.mended)
        let found = try broken.check(store)
        // Of two with the same content, the first is described.
        #expect(found.assets == broken.assets.count - 1 && found.frames == broken.frames.count)
        // And one that was removed has come back.
        #expect(report.assetCount == found.assets + 1 && report.frameCount == found.frames)
        #expect(report.jobCount == 1 && report.skippedSegmentCount == 1)
        let job = try #require(try store.job(renderJob().id))
        #expect(job.description.kind == JobDescription.salvagedKind && job.state == .pending)
        #expect(job.description.frameCount == broken.frames.count)
        // The same work goes on with the frames.
        let again = try store.submit(renderJob())
        #expect(again.id == job.id && again.description == renderJob())
        #expect(again.frames.count == broken.frames.count)
        let lease = try store.start(again.id)
        try lease.complete(keepingFrames: true)
        _ = try broken.check(store)
        #expect(try FileSystem.names(in: broken.mended) == ["catalog", "packs"])
        try store.close()
    }

    @Test func flippedBitsCostWhatTheyHit() throws {
        for seed in 0..<12 {
            let broken = try Broken(seed: UInt64(seed))
            var random = SeededGenerator(seed: UInt64(100 + seed))
            let file = try File(broken.pack, [.write])
            let end = try file.byteCount()
            let flips = 1 + seed * 3
            for _ in 0..<flips {
                // Small things are many in few bytes, so most flips are meant for them.
                let low = random.next() % 4 == 0 ? 0 : max(0, end - 60_000)
                let place = Int.random(in: low..<end, using: &random)
                let byte = try file.read(at: place, count: 1)[0] ^ (1 << (random.next() % 8))
                unsafe try file.write([byte].span.bytes, at: place)
            }
            let report = try Store.salvage(from: broken.path, to: broken.mended)
            let store = try Store.open(at: broken.mended)
            let found = try broken.check(store)
            #expect(found.assets >= broken.assets.count - 1 - flips)
            #expect(found.frames >= broken.frames.count - flips)
            #expect(report.assetCount <= broken.assets.count)
            try store.close()
        }
    }

    @Test func headersThatLieHideNothing() throws {
        let broken = try Broken()
        let file = try File(broken.pack, [.write])
        let end = (try file.byteCount() + 63) / 64 * 64
        var random = SeededGenerator(seed: 6)
        // Behind the last record: headers within the reach of others, each intact and each a lie.
        for index in 0..<3000 {
            var location = DamagedRecords.location { location in
                location.storedByteCount = [UInt64(200_000), 1 << 30, 0xFFFF_FFFF][index % 3]
                location.byteCount = [location.storedByteCount, .max, 0][index / 3 % 3]
                location.descriptionByteCount = index % 5 == 0 ? .max : 0
                location.checksum = random.next()
            }
            location.packing = index % 2 == 0 ? .none : .zstd
            let owner = RecordOwner(
                kind: [.part, .frame, .segment][index % 3], high: random.next(),
                low: random.next(), track: 0, index: index % 7 == 0 ? .max : UInt64(index))
            let header = RecordHeader(location, owner: owner, namespace: .images)
            unsafe try file.write(header.encoded().span.bytes, at: end + index * 64)
        }
        // An asset that says it has more than can be, one twice, and a frame of no project.
        let asset = try #require(broken.assets.values.first?.asset)
        let descriptions: [RecordDescription] = [
            .asset(
                asset.id, project: "", record(of: asset, byteCount: 1 << 50), isReplayable: false),
            .asset(
                asset.id, project: "p", record(of: asset, byteCount: 1 << 50), isReplayable: false),
            .asset(asset.id, project: "p", record(of: asset, byteCount: 3), isReplayable: true),
            .frame(
                JobID(high: 1, low: 2), FrameFacts(codec: 1, width: 2, height: 2), project: ""),
            .frame(
                JobID(high: 1, low: 2), FrameFacts(codec: 1, width: 1 << 31, height: 2),
                project: "p"),
        ]
        var place = end + 3000 * 64
        for (number, description) in descriptions.enumerated() {
            let (payload, described) = ([1, 2, 3] as [UInt8], description.encoded())
            let location = DamagedRecords.location { location in
                location.checksum = unsafe checksum64(payload.span.bytes)
                location.descriptionByteCount = UInt32(described.count)
            }
            let isFrame = if case .frame = description { true } else { false }
            let owner = RecordOwner(
                kind: isFrame ? .frame : .part, high: 77, low: UInt64(number), track: 0, index: 0)
            let header = RecordHeader(location, owner: owner, namespace: .images)
            _ = unsafe try file.write(
                header.encoded().span.bytes, payload.span.bytes, described.span.bytes, at: place,
                durably: false)
            place += Int(location.recordByteCount)
        }
        let report = try Store.salvage(from: broken.path, to: broken.mended)
        #expect(report.damagedCount >= 3000)
        let store = try Store.open(at: broken.mended)
        let found = try broken.check(store)
        #expect(found.assets >= broken.assets.count - 2 && found.frames == broken.frames.count)
        try store.close()
    }

    private func record(of asset: Asset, byteCount: UInt64) -> Asset.Record {
        var description = asset.description
        description.project = ""
        return Asset.Record(
            description: description, project: .wholeStore, content: asset.content,
            byteCount: byteCount, storedByteCount: 3, checksum: asset.checksum,
            createdAt: asset.createdAt)
    }

    @Test func randomBytesAreNoPack() throws {
        var random = SeededGenerator(seed: 9)
        for round in 0..<20 {
            let directory = try TemporaryDirectory()
            try FileSystem.makeDirectory(directory.file("store"))
            try FileSystem.makeDirectory(directory.file("store/packs"))
            let file = try File(
                directory.file("store/packs/0000000000000001.pack"), [.write, .create])
            unsafe try file.write(random.bytes(round * 1111).span.bytes, at: 0)
            try FileSystem.makeDirectory(directory.file("store/packs/0000000000000002.pack"))
            let report = try Store.salvage(
                from: directory.file("store"), to: directory.file("mended"))
            #expect(report.assetCount == 0 && report.damagedCount == 0)
            #expect(try Store.open(at: directory.file("mended")).verify().isIntact)
        }
    }

    @Test func whatIsBeingWrittenToIsLeftAlone() throws {
        let test = try TestStore()
        _ = try test.store.put(image(), [1, 2, 3])
        let path = test.directory.file("mended")
        #expect(throws: AssetError(.busy, "")) { try Store.salvage(from: test.path, to: path) }
        #expect(throws: AssetError(.inputMissing, "")) {
            try Store.salvage(from: test.directory.path, to: path)
        }
        try test.store.close()
        #expect(throws: AssetError(.cancelled, "")) {
            try Store.salvage(from: test.path, to: path) { _, _ in false }
        }
        #expect(try FileSystem.names(in: test.directory.path) == ["store"])
        #expect(try Store.salvage(from: test.path, to: path).assetCount == 1)
        #expect(throws: AssetError(.alreadyExists, "")) {
            try Store.salvage(from: test.path, to: path)
        }
    }

    @Test func killedItLeavesNothingInTheWay() async throws {
        let broken = try Broken()
        for call in [1, 3, 6] {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = broken.path as String, mended = broken.mended as String, call = call as Int]
                in
                var calls = 0
                _ = try Store.salvage(from: path, to: mended) { _, _ in
                    calls += 1
                    if calls > call { kill(getpid(), SIGKILL) }
                    return true
                }
            }
            #expect(try FileSystem.kind(of: broken.mended) == nil)
        }
        #expect(try Store.salvage(from: broken.path, to: broken.mended).isComplete)
        let left = try FileSystem.names(in: broken.directory.path)
        #expect(left.allSatisfy { !$0.hasSuffix(".unfinished") })
        let store = try Store.open(at: broken.mended)
        #expect(try broken.check(store).frames == broken.frames.count)
    }

    @Test func whatWasMovedComesBackOnce() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        let (store, kept) = try Compactions.mostlyDead(at: path, count: 400)
        // The old places are still there: a reader may see them.
        try store.read { _ in _ = try store.compact(liveShare: 1) }
        try store.close()
        try FileSystem.removeTree("\(path)/catalog")
        let mended = directory.file("mended")
        _ = try Store.salvage(from: path, to: mended)
        let again = try Store.open(at: mended)
        for (id, bytes) in kept { #expect((try again.bytes(of: id) == bytes) as Bool) }
        #expect(try again.verify().isIntact)
        try again.close()
    }
}
