import Basics
import Foundation
import LMDB
import TestSupport

@testable import AssetStore

/// A closed store with something in every table, whose files are read as they lie on the disk.
struct SampleStore {
    let asset: Asset
    let job: Job
    private let directory: TemporaryDirectory
    private let catalog: Environment

    init() throws {
        directory = try TemporaryDirectory()
        (asset, job) = try Self.fill(directory.file("store"))
        // A copy, because LMDB doesn't take the same environment twice in a process.
        try FileManager.default.copyItem(
            atPath: directory.file("store"), toPath: directory.file("copy"))
        catalog = try Environment(path: directory.file("copy/catalog"))
    }

    private static func fill(_ path: String) throws -> (Asset, Job) {
        // Free ranges are to stay.
        let store = try Store.create(
            at: path, quota: 1 << 40, options: StoreOptions(reclaimsInBackground: false))
        try store.setQuota(1 << 39, ofProject: "project")
        let description = AssetDescription(
            namespace: .audio, project: "project", kind: "kind", name: "name",
            mediaType: "audio/flac", attributes: ["b": "", "a": "1"], parameters: "{}",
            facts: MediaFacts(
                width: 3, height: 4, durationSeconds: 1.5, sampleRate: 48_000, channelCount: 2))
        let asset = try store.put(
            description, [UInt8](repeating: 1, count: Limits.partByteCount + 5))
        let removed = try store.put(description, [2, 3])
        try store.removeAsset(removed.id)
        // A hole, and a range that is to become one.
        _ = try store.reclaim()
        try store.removeAsset(try store.put(description, [4, 5]).id)
        let submitted = try store.submit(
            JobDescription(
                project: "project", kind: "render", recipe: "[1]", submission: "[2]",
                frameCount: 7, retention: .last(7)))
        let lease = try store.start(submitted.id)
        let writer = FrameWriter(lease)
        let frame = [UInt8](repeating: 4, count: 77)
        unsafe try writer.append(
            5, FrameFacts(codec: 9, width: 640, height: 480), frame.span.bytes)
        try writer.flush()
        let segment = [UInt8](repeating: 5, count: 33)
        unsafe try lease.putSegment(track: 2, index: 258, segment.span.bytes)
        try lease.fail("why it failed")
        guard let job = try store.job(submitted.id) else {
            throw AssetError(.inputMissing, "the sample's job is gone")
        }
        try store.updateProject("project") {
            $0 = ProjectDescription(
                title: "title", summary: "summary", status: .failed, stage: "stage",
                percent: 12.5, error: "error", specification: "{}", quota: $0.quota)
        }
        try store.putScene(
            ProjectScene(
                id: "scene", index: 258, status: .inProgress, title: "title",
                specification: "[]", assets: ["voice": asset.id]),
            in: "project")
        try store.addCheckpoint(
            CheckpointDescription(
                stage: "stage", completedCount: 2, totalCount: 3, assets: ["a": asset.id],
                jobs: ["b": job.id], data: "[1]"),
            to: "project")
        // A removal that was cut short.
        let catalog = store.catalog
        try catalog.environment.write { transaction in
            try transaction.put(
                catalog.removals, RemovalKey(SequenceID(high: 7, low: 8)),
                RemovalRecord(removedAt: .now()))
        }
        try store.close()
        return (asset, job)
    }

    /// All entries of a table, as bytes.
    func entries(of table: String) throws -> [(key: [UInt8], value: [UInt8])] {
        let opened = try catalog.openTables(create: false) { opener throws(AssetError) in
            try opener.table(table, of: (RawBytes.self, RawBytes.self))
        }
        guard let opened else { throw AssetError(.inputMissing, "there is no table \(table)") }
        var entries: [(key: [UInt8], value: [UInt8])] = []
        try catalog.read { transaction in
            try transaction.scan(opened) { key, value in
                entries.append((key.bytes, value.bytes))
                return true
            }
        }
        return entries
    }

    /// The only entry of a table, read as the document says; a layout that isn't given is not read.
    func only(
        _ table: String, key: String? = nil, value: String? = nil, _ tables: FormatTables
    ) throws -> (key: FormatFields, value: FormatFields) {
        let entries = try entries(of: table)
        guard entries.count == 1 else {
            throw AssetError(.damaged, "\(table) has \(entries.count) entries")
        }
        let nothing = FormatFields()
        return (
            try key.map { try tables.read(entries[0].key, as: $0, bigEndian: true) } ?? nothing,
            try value.map { try tables.read(entries[0].value, as: $0) } ?? nothing
        )
    }

    /// The bytes of a pack's file.
    func pack(_ number: Int) throws -> [UInt8] {
        let digits = String(number, radix: 16)
        let name = String(repeating: "0", count: 16 - digits.count) + digits
        let url = URL(fileURLWithPath: directory.file("copy/packs/\(name).pack"))
        return [UInt8](try Data(contentsOf: url))
    }
}

/// A key or value as it lies in the catalog.
private struct RawBytes: TableKey, TableValue {
    var bytes: [UInt8]

    init(key: inout ByteReader) throws(AssetError) {
        bytes = try key.array(count: key.remaining)
    }

    init(value: inout ByteReader) throws(AssetError) {
        bytes = try value.array(count: value.remaining)
    }

    func append(to bytes: inout ByteWriter) { bytes.append(contentsOf: self.bytes) }
}
