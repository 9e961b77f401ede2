// A project from a zip file: what others call.

public import AssetStore
internal import Basics

extension Store {
    /// Brings a project from a zip file that ``exportProject(_:to:overwrite:progress:)`` wrote, or
    /// the media files of any other zip file.
    ///
    /// The project appears when all of it is stored. Until then nobody sees it, though its bytes
    /// count, and when the import is stopped, its process killed or the disk full, importing the
    /// same file again goes on where it was; ``reclaim(_:isCancelled:)`` removes what nobody went on
    /// with for a day. Identifiers are kept where they are free; otherwise assets have new ones, and
    /// so have jobs when the project has a new name. What refers to them follows.
    ///
    /// The file is not trusted: whatever is wrong with it, the store is left as it was.
    ///
    /// - Parameters:
    ///   - name: the project's name; `nil` for the one that it had, or for archives of others the
    ///     file's name.
    ///   - progress: called often, by several threads; return false to stop with
    ///     ``AssetError/Code/cancelled``.
    ///   - describe: says what files are, for archives of others; without it they are refused.
    /// - Throws: ``AssetError/Code/inputMissing``, ``AssetError/Code/inputUnreadable``;
    ///   ``AssetError/Code/alreadyExists`` when there is such a project;
    ///   ``AssetError/Code/quotaExceeded``, ``AssetError/Code/diskFull``,
    ///   ``AssetError/Code/busy`` when another process imports the same file.
    /// - Complexity: O(bytes) in time; about 48 MiB of memory.
    public func importProject(
        from path: String, as name: String? = nil,
        progress: @escaping @Sendable (ArchiveProgress) -> Bool = { _ in true },
        describing describe: MediaDescriber? = nil
    ) throws -> ArchiveReport {
        let archive = try ZipReader(path: path)
        guard let manifest = try ManifestReader(archive) else {
            return try importFiles(of: archive, as: name, describe, progress)
        }
        let summary = try manifest.check()
        let name = name ?? summary.project.name
        try requireFree(name)
        let staged = try stageProject(
            name, identity: try archive.identity("\(summary.checksum)"))
        let told = ImportProgress(totalByteCount: summary.counts.byteCount, progress)
        try staged.whileTrusting {
            try told.add(0)
            try withWorkers { workers, writes in
                var run = ManifestImport(manifest, summary, into: staged, workers, writes, told)
                try run.run()
            }
        }
        var report = ArchiveReport(project: name, counts: summary.counts)
        report.archiveByteCount = try archive.directory.file.byteCount()
        report.reusedByteCount = told.current.reusedByteCount
        return report
    }

    private func importFiles(
        of archive: ZipReader, as name: String?, _ describe: MediaDescriber?,
        _ progress: @escaping @Sendable (ArchiveProgress) -> Bool
    ) throws -> ArchiveReport {
        let path = archive.directory.subject.path
        guard let describe else {
            throw archive.directory.subject.refused("it has no manifest of a project")
        }
        let name = name ?? Self.projectName(ofFile: path)
        try requireFree(name)
        let staged = try stageProject(name, identity: try archive.identity(""))
        let told = ImportProgress(totalByteCount: archive.contentByteCount, progress)
        let result = try staged.whileTrusting {
            try told.add(0)
            return try withWorkers { workers, _ in
                try PlainImport(archive, into: staged, workers, told, describe).run()
            }
        }
        var report = ArchiveReport(project: name, counts: result.counts)
        report.skippedCount = result.skippedCount
        report.archiveByteCount = try archive.directory.file.byteCount()
        report.reusedByteCount = told.current.reusedByteCount
        return report
    }

    private func requireFree(_ name: String) throws {
        if try project(name) != nil {
            throw AssetError(
                .alreadyExists,
                "there is a project “\(name)” already; import under another name, by --project")
        }
    }

    /// Runs `body` with what stores for it; nothing is on its way any more when this returns.
    private func withWorkers<Result>(
        _ body: (ImportWorkers, AssetWrites) throws -> Result
    ) throws -> Result {
        let (workers, writes) = (try ImportWorkers(), AssetWrites())
        defer {
            workers.stop()
            writes.wait()
        }
        return try body(workers, writes)
    }

    /// `holiday` for `/home/me/holiday.zip`.
    private static func projectName(ofFile path: String) -> String {
        let name = FileSystem.name(of: path)
        guard name.lowercased().hasSuffix(".zip"), name.utf8.count > 4 else { return name }
        return String(name.unicodeScalars.dropLast(4))
    }
}

extension StagedProject {
    /// Runs `body`, which fills and publishes the project. When the archive turns out not to be what
    /// it claims, everything that came from it is removed; other failures leave it to be gone on
    /// with.
    fileprivate func whileTrusting<Result>(_ body: () throws -> Result) throws -> Result {
        defer { leave() }
        do {
            return try body()
        } catch let error as AssetError
            where [.inputUnreadable, .invalidArgument].contains(error.code)
        {
            try discard()
            throw error
        }
    }
}

extension ZipReader {
    /// What tells this archive from others: the directory has the checksums of all contents.
    fileprivate func identity(_ more: String) throws(AssetError) -> String {
        var hasher = ContentHasher()
        unsafe hasher.update(Array("\(directory.range) \(more)".utf8).span.bytes)
        var offset = directory.range.lowerBound
        while offset < directory.range.upperBound {
            let piece = try directory.file.read(
                at: offset, count: min(1 << 20, directory.range.upperBound - offset))
            if piece.isEmpty { break }
            unsafe hasher.update(piece.span.bytes)
            offset += piece.count
        }
        return "import-\(hasher.value())"
    }
}
