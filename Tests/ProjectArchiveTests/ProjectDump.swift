// A project as text, to be compared: every fact that may be asked for, and every byte.

import AssetStore
import Basics
import TestSupport

/// Everything that a store says of a project.
struct ProjectDump: Equatable {
    var lines: [String] = []

    /// - Parameters:
    ///   - rename: what to call assets and jobs that have other identifiers than they had.
    init(_ name: String, in store: Store, rename: [String: String] = [:]) throws {
        guard let project = try store.project(name) else { return }
        lines.append("\(project.description)")
        lines.append("\(project.createdAt) \(project.updatedAt) \(project.completedAt as Any)")
        let counts = Namespace.allCases.map { namespace in
            let usage = project.usage[namespace] ?? Usage()
            return "\(namespace) \(usage.count) \(usage.byteCount)"
        }
        lines.append("\(counts)")
        try store.forEachAsset(project: name) { asset in
            try add(asset, store, rename)
            return true
        }
        for job in try store.jobs(project: name) { try add(job, store, rename) }
        lines += try store.scenes(of: name).map { scene in
            let assets = scene.assets.mapValues { renamed("\($0)", rename) }
            return "\(scene.id) \(scene.index) \(scene.status) \(scene.title ?? "-") "
                + "\(scene.specification ?? "-") \(sorted(assets))"
        }
        lines += try store.checkpoints(of: name).map { checkpoint in
            var description = checkpoint.description
            let assets = description.assets.mapValues { renamed("\($0)", rename) }
            let jobs = description.jobs.mapValues { renamed("\($0)", rename) }
            (description.assets, description.jobs) = ([:], [:])
            return "\(checkpoint.number) \(checkpoint.createdAt) \(description) "
                + "\(sorted(assets)) \(sorted(jobs))"
        }
        let next = try store.addCheckpoint(CheckpointDescription(stage: ""), to: name)
        lines.append("next checkpoint \(next.number)")
    }

    private mutating func add(_ asset: Asset, _ store: Store, _ rename: [String: String]) throws {
        var description = asset.description
        let attributes = sorted(description.attributes)
        (description.attributes, description.project) = ([:], "")
        lines.append(
            "\(renamed("\(asset.id)", rename)) \(description) \(attributes) \(asset.byteCount) "
                + "\(asset.checksum) \(asset.createdAt)")
        var hasher = ContentHasher()
        try store.reader(for: asset.id)?.forEachPiece { hasher.update($0) }
        lines.append("\(hasher.value())")
    }

    private mutating func add(_ job: Job, _ store: Store, _ rename: [String: String]) throws {
        var description = job.description
        description.project = ""
        lines.append(
            "\(renamed("\(job.id)", rename)) \(description) \(job.state) \(job.attempt) "
                + "\(job.createdAt) \(job.startedAt as Any) \(job.completedAt as Any) "
                + "\(job.error ?? "-") \(job.output.map { renamed("\($0)", rename) } ?? "-") "
                + "\(job.frames.count) \(job.frames.byteCount)")
        var indexes: [Int] = []
        try store.forEachFrame(of: job.id) {
            indexes.append($0.index)
            return true
        }
        for index in indexes {
            try store.withFrame(index, of: job.id) { frame, bytes in
                lines.append("\(index) \(frame.facts) \(ContentChecksum(of: bytes))")
            }
        }
        for track in UInt8.min...UInt8.max {
            for index in try store.segmentIndexes(of: job.id, track: track) {
                try store.withSegment(track: track, index: index, of: job.id) { bytes in
                    lines.append("\(track) \(index) \(ContentChecksum(of: bytes))")
                }
            }
        }
    }

    private func renamed(_ name: String, _ rename: [String: String]) -> String {
        rename[name] ?? name
    }

    private func sorted(_ members: [String: String]) -> [String] {
        members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }
}

/// A store in a directory that goes away with the test.
final class ArchiveStore {
    let directory: TemporaryDirectory
    let store: Store

    init(quota: Int? = nil) throws {
        directory = try TemporaryDirectory()
        store = try Store.create(
            at: directory.file("store"), quota: quota,
            options: StoreOptions(reclaimsInBackground: false))
    }

    deinit { try? store.close() }

    func file(_ name: String) -> String { directory.file(name) }

    /// What must be the same again when nothing has come of an import.
    func figures() throws -> [String] {
        let statistics = try store.statistics()
        let report = try store.verify()
        return [
            "\(statistics.assetCount) \(statistics.frameCount) \(statistics.jobCount)",
            "\(statistics.byteCount) \(statistics.storedByteCount)",
            statistics.projects.map(\.name).joined(separator: ","), "\(report.damaged)",
        ]
    }
}

extension Store {
    func put(_ description: AssetDescription, bytes: [UInt8]) throws -> Asset {
        try put(description, unsafe bytes.span.bytes)
    }

    /// Fills a project with at least one of everything that there is.
    @discardableResult
    func fill(
        _ project: String, seed: UInt64 = 1, assetCount: Int = 12, frameCount: Int = 20
    ) throws -> (assets: [Asset], jobs: [Job]) {
        var random = SeededGenerator(seed: seed)
        try createProject(
            project,
            ProjectDescription(
                title: "Tïtle \"quoted\"", summary: "line\nline\u{1}", status: .failed,
                stage: "images", percent: 0.1, error: "why", specification: "{\"a\":1}",
                quota: 1 << 40))
        let names = [
            "cover.png", "cover.png", "COVER.PNG", "a/b\\c:d", "..", "Ünï", "u\u{308}", "",
            ".DS_Store",
            String(repeating: "ä", count: 127), "con.txt", "trailing. ",
        ]
        var assets: [Asset] = []
        for number in 0..<assetCount {
            let namespace: Namespace = [.images, .videos, .audio][number % 3]
            var description = AssetDescription(
                namespace: namespace, project: project, kind: number % 2 == 0 ? "scene" : "",
                name: names[number % names.count],
                mediaType: ["image/png", "video/mp4", "audio/wav", "x/unknown"][number % 4])
            if number % 4 == 0 {
                description.attributes = ["k\u{E9}y": "välue\u{0}", "": "", "b": "{}"]
                description.parameters = "{\"prompt\":\"a \\\"b\\\"\"}"
                description.facts = MediaFacts(
                    width: 3, height: 4, durationSeconds: 0.1 + Double(number),
                    frameRate: 30_000 / 1001, sampleRate: 48_000, channelCount: 2)
            }
            let size = number == 5 ? 0 : number == 6 ? Limits.partByteCount * 2 + 7 : 999 + number
            assets.append(try put(description, bytes: random.bytes(size)))
        }
        // The same bytes under another name, in another namespace, and empty again.
        for (number, twin) in [(6, 0), (0, 1), (5, 2)] where number < assetCount {
            let bytes = try allBytes(of: assets[number].id)
            let description = AssetDescription(
                namespace: [.images, .videos, .audio][twin], project: project, name: "twin",
                mediaType: "x/y")
            assets.append(try put(description, bytes: bytes))
        }
        let jobs = try fillJobs(project, assets, frameCount, &random)
        for number in 0..<3 {
            try putScene(
                ProjectScene(
                    id: "scene \(number)/ü", index: 2 - number / 2, status: .inProgress,
                    title: number == 0 ? nil : "t", specification: "[]",
                    assets: ["image": assets[number].id, "gone": AssetID(high: 1, low: 2)]),
                in: project)
        }
        for number in 0..<4 {
            try addCheckpoint(
                CheckpointDescription(
                    stage: "stage \(number)", completedCount: number, totalCount: 9,
                    percent: number == 0 ? nil : Double(number) / 3,
                    assets: ["a": assets[0].id], jobs: ["j": jobs[0].id],
                    data: number == 1 ? "{}" : nil),
                to: project)
        }
        return (assets, jobs)
    }

    private func fillJobs(
        _ project: String, _ assets: [Asset], _ frameCount: Int,
        _ random: inout SeededGenerator
    ) throws -> [Job] {
        var jobs: [Job] = []
        for (number, kind) in ["render", "sequence", "other", "failed"].enumerated() {
            let job = try submit(
                JobDescription(
                    project: project, kind: kind, recipe: "{\"n\":\(number),\"s\":\"\\u0041\"}",
                    submission: "{\"output\":\"v.mp4\"}", frameCount: frameCount * 2,
                    retention: .every(3)))
            jobs.append(job)
            if number == 2 { continue }
            let lease = try start(job.id)
            let writer = FrameWriter(lease)
            for index in 0..<frameCount where index % 7 != 3 {
                let bytes = random.bytes(index == 4 ? 0 : 500 + index)
                try unsafe writer.append(
                    index * (number + 1),
                    FrameFacts(codec: UInt8(1 + number), width: 64, height: 48),
                    bytes.span.bytes)
            }
            try writer.flush()
            for track in [UInt8(0), 1, 2] {
                let bytes = random.bytes(100 + Int(track))
                try lease.putSegment(
                    track: track, index: Int(track) * 1000, unsafe bytes.span.bytes)
            }
            switch number {
            case 1:
                var output = try makeWriter(
                    for: AssetDescription(
                        namespace: .videos, project: project, name: "made", mediaType: "video/mp4"))
                try unsafe output.write(random.bytes(5000).span.bytes)
                _ = try lease.complete(output: output, keepingFrames: true)
            case 3: try lease.fail("it broke")
            // One that is never ended, as when its worker was killed.
            default: lease.abandon()
            }
        }
        return try jobs.map { try job($0.id) ?? $0 }
    }

    func allBytes(of id: AssetID) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try reader(for: id)?.forEachPiece { piece in
            unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
