// What an export is to contain, decided in one moment.
//
// A snapshot that is held keeps the disk blocks of everything removed meanwhile and the pages of
// everything changed, and an export may take hours. So one snapshot only lists: the project with
// its scenes, checkpoints and jobs, as lines that are ready; the identifiers of its assets; the
// places of segments. Bytes are read later, each piece in a snapshot of its own. An asset's bytes
// never change, so what is read then is what was there; what was removed in between is left out.

internal import AssetStore
internal import Basics

/// The contents of an export. Memory: about 100 bytes per job and segment, and 64 per content that
/// several assets have.
struct ExportPlan: ~Copyable {
    struct JobPlan {
        var id: JobID
        var createdAt: Timestamp
        /// Where its line is among ``lines``.
        var line: Range<Int>
        var segments: [StoredSegment]
    }

    /// When the project was last changed.
    private(set) var updatedAt = Timestamp(millisecondsSinceEpoch: 0)
    private(set) var projectLine: ProjectLine
    private(set) var jobs: [JobPlan] = []
    /// The lines of jobs, and then those of scenes and checkpoints.
    private(set) var lines: SpilledBytes
    private(set) var parts: [Range<Int>] = []
    private(set) var sceneCount = 0
    /// Identifiers of assets with bytes of their own, 16 bytes each.
    private(set) var assets: SpilledBytes
    /// Identifiers of assets, each followed by that of the one that has the same bytes.
    private(set) var copies: SpilledBytes
    /// The bytes of all content.
    private(set) var byteCount = 0
    private var firsts: [ContentID: AssetID] = [:]

    /// Beyond so many contents that several assets have, they are written as often as they are
    /// there.
    private static let sharedContentCountMax = 1 << 18

    /// - Parameter directory: where there is room for what is listed.
    /// - Throws: ``AssetError/Code/inputMissing`` when there is no such project.
    init(_ store: Store, project name: String, temporariesIn directory: String) throws {
        lines = SpilledBytes(spillingInto: directory)
        assets = SpilledBytes(spillingInto: directory)
        copies = SpilledBytes(spillingInto: directory)
        projectLine = ProjectLine(name: name, published: PublishedProject())
        let isThere = try store.read { snapshot in
            guard let project = try snapshot.project(name) else { return false }
            projectLine.published = PublishedProject(
                description: project.description, createdAt: project.createdAt,
                updatedAt: project.updatedAt, completedAt: project.completedAt,
                checkpointSequence: try snapshot.checkpointSequence(of: name))
            updatedAt = project.updatedAt
            try snapshot.forEachAsset(project: name) { asset in
                try add(asset, isShared: try snapshot.isShared(asset))
                return true
            }
            for job in try snapshot.jobs(project: name).sorted(by: { $0.id < $1.id }) {
                try add(job, try snapshot.segments(of: job.id))
            }
            try snapshot.forEachScene(of: name) { scene in
                try add(part: .scene(scene))
                sceneCount += 1
                return true
            }
            try snapshot.forEachCheckpoint(of: name) { checkpoint in
                try add(part: .checkpoint(checkpoint))
                return true
            }
            return true
        }
        firsts = [:]
        guard isThere else {
            throw AssetError(
                .inputMissing,
                "there is no project “\(name)”; “assetctl projects” shows what there is")
        }
    }

    private mutating func add(_ asset: Asset, isShared: Bool) throws(AssetError) {
        if isShared, asset.byteCount > 0 {
            if let first = firsts[asset.content] {
                try copies.append(Self.bytes(of: asset.id) + Self.bytes(of: first))
                return
            }
            if firsts.count < Self.sharedContentCountMax { firsts[asset.content] = asset.id }
        }
        try assets.append(Self.bytes(of: asset.id))
        byteCount += asset.byteCount
    }

    private mutating func add(_ job: Job, _ segments: [StoredSegment]) throws(AssetError) {
        let facts = JobFacts(
            description: job.description, state: job.state, attempt: job.attempt,
            createdAt: job.createdAt, startedAt: job.startedAt, completedAt: job.completedAt,
            error: job.error, output: job.output)
        let line = try add(line: .job(JobLine(id: job.id, facts: facts)))
        jobs.append(
            JobPlan(id: job.id, createdAt: job.createdAt, line: line, segments: segments))
        byteCount += job.frames.byteCount + segments.reduce(0) { $0 + $1.byteCount }
    }

    private mutating func add(part line: ManifestLine) throws(AssetError) {
        parts.append(try add(line: line))
    }

    private mutating func add(line: ManifestLine) throws(AssetError) -> Range<Int> {
        let start = lines.byteCount
        try lines.append(line.bytes())
        return start..<lines.byteCount
    }

    private static func bytes(of id: AssetID) -> [UInt8] {
        var writer = ByteWriter(capacity: 16)
        writer.append(id.high)
        writer.append(id.low)
        return writer.bytes
    }
}

extension SpilledBytes {
    /// Calls `body` with the identifiers that were appended, `count` at a time.
    func forEachIdentifier(
        _ count: Int, _ body: ([AssetID]) throws -> Void
    ) throws {
        let size = 16 * count
        var offset = 0
        while offset < byteCount {
            let page = try read(at: offset, count: min(byteCount - offset, size << 10))
            for start in stride(from: 0, to: page.count, by: size) {
                try body(
                    (0..<count).map { index in
                        func half(_ at: Int) -> UInt64 {
                            (0..<8).reduce(0) { $0 | UInt64(page[at + $1]) << UInt64(8 * $1) }
                        }
                        let at = start + 16 * index
                        return AssetID(high: half(at), low: half(at + 8))
                    })
            }
            offset += page.count
        }
    }
}
