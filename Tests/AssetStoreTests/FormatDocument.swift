import AssetStore
import Basics
import Foundation
import LMDB
import TestSupport
import Testing

/// What `docs/format.md` says is what lies on the disk: a store is written by the code and read by
/// the document alone.
@Suite struct FormatDocument {
    let tables: FormatTables

    init() throws { tables = try FormatTables(besideTestsOf: #filePath) }

    @Test func namesTheTablesOfTheCatalog() throws {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/AssetStore/Catalog/Catalog.swift").standardized
        let code = try String(contentsOf: source, encoding: .utf8)
        let opened = code.matches(of: /existingTable\("(\w+)"\)/).map { String($0.1) }
        #expect(!opened.isEmpty)
        #expect(tables.catalogTables.map(\.name) == opened)
    }

    @Test func everyEntryOfEveryTableReadsAsDocumented() throws {
        let sample = try SampleStore()
        for table in tables.catalogTables {
            let entries = try sample.entries(of: table.name)
            #expect(!entries.isEmpty, "the sample has nothing in \(table.name)")
            for (key, value) in entries {
                let fields = try tables.read(key, as: table.key, bigEndian: true)
                if table.value == "–" {
                    #expect(value.isEmpty)
                    continue
                }
                let version = try tables.read(value, as: table.value)
                    .number(table.value == "StoreRecord" ? "formatVersion" : "version")
                #expect(version == (table.name == "store" ? 2 : 1), "\(table.name) \(fields)")
            }
        }
    }

    @Test func assetsAndTheirParts() throws {
        let sample = try SampleStore()
        let asset = sample.asset
        let (key, value) = try sample.only(
            "assets", key: "AssetID", value: "Asset.Record", tables)
        #expect(key.number("high") == asset.id.high && key.number("low") == asset.id.low)
        #expect(value.number("namespace") == 3)
        #expect(value.number("byteCount") == UInt64(asset.byteCount))
        #expect(value.number("storedByteCount") == UInt64(asset.storedByteCount))
        #expect(value.number("checksumHigh") == asset.checksum.high)
        #expect(value.number("checksumLow") == asset.checksum.low)
        #expect(value.number("createdAt") == UInt64(asset.createdAt.millisecondsSinceEpoch))
        #expect(value.number("project") == 1)
        #expect(value.text("kind") == "kind" && value.text("name") == "name")
        #expect(value.text("mediaType") == "audio/flac" && value.text("parameters") == "{}")
        #expect(value.number("width") == 3 && value.number("height") == 4)
        #expect(value.real("durationSeconds") == 1.5 && value.number("frameRate") == nil)
        #expect(value.number("sampleRate") == 48_000 && value.number("channelCount") == 2)
        #expect(value.number("attributeCount") == 2)
        #expect(
            value.bytes("attributes") == [1, 0, 0, 0, 0x61, 1, 0, 0, 0, 0x31]
                + [1, 0, 0, 0, 0x62, 0, 0, 0, 0])

        let (contentKey, content) = try sample.only(
            "contents", key: "ContentID", value: "ContentRecord", tables)
        #expect(contentKey.number("high") == value.number("contentHigh"))
        #expect(contentKey.number("low") == value.number("contentLow"))
        #expect(content.number("referenceCount") == 1 && content.number("namespace") == 3)
        for field in ["byteCount", "storedByteCount", "checksumHigh", "checksumLow"] {
            #expect(content.number(field) == value.number(field), "\(field)")
        }
        let first = try tables.read(
            try #require(content.bytes("firstPart")), as: "PayloadLocation")
        #expect(first.number("byteCount") == UInt64(Limits.partByteCount))
        let (partKey, part) = try sample.only(
            "parts", key: "PartKey", value: "PayloadRecord", tables)
        #expect(partKey.number("low") == contentKey.number("low"))
        #expect(partKey.number("part") == 1)
        let second = try tables.read(try #require(part.bytes("location")), as: "PayloadLocation")
        #expect(second.number("byteCount") == 5)
        let owner = try sample.only("assetsByProject", key: "ProjectAssetKey", tables).key
        #expect(owner.number("project") == 1 && owner.number("namespace") == 3)
        #expect(owner.number("high") == asset.id.high && owner.number("low") == asset.id.low)
        let name = try sample.only("assetsByName", key: "NameAssetKey", tables).key
        #expect(name.number("project") == 1 && name.number("low") == asset.id.low)
        #expect(name.number("nameHash") == checksum(Array("name".utf8)[...]))
        let byContent = try sample.only("assetsByContent", key: "ContentAssetKey", tables).key
        #expect(byContent.number("checksumHigh") == asset.checksum.high)
        #expect(byContent.number("checksumLow") == asset.checksum.low)
        #expect(byContent.number("low") == asset.id.low)
    }

    @Test func projects() throws {
        let sample = try SampleStore()
        let (key, value) = try sample.only(
            "projects", key: "ProjectNumber", value: "ProjectRecord", tables)
        #expect(key.number("number") == 1 && value.text("name") == "project")
        #expect(value.number("quota") == 1 << 39)
        let (name, number) = try sample.only(
            "projectsByName", key: "ProjectNameKey", value: "ProjectNumberRecord", tables)
        #expect(name.text("name") == "project" && number.number("project") == 1)
        #expect(value.text("title") == "title" && value.text("summary") == "summary")
        #expect(value.text("stage") == "stage" && value.real("percent") == 12.5)
        #expect(value.text("error") == "error" && value.text("specification") == "{}")
        #expect(value.number("isStaged") == 0)
        #expect(value.number("status") == 4)
        #expect(value.number("completedAt").map { $0 > 0 } == true)
        let status = try sample.only("projectsByStatus", key: "StatusProjectKey", tables).key
        #expect(status.number("status") == 4 && status.number("project") == 1)
        let (removal, _) = try sample.only(
            "removals", key: "RemovalKey", value: "RemovalRecord", tables)
        #expect(removal.number("kind") == 2 && removal.number("low") == 8)
    }

    @Test func scenesAndCheckpoints() throws {
        let sample = try SampleStore()
        let id = [sample.asset.id.high, sample.asset.id.low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> ($0 * 8)) }
        }
        let job = [sample.job.id.high, sample.job.id.low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> ($0 * 8)) }
        }
        let (key, scene) = try sample.only(
            "scenes", key: "SceneKey", value: "ProjectScene.Record", tables)
        #expect(key.number("project") == 1 && key.text("scene") == "scene")
        #expect(scene.number("index") == 258 && scene.number("status") == 2)
        #expect(scene.text("title") == "title" && scene.text("specification") == "[]")
        #expect(scene.number("assetCount") == 1)
        #expect(scene.bytes("assets") == [5, 0, 0, 0] + Array("voice".utf8) + id)
        let place = try sample.only("scenesByIndex", key: "PlacedSceneKey", tables).key
        #expect(place.number("project") == 1 && place.number("index") == 258)
        #expect(place.text("scene") == "scene")

        let (number, checkpoint) = try sample.only(
            "checkpoints", key: "CheckpointKey", value: "Checkpoint.Record", tables)
        #expect(number.number("project") == 1 && number.number("number") == 1)
        let project = try sample.only("projects", value: "ProjectRecord", tables).value
        #expect(project.number("checkpointSequence") == 1)
        #expect(checkpoint.number("createdAt").map { $0 > 0 } == true)
        #expect(checkpoint.number("completedCount") == 2 && checkpoint.number("totalCount") == 3)
        #expect(checkpoint.text("stage") == "stage" && checkpoint.real("percent") == 12.5)
        #expect(checkpoint.text("data") == "[1]")
        #expect(checkpoint.number("assetCount") == 1 && checkpoint.number("jobCount") == 1)
        #expect(
            checkpoint.bytes("references")
                == [1, 0, 0, 0, 0x61] + id + [1, 0, 0, 0, 0x62] + job)
    }

    @Test func changesInTheOrderOfCommits() throws {
        let sample = try SampleStore()
        let entries = try sample.entries(of: "changes")
        for (index, (key, value)) in entries.enumerated() {
            let key = try tables.read(key, as: "ChangeKey", bigEndian: true)
            #expect(key.number("number") == UInt64(index + 1))
            let change = try tables.read(value, as: "ChangeRecord")
            if index == 0 {
                #expect(change.number("kind") == 1 && change.number("subjectKind") == 4)
                #expect(change.number("low") == 1 && change.text("name") == "project")
            } else if index == 1 {
                #expect(change.number("kind") == 3 && change.number("subjectKind") == 4)
            } else if index == 2 {
                #expect(change.number("kind") == 1 && change.number("subjectKind") == 1)
                #expect(change.number("low") == sample.asset.id.low)
            }
        }
    }

    @Test func jobsWithFramesAndSegments() throws {
        let sample = try SampleStore()
        let id = sample.job.id
        let (key, value) = try sample.only("jobs", key: "JobID", value: "Job.Record", tables)
        #expect(key.number("high") == id.high && key.number("low") == id.low)
        #expect(value.number("state") == 4 && value.number("attempt") == 1)
        #expect(
            value.number("createdAt") == UInt64(sample.job.createdAt.millisecondsSinceEpoch))
        #expect(
            value.number("startedAt")
                == sample.job.startedAt.map { UInt64($0.millisecondsSinceEpoch) })
        #expect(
            value.number("completedAt")
                == sample.job.completedAt.map { UInt64($0.millisecondsSinceEpoch) })
        #expect(value.text("error") == "why it failed")
        #expect(value.number("outputHigh") == nil && value.number("outputLow") == nil)
        #expect(value.number("project") == 1 && value.text("kind") == "render")
        #expect(value.text("recipe") == "[1]" && value.text("submission") == "[2]")
        #expect(value.number("frameCount") == 7)
        #expect(value.number("crashCount") == 0 && value.number("progressAtStart") == 0)
        #expect(value.number("retention") == 3 && value.number("retentionNumber") == 7)

        let state = try sample.only("jobsByState", key: "StateJobKey", tables).key
        #expect(state.number("state") == 4 && state.number("low") == id.low)
        let project = try sample.only("jobsByProject", key: "ProjectJobKey", tables).key
        #expect(project.number("project") == 1 && project.number("low") == id.low)
        let (owner, sequence) = try sample.only(
            "jobFrames", key: "JobID", value: "SequenceRecord", tables)
        #expect(owner.number("low") == id.low && sequence.number("project") == 1)
        let frame = try sample.only("frames", key: "FrameKey", value: "FrameRecord", tables)
        #expect(frame.key.number("low") == sequence.number("framesLow"))
        #expect(
            frame.key.number("high") == sequence.number("framesHigh")
                && frame.key.number("index") == 5)
        #expect(frame.value.number("codec") == 9)
        #expect(frame.value.number("width") == 640 && frame.value.number("height") == 480)
        let segment = try sample.only("segments", key: "SegmentKey", tables).key
        #expect(segment.number("low") == sequence.number("segmentsLow"))
        #expect(segment.number("track") == 2 && segment.number("index") == 258)
        #expect(sequence.number("changedAt").map { $0 > 0 } == true)
        let counted = try tables.read(try #require(sequence.bytes("frames")), as: "Usage")
        #expect(counted.number("count") == 1)
        #expect(counted.number("byteCount") == 77 && counted.number("storedByteCount") == 77)
    }

    @Test func countersOfProjectsAndOfTheStore() throws {
        let sample = try SampleStore()
        var found: [String: UInt64] = [:]
        for (key, value) in try sample.entries(of: "usage") {
            let key = try tables.read(key, as: "UsageKey", bigEndian: true)
            let value = try tables.read(value, as: "Usage")
            let scope = "\(key.number("project") ?? 99) \(key.number("namespace") ?? 0)"
            found[scope] = value.number("byteCount")
        }
        let audio = UInt64(sample.asset.byteCount)
        #expect(
            found == [
                "0 3": audio, "1 3": audio, "0 4": 77, "1 4": 77, "0 5": 33, "1 5": 33,
            ])
    }

    @Test func packsAndWhatLiesInThem() throws {
        let sample = try SampleStore()
        let (key, record) = try sample.only(
            "packs", key: "PackID", value: "PackRecord", tables)
        #expect(key.number("number") == 1 && record.number("state") == 1)
        #expect(record.number("capacity") == 256 << 20 && record.number("isSwept") == 1)
        let pack = try sample.pack(1)
        #expect(record.number("committedEnd") == UInt64(pack.count))

        #expect(tables.byteCount(of: "PackHeader") == 4096)
        let header = try tables.read(Array(pack[..<4096]), as: "PackHeader")
        let store = try sample.only("store", value: "StoreRecord", tables).value
        #expect(header.text("magic") == "ASSTPACK" && header.number("version") == 1)
        #expect(header.number("zero") == 0 && header.number("pack") == 1)
        #expect(header.number("storeHigh") == store.number("high"))
        #expect(header.number("storeLow") == store.number("low"))
        #expect(header.number("checksum") == checksum(pack[..<40]))
        #expect(header.bytes("padding")?.allSatisfy { $0 == 0 } == true)
        #expect(store.number("packSequence") == 1 && store.number("quota") == 1 << 40)
        #expect(store.number("formatVersion") == 2 && store.number("projectSequence") == 1)

        var known: [Range<UInt64>] = []
        for (key, value) in try sample.entries(of: "extents") {
            let extent = try tables.read(key, as: "ExtentKey", bigEndian: true)
            let owner = try tables.read(value, as: "ExtentRecord")
            known.append(try check(extent, owner, in: pack))
        }
        for (key, value) in try sample.entries(of: "freeRanges") {
            let extent = try tables.read(key, as: "ExtentKey", bigEndian: true)
            let range = try tables.read(value, as: "FreeRangeRecord")
            let offset = try #require(extent.number("offset"))
            known.append(offset..<offset + (try #require(range.number("byteCount"))))
            #expect(try #require(range.number("freedBy")) > 1)
        }
        for (key, value) in try sample.entries(of: "holes") {
            let extent = try tables.read(key, as: "ExtentKey", bigEndian: true)
            let hole = try tables.read(value, as: "HoleRecord")
            let offset = try #require(extent.number("offset"))
            known.append(offset..<offset + (try #require(hole.number("byteCount"))))
        }
        // A swept pack has no byte that is not accounted for.
        known.sort { $0.lowerBound < $1.lowerBound }
        #expect(known.first?.lowerBound == 4096)
        #expect(known.last?.upperBound == UInt64(pack.count))
        #expect(zip(known, known.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    }

    /// Holds the record at an extent against the header's layout and the catalog's entries.
    private func check(
        _ extent: FormatFields, _ owner: FormatFields, in pack: [UInt8]
    ) throws -> Range<UInt64> {
        let start = Int(try #require(extent.number("offset")))
        let byteCount = Int(try #require(owner.number("byteCount")))
        #expect(start % 64 == 0 && byteCount % 64 == 0)
        #expect(tables.byteCount(of: "RecordHeader") == 64)
        let header = try tables.read(Array(pack[start..<start + 64]), as: "RecordHeader")
        #expect(header.text("magic") == "REC2")
        for field in ["ownerKind", "ownerHigh", "ownerLow", "ownerTrack", "ownerIndex"] {
            #expect(header.number(field) == owner.number(field), "\(field)")
        }
        let stored = Int(try #require(header.number("storedByteCount")))
        let described = Int(try #require(header.number("descriptionByteCount")))
        #expect(byteCount == (64 + stored + described + 63) / 64 * 64)
        #expect(header.number("checksum") == checksum(pack[start + 64..<start + 64 + stored]))
        #expect(header.number("headerChecksum") == checksum(pack[start..<start + 56]))

        let namespaces: [UInt64: UInt64] = [1: 3, 2: 4, 3: 5]
        let kind = try #require(header.number("ownerKind"))
        #expect(header.number("namespace") == namespaces[kind])
        // The sample's asset is one byte repeated.
        #expect(header.number("packing") == (kind == 1 && stored < 1000 && stored != 5 ? 1 : 0))
        #expect((described == 0) == (kind == 3 || kind == 1 && header.number("ownerIndex") == 0))
        if described > 0 {
            let place = start + 64 + stored
            try checkDescription(Array(pack[place..<place + described]), kind: kind)
        }
        #expect(kind != 2 || header.number("ownerIndex") == 5 && stored == 77)
        #expect(
            kind != 3
                || header.number("ownerTrack") == 2 && header.number("ownerIndex") == 258
                    && stored == 33
        )
        return UInt64(start)..<UInt64(start + byteCount)
    }

    private func checkDescription(_ bytes: [UInt8], kind: UInt64) throws {
        let layout = kind == 1 ? "RecordDescription" : "FrameDescription"
        let fields = try tables.read(bytes, as: layout)
        #expect(fields.number("kind") == kind && fields.text("project") == "project")
        let expected = checksum(bytes.dropLast(8))
        if kind == 2 {
            #expect(fields.number("checksum") == expected && fields.number("width") == 640)
            return
        }
        let rest = try #require(fields.bytes("assetAndChecksum"))
        let asset = try tables.read(Array(rest.dropLast(8)), as: "Asset.Record")
        #expect(asset.text("name") == "name" && asset.number("project") == 0)
        #expect(rest.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } == expected)
    }

    @Test func locationsPointAtRecords() throws {
        let sample = try SampleStore()
        let pack = try sample.pack(1)
        for (table, layout) in [
            ("parts", "PayloadRecord"), ("segments", "PayloadRecord"), ("frames", "FrameRecord"),
        ] {
            for (_, value) in try sample.entries(of: table) {
                let record = try tables.read(value, as: layout)
                let location = try tables.read(
                    try #require(record.bytes("location")), as: "PayloadLocation")
                #expect(location.number("pack") == 1)
                let start = Int(try #require(location.number("offset")))
                let header = try tables.read(Array(pack[start..<start + 64]), as: "RecordHeader")
                for field in [
                    "byteCount", "storedByteCount", "packing", "checksum", "descriptionByteCount",
                ] {
                    #expect(header.number(field) == location.number(field), "\(table) \(field)")
                }
            }
        }
    }

    private func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        let bytes = Array(bytes)
        return unsafe checksum64(bytes.span.bytes)
    }
}
