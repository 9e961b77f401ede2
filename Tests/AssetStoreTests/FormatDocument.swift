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
                #expect(version == 1, "\(table.name) \(fields)")
            }
        }
    }

    @Test func assetsAndTheirParts() throws {
        let sample = try SampleStore()
        let asset = sample.asset
        let key = try sample.only("assets", key: "AssetID", tables).key
        #expect(key.number("high") == asset.id.high && key.number("low") == asset.id.low)
        let value = try sample.only("assets", value: "Asset.Record", tables).value
        #expect(value.number("namespace") == 3)
        #expect(value.number("byteCount") == UInt64(asset.byteCount))
        #expect(value.number("storedByteCount") == UInt64(asset.storedByteCount))
        #expect(value.number("checksumHigh") == asset.checksum.high)
        #expect(value.number("checksumLow") == asset.checksum.low)
        #expect(value.number("createdAt") == UInt64(asset.createdAt.millisecondsSinceEpoch))
        #expect(value.text("project") == "project")
        #expect(value.text("kind") == "kind" && value.text("name") == "name")
        #expect(value.text("mediaType") == "audio/flac" && value.text("parameters") == "{}")
        #expect(value.number("width") == 3 && value.number("height") == 4)
        #expect(value.real("durationSeconds") == 1.5 && value.number("frameRate") == nil)
        #expect(value.number("sampleRate") == 48_000 && value.number("channelCount") == 2)
        #expect(value.number("attributeCount") == 2)
        #expect(
            value.bytes("attributes") == [1, 0, 0, 0, 0x61, 1, 0, 0, 0, 0x31]
                + [1, 0, 0, 0, 0x62, 0, 0, 0, 0])

        let parts = try sample.entries(of: "parts").map {
            try tables.read($0.key, as: "PartKey", bigEndian: true)
        }
        #expect(parts.map { $0.number("part") } == [0, 1])
        #expect(parts.allSatisfy { $0.number("low") == asset.id.low })
        let owner = try sample.only("assetsByProject", key: "ProjectAssetKey", tables).key
        #expect(owner.text("project") == "project" && owner.number("namespace") == 3)
        #expect(owner.number("high") == asset.id.high && owner.number("low") == asset.id.low)
        let content = try sample.only("assetsByContent", key: "ContentAssetKey", tables).key
        #expect(content.number("checksumHigh") == asset.checksum.high)
        #expect(content.number("checksumLow") == asset.checksum.low)
        #expect(content.number("high") == asset.id.high && content.number("low") == asset.id.low)
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
        #expect(value.text("project") == "project" && value.text("kind") == "render")
        #expect(value.text("recipe") == "[1]" && value.text("submission") == "[2]")
        #expect(value.number("frameCount") == 7)

        let state = try sample.only("jobsByState", key: "StateJobKey", tables).key
        #expect(state.number("state") == 4 && state.number("low") == id.low)
        let project = try sample.only("jobsByProject", key: "ProjectJobKey", tables).key
        #expect(project.text("project") == "project" && project.number("low") == id.low)
        let frame = try sample.only("frames", key: "FrameKey", value: "FrameRecord", tables)
        #expect(frame.key.number("low") == id.low && frame.key.number("index") == 5)
        #expect(frame.value.number("codec") == 9)
        #expect(frame.value.number("width") == 640 && frame.value.number("height") == 480)
        let segment = try sample.only("segments", key: "SegmentKey", tables).key
        #expect(segment.number("low") == id.low)
        #expect(segment.number("track") == 2 && segment.number("index") == 258)
        let counted = try sample.only("jobFrames", value: "Usage", tables).value
        #expect(counted.number("count") == 1)
        #expect(counted.number("byteCount") == 77 && counted.number("storedByteCount") == 77)
    }

    @Test func countersOfProjectsAndOfTheStore() throws {
        let sample = try SampleStore()
        var found: [String: UInt64] = [:]
        for (key, value) in try sample.entries(of: "usage") {
            let key = try tables.read(key, as: "UsageKey", bigEndian: true)
            let value = try tables.read(value, as: "Usage")
            let scope = "\(key.text("project") ?? "?") \(key.number("namespace") ?? 0)"
            found[scope] = value.number("byteCount")
        }
        let audio = UInt64(sample.asset.byteCount)
        #expect(
            found == [
                " 3": audio, "project 3": audio, " 4": 77, "project 4": 77, " 5": 33,
                "project 5": 33,
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
        #expect(store.number("formatVersion") == 1)

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
        #expect(header.text("magic") == "REC1" && header.number("packing") == 0)
        for field in ["ownerKind", "ownerHigh", "ownerLow", "ownerTrack", "ownerIndex"] {
            #expect(header.number(field) == owner.number(field), "\(field)")
        }
        let stored = Int(try #require(header.number("storedByteCount")))
        #expect(header.number("byteCount") == UInt64(stored))
        #expect(byteCount == (64 + stored + 63) / 64 * 64)
        #expect(header.number("checksum") == checksum(pack[start + 64..<start + 64 + stored]))
        #expect(header.number("headerChecksum") == checksum(pack[start..<start + 56]))

        let namespaces: [UInt64: UInt64] = [1: 3, 2: 4, 3: 5]
        let kind = try #require(header.number("ownerKind"))
        #expect(header.number("namespace") == namespaces[kind])
        #expect(kind != 2 || header.number("ownerIndex") == 5 && stored == 77)
        #expect(
            kind != 3
                || header.number("ownerTrack") == 2 && header.number("ownerIndex") == 258
                    && stored == 33
        )
        return UInt64(start)..<UInt64(start + byteCount)
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
                #expect(location.number("pack") == 1 && location.number("packing") == 0)
                let start = Int(try #require(location.number("offset")))
                let header = try tables.read(Array(pack[start..<start + 64]), as: "RecordHeader")
                for field in ["byteCount", "storedByteCount", "checksum"] {
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
