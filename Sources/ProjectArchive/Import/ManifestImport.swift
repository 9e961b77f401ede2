// Brings what a manifest tells of into a staged project.
//
// One thread reads the manifest and hands out what is to be stored; several store. Whatever an
// earlier, interrupted run stored is found and passed over. Nothing is believed: bytes are compared
// with the checksum of the archive and with that of the manifest, and at the end the staged project
// must hold as much as the manifest has lines, or something stood there twice.

internal import AssetStore
internal import Basics

/// One import of an archive with a manifest. Belongs to one thread.
struct ManifestImport: ~Copyable {
    private let manifest: ManifestReader
    private let summary: ManifestReader.Summary
    private let staged: StagedProject
    private let workers: ImportWorkers
    private let progress: ImportProgress
    private var finder: ZipFinder
    /// Whether assets are being stored that later lines may refer to.
    private var hasOpenAssets = false
    private var job: (line: JobLine, staged: StagedJob, frames: FrameWriter)?
    /// The identifiers that jobs have under the project's new name.
    private var jobs: [JobID: JobID] = [:]
    private var scenes: [ProjectScene] = []
    private var checkpoints: [Checkpoint] = []

    /// Scenes and checkpoints of one transaction.
    private static let partCountMax = 16

    init(
        _ manifest: ManifestReader, _ summary: ManifestReader.Summary, into staged: StagedProject,
        _ workers: ImportWorkers, _ progress: ImportProgress
    ) {
        self.manifest = manifest
        self.summary = summary
        self.staged = staged
        self.workers = workers
        self.progress = progress
        finder = ZipFinder(manifest.archive)
    }

    /// Stores everything and publishes the project.
    mutating func run() throws {
        let found = try manifest.forEachLine { try add($0) }
        try endJob()
        try flushParts()
        try workers.drain()
        guard found == summary else {
            throw refused("it was changed while it was read")
        }
        try compareCounts()
        try staged.publish(summary.project.published)
    }

    private func refused(_ reason: String) -> AssetError {
        manifest.archive.directory.subject.refused(reason)
    }

    private mutating func add(_ line: ManifestLine) throws {
        switch line {
        case .project, .end: break
        case .asset(let line): try add(line)
        case .job(let line):
            try endJob()
            try begin(line)
        case .frame(let line): try add(line)
        case .segment(let line): try add(line)
        case .scene(let scene):
            try endJob()
            scenes.append(try rewritten(scene))
            if scenes.count == Self.partCountMax { try flushParts() }
        case .checkpoint(let checkpoint):
            try endJob()
            checkpoints.append(try rewritten(checkpoint))
            if checkpoints.count == Self.partCountMax { try flushParts() }
        }
    }

    /// The entry that a line names; it was found to be there before.
    private mutating func entry(_ content: ContentLine) throws(AssetError) -> ZipEntry? {
        guard let path = content.entry else { return nil }
        guard let entry = try finder.entry(path: path), entry.byteCount == content.byteCount else {
            throw refused("it was changed while it was read")
        }
        return entry
    }

    // MARK: Assets

    private mutating func add(_ line: AssetLine) throws {
        let task = AssetImport(
            line: line, entry: try entry(line.content), archive: manifest.archive, staged: staged,
            progress: progress)
        if let original = line.original {
            if hasOpenAssets { try workers.drain() }
            hasOpenAssets = false
            try workers.add { _ in try task.copy(of: original) }
        } else {
            hasOpenAssets = true
            try workers.add { content in try task.store(&content) }
        }
    }

    // MARK: Jobs

    private mutating func begin(_ line: JobLine) throws {
        // What jobs made is among the assets.
        if hasOpenAssets { try workers.drain() }
        hasOpenAssets = false
        var facts = line.facts
        facts.output = try facts.output.map { try staged.reference(to: $0) }
        let job = try staged.addJob(facts)
        if summary.project.name != staged.name {
            var description = facts.description
            description.project = staged.name
            jobs[line.id] = description.id
        }
        self.job = (line, job, FrameWriter(job.lease))
    }

    private mutating func endJob() throws {
        guard let job else { return }
        try workers.drain()
        try job.frames.flush()
        self.job = nil
    }

    private mutating func add(_ line: FrameLine) throws {
        guard let job else { return }
        let entry = try entry(line.content)
        let (archive, progress) = (manifest.archive, progress)
        try workers.add { content in
            if try job.staged.hasFrame(line.index) {
                return try progress.add(line.content.byteCount, isReused: true)
            }
            try content.withBytes(of: entry, line.content, in: archive) { bytes in
                try job.frames.append(line.index, line.facts, bytes)
            }
            try progress.add(line.content.byteCount)
        }
    }

    private mutating func add(_ line: SegmentLine) throws {
        guard let job else { return }
        let entry = try entry(line.content)
        let (archive, progress) = (manifest.archive, progress)
        try workers.add { content in
            if try job.staged.hasSegment(track: line.track, index: line.index) {
                return try progress.add(line.content.byteCount, isReused: true)
            }
            try content.withBytes(of: entry, line.content, in: archive) { bytes in
                try job.staged.lease.putSegment(track: line.track, index: line.index, bytes)
            }
            try progress.add(line.content.byteCount)
        }
    }

    // MARK: Scenes and checkpoints

    private func rewritten(_ scene: ProjectScene) throws -> ProjectScene {
        var scene = scene
        scene.assets = try scene.assets.mapValues { try staged.reference(to: $0) }
        return scene
    }

    private func rewritten(_ checkpoint: Checkpoint) throws -> Checkpoint {
        var description = checkpoint.description
        description.assets = try description.assets.mapValues { try staged.reference(to: $0) }
        description.jobs = description.jobs.mapValues { jobs[$0] ?? $0 }
        return Checkpoint(
            number: checkpoint.number, description: description, createdAt: checkpoint.createdAt)
    }

    private mutating func flushParts() throws {
        if !scenes.isEmpty { try staged.putScenes(scenes) }
        if !checkpoints.isEmpty { try staged.putCheckpoints(checkpoints) }
        scenes = []
        checkpoints = []
    }

    private func compareCounts() throws {
        let usage = try staged.usage()
        let parts = try staged.partCounts()
        let assetCount = Namespace.assetNamespaces.reduce(0) { $0 + (usage[$1]?.count ?? 0) }
        guard assetCount == summary.counts.assets,
            usage[.jobs]?.count ?? 0 == summary.counts.jobs,
            usage[.frames]?.count ?? 0 == summary.counts.frames,
            parts.scenes == summary.counts.scenes,
            parts.checkpoints == summary.counts.checkpoints
        else { throw refused("its manifest has an identifier twice") }
    }
}

/// Storing one asset of an archive. Runs on any thread.
private struct AssetImport: Sendable {
    let line: AssetLine
    let entry: ZipEntry?
    let archive: ZipReader
    let staged: StagedProject
    let progress: ImportProgress

    /// Stores the asset with its bytes, unless it is there.
    func store(_ content: inout ZipContent) throws {
        let free: AssetID
        switch try staged.place(of: line.id) {
        case .stored(let asset):
            try compare(asset)
            return try progress.add(line.content.byteCount, isReused: true)
        case .free(let id): free = id
        }
        do {
            try compare(try store(&content, as: free))
        } catch let error as AssetError where error.code == .alreadyExists {
            // Somebody took the identifier meanwhile.
            try compare(try store(&content, as: staged.replacement(for: line.id)))
        }
    }

    private func store(_ content: inout ZipContent, as id: AssetID) throws -> Asset {
        guard line.content.byteCount > Limits.partByteCount, let entry else {
            let asset = try content.withBytes(of: entry, line.content, in: archive) { bytes in
                try staged.put(line.description, bytes, id: id, createdAt: line.createdAt)
            }
            try progress.add(asset.byteCount)
            return asset
        }
        var writer = try staged.makeWriter(
            for: line.description, id: id, createdAt: line.createdAt)
        try write(entry, to: &writer)
        return try writer.finish()
    }

    private func write(_ entry: ZipEntry, to writer: inout AssetWriter) throws {
        try archive.read(entry) { piece in
            try writer.write(piece)
            try progress.add(piece.byteCount)
        }
    }

    /// Stores the asset with the bytes of another one, unless it is there.
    func copy(of original: AssetID) throws {
        let free: AssetID
        switch try staged.place(of: line.id) {
        case .stored(let asset): return try compare(asset)
        case .free(let id): free = id
        }
        do {
            try copy(of: original, as: free)
        } catch let error as AssetError where error.code == .alreadyExists {
            try copy(of: original, as: staged.replacement(for: line.id))
        }
    }

    private func copy(of original: AssetID, as id: AssetID) throws {
        let copy = try staged.putCopy(
            of: try staged.reference(to: original), line.description, id: id,
            createdAt: line.createdAt)
        guard let copy else {
            throw archive.directory.subject.refused(
                "its manifest gives asset \(line.id) the bytes of \(original), which is not there")
        }
        try compare(copy)
    }

    /// Holds what is stored against what the manifest says.
    private func compare(_ asset: Asset) throws(AssetError) {
        guard asset.checksum == line.content.checksum,
            asset.byteCount == line.content.byteCount,
            asset.namespace == line.description.namespace
        else {
            throw archive.directory.subject.refused(
                line.content.entry ?? "asset \(line.id)",
                "is not what its manifest says: the checksums differ")
        }
    }
}

extension ZipContent {
    /// Lends the bytes that a line of the manifest tells of, checked; none where it has no entry.
    fileprivate mutating func withBytes<Result>(
        of entry: ZipEntry?, _ content: ContentLine, in archive: ZipReader,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard let entry else { return try unsafe body([UInt8]().span.bytes) }
        return try withBytes(of: entry, in: archive) { bytes in
            guard ContentChecksum(of: bytes) == content.checksum else {
                throw archive.directory.subject.refused(
                    entry.path, "is not what its manifest says: the checksums differ")
            }
            return try body(bytes)
        }
    }
}
