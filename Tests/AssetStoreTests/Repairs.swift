import Basics
import Foundation
import LMDB
import TestSupport
import Testing

@testable import AssetStore

/// Damage that is done to one table of the catalog.
enum CatalogDamage: CaseIterable {
    case wrongCounter, lostCounter, strayCounter, unreadableCounter
    case unlistedAsset, unnamedAsset, assetMissingByContent
    case strayAssetInProject, strayName, strayContentEntry
    case wrongReferenceCount, unreferencedContent, wrongStoredByteCount, strayPart
    case lostExtent, strayExtent, lostFrameExtent, freeRangeOverLive, holeOverLive
    case lostFreeRange, doubledFreeRange, shortCommittedEnd, lostPack
    case lostOpenPack, strayOpenPack, lowSequences
    case unlistedJob, jobMissingByProject, strayJobState, strayProjectJob
    case wrongFrameCounter, lostSequence, strayFrames, straySegments, straySequence
    case lostProjectName, strayProjectName, lostProject, lostProjectAndName
    case lostProjectStatus, strayProjectStatus, lostScenePlace, strayScenePlace
    case lowCheckpointSequence, lostProjectOfScenes

    /// Inflicts the damage on a store that ``DamagedStore`` made.
    func inflict(on damaged: DamagedStore) throws {
        let catalog = damaged.store.catalog
        let (asset, job, identifiers) = (damaged.asset, damaged.job, damaged.store.assetIDs)
        try catalog.environment.write { transaction in
            let record = try #require(try transaction.get(catalog.assets, asset.id))
            let content = try #require(try transaction.get(catalog.contents, asset.content))
            let sequence = try #require(try transaction.get(catalog.jobFrames, job))
            let extent = try #require(content.firstPart).extent
            let images = UsageKey(project: record.project, namespace: .images)
            let stranger = identifiers.next()
            let other = SequenceID(high: 5, low: 6)
            var pack = try #require(try transaction.get(catalog.packs, extent.pack))
            let location = PayloadLocation(
                extent: ExtentKey(pack: extent.pack, offset: pack.committedEnd - 64),
                byteCount: 0, storedByteCount: 0, packing: .none, checksum: 0,
                descriptionByteCount: 0)
            switch self {
            case .wrongCounter:
                try transaction.put(catalog.usage, images, Usage(count: 77, byteCount: 1))
            case .lostCounter: try transaction.delete(catalog.usage, images)
            case .strayCounter:
                let key = UsageKey(project: ProjectNumber(number: 99), namespace: .audio)
                try transaction.put(catalog.usage, key, Usage(count: 1))
            case .unreadableCounter:
                try transaction.put(catalog.usage, images, Usage(count: -3))
            case .unlistedAsset:
                try transaction.delete(
                    catalog.assetsByProject,
                    ProjectAssetKey(
                        project: record.project, namespace: asset.namespace.rawValue,
                        asset: asset.id))
            case .unnamedAsset:
                try transaction.delete(
                    catalog.assetsByName,
                    NameAssetKey(
                        project: record.project, name: asset.description.name, asset: asset.id))
            case .assetMissingByContent:
                try transaction.delete(
                    catalog.assetsByContent,
                    ContentAssetKey(checksum: asset.checksum, asset: asset.id))
            case .strayAssetInProject:
                try transaction.put(
                    catalog.assetsByProject,
                    ProjectAssetKey(project: record.project, namespace: 1, asset: stranger), .init()
                )
            case .strayName:
                try transaction.put(
                    catalog.assetsByName,
                    NameAssetKey(project: record.project, name: "x", asset: asset.id), .init())
            case .strayContentEntry:
                try transaction.put(
                    catalog.assetsByContent,
                    ContentAssetKey(checksum: asset.checksum, asset: stranger), .init())
            case .wrongReferenceCount:
                var content = content
                content.referenceCount = 9
                try transaction.put(catalog.contents, asset.content, content)
            case .unreferencedContent:
                // The asset goes without its content being told.
                let id = damaged.lone.id
                let lone = try #require(try transaction.get(catalog.assets, id))
                try transaction.delete(catalog.assets, id)
                try transaction.delete(
                    catalog.assetsByProject,
                    ProjectAssetKey(
                        project: lone.project, namespace: lone.description.namespace.rawValue,
                        asset: id))
                try transaction.delete(
                    catalog.assetsByName,
                    NameAssetKey(project: lone.project, name: lone.description.name, asset: id))
                try transaction.delete(
                    catalog.assetsByContent, ContentAssetKey(checksum: lone.checksum, asset: id))
            case .wrongStoredByteCount:
                var content = content
                content.storedByteCount += 5
                try transaction.put(catalog.contents, asset.content, content)
            case .strayPart:
                try transaction.put(
                    catalog.parts, PartKey(content: asset.content, part: 77),
                    PayloadRecord(location: location))
            case .lostExtent: try transaction.delete(catalog.extents, extent)
            case .strayExtent:
                // In the place of a range that is free.
                let free = try #require(try transaction.last(catalog.freeRanges, prefix: []))
                try transaction.delete(catalog.freeRanges, free.key)
                try transaction.put(
                    catalog.extents, free.key,
                    ExtentRecord(
                        byteCount: free.value.byteCount,
                        owner: RecordOwner(FrameKey(sequence: other, index: 3))))
            case .lostFrameExtent:
                let key = FrameKey(sequence: sequence.framesID, index: 0)
                let frame = try #require(try transaction.get(catalog.frames, key))
                try transaction.delete(catalog.extents, frame.location.extent)
            case .freeRangeOverLive:
                try transaction.put(
                    catalog.freeRanges, extent, FreeRangeRecord(byteCount: 128, freedBy: 1))
            case .holeOverLive:
                try transaction.put(
                    catalog.holes, ExtentKey(pack: extent.pack, offset: extent.offset + 64),
                    HoleRecord(byteCount: 64))
            case .lostFreeRange:
                let free = try #require(try transaction.last(catalog.freeRanges, prefix: []))
                try transaction.delete(catalog.freeRanges, free.key)
            case .doubledFreeRange:
                var free = try #require(try transaction.last(catalog.freeRanges, prefix: []))
                free.key.offset += 64
                try transaction.put(catalog.freeRanges, free.key, free.value)
            case .shortCommittedEnd:
                pack.committedEnd = 4096
                try transaction.put(catalog.packs, extent.pack, pack)
            case .lostPack: try transaction.delete(catalog.packs, extent.pack)
            case .lostOpenPack: try transaction.delete(catalog.openPacks, extent.pack)
            case .strayOpenPack:
                try transaction.put(catalog.openPacks, PackID(number: 1000), .init())
            case .lowSequences:
                var store = try #require(try transaction.get(catalog.store, StoreKey()))
                store.packSequence = 0
                store.projectSequence = 0
                try transaction.put(catalog.store, StoreKey(), store)
            case .unlistedJob:
                try transaction.delete(
                    catalog.jobsByState, StateJobKey(state: JobState.pending.rawValue, job: job))
            case .jobMissingByProject:
                try transaction.delete(
                    catalog.jobsByProject, ProjectJobKey(project: record.project, job: job))
            case .strayJobState:
                try transaction.put(
                    catalog.jobsByState, StateJobKey(state: JobState.error.rawValue, job: job),
                    .init())
            case .strayProjectJob:
                try transaction.put(
                    catalog.jobsByProject,
                    ProjectJobKey(project: record.project, job: JobID(high: 1, low: 2)), .init())
            case .wrongFrameCounter:
                var sequence = sequence
                sequence.frames.count = 1
                try transaction.put(catalog.jobFrames, job, sequence)
            case .lostSequence: try transaction.delete(catalog.jobFrames, job)
            case .strayFrames:
                try transaction.put(
                    catalog.frames, FrameKey(sequence: other, index: 1),
                    FrameRecord(codec: 1, width: 1, height: 1, location: location))
            case .straySegments:
                try transaction.put(
                    catalog.segments, SegmentKey(sequence: other, track: 1, index: 1),
                    PayloadRecord(location: location))
            case .straySequence:
                try transaction.put(
                    catalog.jobFrames, JobID(high: 3, low: 4),
                    SequenceRecord(
                        project: record.project, framesID: other,
                        segmentsID: SequenceID(high: 7, low: 8)))
            case .lostProjectName:
                try transaction.delete(catalog.projectsByName, ProjectNameKey(name: "p"))
            case .lostProjectStatus:
                try transaction.delete(
                    catalog.projectsByStatus, StatusProjectKey(.idle, record.project))
            case .strayProjectStatus:
                try transaction.put(
                    catalog.projectsByStatus, StatusProjectKey(.failed, record.project), .init())
            case .lostScenePlace:
                let place = try #require(try transaction.last(catalog.scenesByIndex, prefix: []))
                try transaction.delete(catalog.scenesByIndex, place.key)
            case .strayScenePlace:
                var place = try #require(try transaction.last(catalog.scenesByIndex, prefix: []))
                place.key.index += 7
                try transaction.put(catalog.scenesByIndex, place.key, .init())
            case .lowCheckpointSequence:
                var project = try #require(
                    try transaction.get(catalog.projects, damaged.planned))
                project.checkpointSequence = 1
                try transaction.put(catalog.projects, damaged.planned, project)
            case .lostProjectOfScenes:
                try transaction.delete(catalog.projects, damaged.planned)
            case .strayProjectName:
                try transaction.put(
                    catalog.projectsByName, ProjectNameKey(name: "nobody"),
                    ProjectNumberRecord(project: ProjectNumber(number: 50)))
            case .lostProject: try transaction.delete(catalog.projects, record.project)
            case .lostProjectAndName:
                try transaction.delete(catalog.projects, record.project)
                try transaction.delete(catalog.projectsByName, ProjectNameKey(name: "p"))
            }
        }
    }
}

/// A store that is to be damaged, and what it held before.
struct DamagedStore {
    let test: TestStore
    var store: Store { test.store }
    /// One of two with the same content.
    let asset: Asset
    /// A project with scenes and checkpoints alone.
    let planned: ProjectNumber
    /// The only one with its content.
    let lone: Asset
    let job: JobID
    let contents: [AssetID: [UInt8]]
    let frames: [[UInt8]]

    init(seed: UInt64 = 1) throws {
        test = try TestStore(quota: 1 << 40)
        var random = SeededGenerator(seed: seed)
        var contents: [AssetID: [UInt8]] = [:]
        let store = test.store
        func put(_ description: AssetDescription, _ bytes: [UInt8]) throws -> Asset {
            let asset = try store.put(description, bytes)
            contents[asset.id] = bytes
            return asset
        }
        let shared = random.bytes(10_000)
        asset = try put(image(), shared)
        _ = try put(image(project: "q", name: ""), shared)
        _ = try put(image(name: "long"), random.bytes(Limits.partByteCount * 2 + 100))
        lone = try put(image(name: "lone"), random.bytes(5000))
        for number in 0..<20 { _ = try put(image(name: "\(number)"), random.bytes(300)) }
        let submitted = try store.submit(renderJob())
        job = submitted.id
        let lease = try store.start(job)
        let writer = FrameWriter(lease)
        var frames: [[UInt8]] = []
        for index in 0..<5 {
            frames.append(random.bytes(2000 + index))
            try writer.append(index, frames[index])
        }
        try writer.flush()
        self.frames = frames
        let segment = random.bytes(700)
        unsafe try lease.putSegment(track: 0, index: 0, segment.span.bytes)
        try lease.pause(nil)
        // Something that is free, between what lives.
        let gone = try store.put(image(), random.bytes(9000))
        _ = try put(image(name: "last"), random.bytes(400))
        try store.removeAsset(gone.id)
        self.contents = contents
        _ = try store.createProject("planned")
        try store.putScene(ProjectScene(id: "s", index: 3), in: "planned")
        try store.addCheckpoint(CheckpointDescription(stage: "s"), to: "planned")
        try store.addCheckpoint(CheckpointDescription(stage: "s"), to: "planned")
        let catalog = store.catalog
        planned = try #require(
            try catalog.environment.read { try catalog.project(named: "planned", in: $0) })
        // Closing it notes that everything in the pack is known.
        try test.reopen()
    }

    /// Asserts that nothing was lost but `lost`.
    func checkContents(except lost: Set<AssetID> = []) throws {
        for (id, bytes) in contents where !lost.contains(id) {
            #expect((try store.bytes(of: id) == bytes) as Bool)
        }
        for (index, bytes) in frames.enumerated() {
            #expect((try store.bytes(ofFrame: index, of: job) == bytes) as Bool)
        }
    }
}

/// What can be repaired is, counters among it (P4), and nothing is harmed (P3).
@Suite struct Repairs {
    @Test(arguments: CatalogDamage.allCases)
    func damageIsReportedAndMended(_ damage: CatalogDamage) throws {
        let damaged = try DamagedStore()
        let before = try damaged.store.verify()
        #expect(before.isIntact, "\(before.damaged)")
        try damage.inflict(on: damaged)
        let found = try damaged.store.verify()
        #expect(!found.isIntact && found.repairedCount == 0)
        let report = try damaged.store.verify(repairing: true)
        #expect(report.isIntact, "\(report.damaged)")
        #expect(report.repairedCount > 0 && report.repaired.count == report.repairedCount)
        let again = try damaged.store.verify(repairing: true)
        #expect(again.isIntact && again.repairedCount == 0, "\(again.repaired)")
        let lost: Set<AssetID> = damage == .unreferencedContent ? [damaged.lone.id] : []
        try damaged.checkContents(except: lost)
        // The store goes on.
        let more = try damaged.store.put(image(), [1, 2, 3, 4])
        _ = try damaged.store.reclaim()
        #expect(try damaged.store.bytes(of: more.id) == [1, 2, 3, 4])
        try damaged.checkContents(except: lost)
        try damaged.test.reopen()
        try damaged.checkContents(except: lost)
        #expect(try damaged.store.verify().isIntact)
    }

    @Test func muchDamageAtOnceIsMended() throws {
        var random = SeededGenerator(seed: 3)
        for round in 0..<6 {
            let damaged = try DamagedStore(seed: UInt64(round))
            // Each of these leaves the others something to damage.
            let order = CatalogDamage.allCases.filter {
                ![
                    .unreferencedContent, .lostPack, .lostProject, .lostSequence, .lostFreeRange,
                    .lostScenePlace, .lostProjectOfScenes,
                ].contains($0)
            }.shuffled(using: &random)
            for damage in order.prefix(10) { try damage.inflict(on: damaged) }
            let report = try damaged.store.verify(repairing: true)
            #expect(report.isIntact, "\(order.prefix(10)): \(report.damaged)")
            try damaged.checkContents()
        }
    }

    @Test func aDamagedPayloadStaysAndIsReported() throws {
        let damaged = try DamagedStore()
        let catalog = damaged.store.catalog
        let extent = try #require(
            try catalog.environment.read {
                try $0.get(catalog.contents, damaged.lone.content)?.firstPart?.extent
            })
        let pack = try File("\(damaged.test.path)/packs/\(extent.pack).pack", [.write])
        let wrong: [UInt8] = [0, 1, 2, 3]
        unsafe try pack.write(wrong.span.bytes, at: Int(extent.offset) + 164)
        let report = try damaged.store.verify(repairing: true)
        #expect(report.repairedCount == 0 && report.damageCount == 1)
        #expect(report.damaged.first?.id == damaged.lone.id.description)
        try damaged.checkContents(except: [damaged.lone.id])
    }

    @Test func whatLostItsContentKeepsItsBytes() throws {
        let damaged = try DamagedStore()
        let (catalog, id) = (damaged.store.catalog, damaged.asset.content)
        let content = try #require(
            try catalog.environment.read { try $0.get(catalog.contents, id) })
        _ = try catalog.environment.write { try $0.delete(catalog.contents, id) }
        let report = try damaged.store.verify(repairing: true)
        #expect(!report.isIntact)
        // Whoever knows the record can put it back.
        try catalog.environment.write { try $0.put(catalog.contents, id, content) }
        let mended = try damaged.store.verify(repairing: true)
        #expect(mended.isIntact, "\(mended.damaged)")
        try damaged.checkContents()
    }

    @Test func repairingHarmsNoWriter() throws {
        let damaged = try DamagedStore()
        let store = damaged.store
        let isDone = Monitor(false)
        let writers = try (0..<3).map { number in
            try WorkerThread(name: "writer") {
                var random = SeededGenerator(seed: UInt64(number))
                while !isDone.withLock({ $0 }) {
                    #expect(throws: Never.self) {
                        let asset = try store.put(
                            image(project: "w\(number)"), random.bytes(2000))
                        if random.next() % 2 == 0 { try store.removeAsset(asset.id) }
                    }
                }
            }
        }
        for damage in CatalogDamage.allCases.filter({
            [.wrongCounter, .wrongReferenceCount, .strayFrames, .unlistedAsset, .lostExtent]
                .contains($0)
        }) {
            try damage.inflict(on: damaged)
            let report = try store.verify(repairing: true)
            #expect(report.repairedCount > 0)
        }
        isDone.update { $0 = true }
        for writer in writers { writer.join() }
        let report = try store.verify()
        #expect(report.isIntact, "\(report.damaged)")
        try damaged.checkContents()
    }
}
