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
    private let writes: AssetWrites
    private let progress: ImportProgress
    private var finder: ZipFinder
    /// Whether assets are being stored that later ones may have the bytes of.
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
        _ workers: ImportWorkers, _ writes: AssetWrites, _ progress: ImportProgress
    ) {
        self.manifest = manifest
        self.summary = summary
        self.staged = staged
        self.workers = workers
        self.writes = writes
        self.progress = progress
        finder = ZipFinder(manifest.archive)
    }

    /// Stores everything and publishes the project.
    mutating func run() throws {
        let found = try manifest.forEachLine { try add($0) }
        try endJob()
        try finishAssets()
        try flushParts()
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
            try finishAssets()
            scenes.append(try rewritten(scene))
            if scenes.count == Self.partCountMax { try flushParts() }
        case .checkpoint(let checkpoint):
            try endJob()
            try finishAssets()
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
        let asset = AssetImport(
            line, entry: try entry(line.content), of: manifest.archive, into: staged, progress)
        if let original = line.original {
            try settleAssets()
            try workers.add { _ in try asset.copy(of: original) }
        } else {
            _ = try storeOvertaken()
            try store(asset)
        }
    }

    private mutating func store(_ asset: AssetImport) throws {
        hasOpenAssets = true
        try workers.add { [writes] content in try asset.store(&content, writes) }
    }

    /// Stores assets again that something else came before; says whether there were any.
    private mutating func storeOvertaken() throws -> Bool {
        let overtaken = writes.takeOvertaken()
        for asset in overtaken { try store(asset) }
        return !overtaken.isEmpty
    }

    /// Waits until all assets are stored, so that what refers to them finds the identifiers that
    /// they have.
    private mutating func finishAssets() throws {
        try settleAssets()
        try workers.drain()
    }

    /// Waits until all assets with bytes of their own are stored.
    private mutating func settleAssets() throws {
        guard hasOpenAssets else { return }
        repeat {
            try workers.drain()
            try writes.drain()
        } while try storeOvertaken()
        hasOpenAssets = false
    }

    // MARK: Jobs

    private mutating func begin(_ line: JobLine) throws {
        // What jobs made is among the assets.
        try finishAssets()
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

extension ZipContent {
    /// Lends the bytes that a line of the manifest tells of, checked; none where it has no entry.
    mutating func withBytes<Result>(
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
