// What callers of exports and imports are told.

/// How far an export or import is.
public struct ArchiveProgress: Equatable, Sendable {
    /// Bytes of content that are done, those of ``reusedByteCount`` among them.
    public var byteCount = 0
    /// All bytes of content.
    public var totalByteCount = 0
    /// The bytes that an earlier, interrupted run had done.
    public var reusedByteCount = 0
}

/// What was exported or imported.
public struct ArchiveReport: Equatable, Sendable {
    /// The project's name in the store.
    public var project: String
    public var assetCount = 0
    public var jobCount = 0
    public var frameCount = 0
    public var segmentCount = 0
    public var sceneCount = 0
    public var checkpointCount = 0
    /// Bytes of content in the archive; what several assets share counts once.
    public var byteCount = 0
    /// The bytes of the archive's file.
    public var archiveByteCount = 0
    /// The bytes of content that an earlier, interrupted run had done.
    public var reusedByteCount = 0
    /// Of an export: assets and jobs that were removed while it ran, and are not in the archive. Of
    /// an import: files that are no media.
    public var skippedCount = 0

    init(project: String, counts: ManifestCounts = ManifestCounts()) {
        self.project = project
        assetCount = counts.assets
        jobCount = counts.jobs
        frameCount = counts.frames
        segmentCount = counts.segments
        sceneCount = counts.scenes
        checkpointCount = counts.checkpoints
        byteCount = counts.byteCount
    }
}
