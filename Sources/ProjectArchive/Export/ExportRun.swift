// Writes one archive: assets, frames and segments first, then the manifest that says what they are.

internal import AssetStore
internal import Basics

/// One export. Not thread-safe.
final class ExportRun {
    private let store: Store
    private let plan: ExportPlan
    private let archive: ZipWriter
    private var manifest: ManifestWriter
    private var progress = ArchiveProgress()
    private let report: (ArchiveProgress) -> Bool
    private var skippedCount = 0
    /// What became of assets whose bytes others have: `nil` when it was removed meanwhile, or
    /// the one that stands for it.
    private var replacements: [AssetID: AssetID] = [:]

    /// The most frames whose places are looked up at once.
    private static let pageCount = 1024

    init(
        _ store: Store, _ plan: consuming ExportPlan, _ archive: ZipWriter,
        temporariesIn directory: String, _ report: @escaping (ArchiveProgress) -> Bool
    ) {
        self.store = store
        self.archive = archive
        self.report = report
        progress.totalByteCount = plan.byteCount
        self.plan = plan
        manifest = ManifestWriter(temporariesIn: directory)
    }

    /// Writes everything; the archive is then finished, but not durable.
    func run() throws -> ArchiveReport {
        try tell(0, isReused: false)
        try manifest.append(.project(plan.projectLine))
        try plan.assets.forEachIdentifier(1) { ids in
            if try !addAsset(ids[0]) { skippedCount += 1 }
        }
        try plan.copies.forEachIdentifier(2) { ids in try addCopy(ids[0], of: ids[1]) }
        for job in plan.jobs { try add(job) }
        for (index, range) in plan.parts.enumerated() {
            let bytes = try plan.lines.read(at: range.lowerBound, count: range.count)
            try manifest.append(part: bytes, isScene: index < plan.sceneCount)
        }
        try manifest.write(to: archive, modifiedAt: plan.updatedAt)
        try archive.finish()
        var result = ArchiveReport(project: plan.projectLine.name, counts: manifest.counts)
        result.archiveByteCount = archive.byteCount
        result.reusedByteCount = progress.reusedByteCount
        result.skippedCount = skippedCount
        return result
    }

    private func tell(_ byteCount: Int, isReused: Bool) throws(AssetError) {
        progress.byteCount += byteCount
        progress.totalByteCount = max(progress.totalByteCount, progress.byteCount)
        if isReused { progress.reusedByteCount += byteCount }
        guard report(progress) else {
            throw AssetError(.cancelled, "exporting was interrupted")
        }
    }

    // MARK: Assets

    /// Adds an asset with its bytes; says whether it is still there.
    private func addAsset(_ id: AssetID) throws -> Bool {
        guard let reader = try store.reader(for: id) else { return false }
        let asset = reader.asset
        var content = ContentLine(byteCount: asset.byteCount, checksum: asset.checksum)
        if asset.byteCount > 0 {
            let path = try EntryPaths.asset(asset) { path throws(AssetError) in
                try archive.contains(path)
            }
            do {
                try addEntry(path, reader)
            } catch let error as AssetError where error.code == .inputMissing {
                return false
            }
            content.entry = path
        }
        try manifest.append(.asset(AssetLine(asset, content)))
        return true
    }

    private func addEntry(_ path: String, _ reader: AssetReader) throws {
        let asset = reader.asset
        let isKept = try archive.keep(
            path, modifiedAt: asset.createdAt, byteCount: asset.byteCount,
            checksum: asset.checksum)
        if isKept { return try tell(asset.byteCount, isReused: true) }
        try archive.add(
            path, modifiedAt: asset.createdAt, byteCount: asset.byteCount
        ) { append in
            try reader.forEachPiece { piece in
                try append(piece)
                try tell(piece.byteCount, isReused: false)
            }
        }
    }

    /// Adds an asset that has the bytes of another one.
    private func addCopy(_ id: AssetID, of original: AssetID) throws {
        let standIn = replacements[original] ?? original
        guard let asset = try store.asset(id) else {
            skippedCount += 1
            return
        }
        if try store.asset(standIn) == nil {
            // It may be in the archive all the same, but nobody can be sure.
            if try addAsset(id) { replacements[original] = id } else { skippedCount += 1 }
            return
        }
        let content = ContentLine(byteCount: asset.byteCount, checksum: asset.checksum)
        try manifest.append(.asset(AssetLine(asset, content, original: standIn)))
    }

    // MARK: Jobs

    private func add(_ job: ExportPlan.JobPlan) throws {
        let line = try plan.lines.read(at: job.line.lowerBound, count: job.line.count)
        try manifest.append(job: line)
        var next = 0
        while true {
            var page: [Int] = []
            try store.forEachFrame(of: job.id, from: next) { frame in
                page.append(frame.index)
                return page.count < Self.pageCount
            }
            for index in page { try addFrame(index, of: job) }
            guard let last = page.last, page.count == Self.pageCount else { break }
            next = last + 1
        }
        // A piece of sound counts only with the header behind it, and they are removed together:
        // in this order, a header in the archive has all that it speaks of.
        for segment in job.segments { try add(segment, of: job) }
    }

    private func addFrame(_ index: Int, of job: ExportPlan.JobPlan) throws {
        _ = try store.withFrame(index, of: job.id) { frame, bytes in
            let path = EntryPaths.frame(index, frame.facts, of: job.id)
            let content = try addEntry(path, job.createdAt, bytes)
            try manifest.append(
                .frame(FrameLine(index: index, facts: frame.facts, content: content)))
        }
    }

    private func add(_ segment: StoredSegment, of job: ExportPlan.JobPlan) throws {
        _ = try store.withSegment(track: segment.track, index: segment.index, of: job.id) {
            bytes in
            let path = EntryPaths.segment(track: segment.track, index: segment.index, of: job.id)
            let content = try addEntry(path, job.createdAt, bytes)
            try manifest.append(
                .segment(
                    SegmentLine(track: segment.track, index: segment.index, content: content)))
        }
    }

    private func addEntry(
        _ path: String, _ createdAt: Timestamp, _ bytes: RawSpan
    ) throws -> ContentLine {
        var content = ContentLine(
            byteCount: bytes.byteCount, checksum: ContentChecksum(of: bytes))
        guard bytes.byteCount > 0 else { return content }
        content.entry = path
        let isKept = try archive.keep(path, modifiedAt: createdAt, content: bytes)
        if !isKept { try archive.add(path, modifiedAt: createdAt, content: bytes) }
        try tell(bytes.byteCount, isReused: isKept)
        return content
    }
}

extension AssetLine {
    fileprivate init(_ asset: Asset, _ content: ContentLine, original: AssetID? = nil) {
        id = asset.id
        description = asset.description
        description.project = ""
        createdAt = asset.createdAt
        self.content = content
        self.original = original
    }
}
