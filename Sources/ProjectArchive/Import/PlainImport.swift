// Brings the media files of an archive that has no manifest into a staged project: one that people
// made of a folder of pictures.

public import AssetStore
public import Basics

/// Says what the bytes of a file are; `nil` when they are no media. May be called by several
/// threads at once.
public typealias MediaDescriber = @Sendable (any RandomAccessBytes) throws -> AssetDescription?

/// One import of an archive without a manifest. Belongs to one thread.
struct PlainImport: ~Copyable {
    private let archive: ZipReader
    private let staged: StagedProject
    private let workers: ImportWorkers
    private let progress: ImportProgress
    private let describe: MediaDescriber

    init(
        _ archive: ZipReader, into staged: StagedProject, _ workers: ImportWorkers,
        _ progress: ImportProgress, _ describe: @escaping MediaDescriber
    ) {
        self.archive = archive
        self.staged = staged
        self.workers = workers
        self.progress = progress
        self.describe = describe
    }

    /// Stores every file that is media and publishes the project. Says how many are and how many
    /// are not.
    func run() throws -> (counts: ManifestCounts, skippedCount: Int) {
        let results = Monitor((counts: ManifestCounts(), skippedCount: 0))
        var number: UInt64 = 0
        try archive.forEachEntry { entry in
            number += 1
            guard !entry.isFolder, !entry.isIgnorable else { return true }
            let file = FileImport(
                entry: entry, id: id(number), archive: archive, staged: staged, describe: describe)
            try workers.add { [progress] content in
                let outcome = try file.store(&content)
                results.withLock { results in
                    guard outcome != .notMedia else {
                        results.skippedCount += 1
                        return
                    }
                    results.counts.assets += 1
                    results.counts.byteCount += entry.byteCount
                }
                try progress.add(entry.byteCount, isReused: outcome == .wasThere)
            }
            return true
        }
        try workers.drain()
        let result = results.withLock { $0 }
        guard result.counts.assets > 0 else {
            throw archive.directory.subject.refused(
                "it has no manifest of a project, and nothing in it is a picture, video or audio")
        }
        try staged.publish(PublishedProject(createdAt: staged.createdAt))
        return result
    }

    /// The identifier of the file of a number: the same for each run that goes on with the others,
    /// and in the order of the archive.
    private func id(_ number: UInt64) -> AssetID {
        let time = UInt64(max(0, staged.createdAt.millisecondsSinceEpoch)) & (1 << 48 - 1)
        let plain = AssetID(high: time << 16 | 0x7000, low: number)
        let hash = staged.replacement(for: plain).low & (1 << 36 - 1)
        return AssetID(high: plain.high, low: 1 << 63 | number << 36 | hash)
    }
}

/// Storing one file of an archive. Runs on any thread.
private struct FileImport: Sendable {
    let entry: ZipEntry
    let id: AssetID
    let archive: ZipReader
    let staged: StagedProject
    let describe: MediaDescriber

    enum Outcome: Sendable { case stored, wasThere, notMedia }

    func store(_ content: inout ZipContent) throws -> Outcome {
        let free: AssetID
        switch try staged.place(of: id) {
        case .stored: return .wasThere
        case .free(let id): free = id
        }
        if entry.byteCount <= Limits.partByteCount {
            return try content.withBytes(of: entry, in: archive) { bytes in
                let description = try unsafe describe(
                    BytesInMemory(
                        subject: archive.path(of: entry),
                        bytes: bytes.withUnsafeBytes { unsafe Array($0) }))
                guard let description else { return .notMedia }
                _ = try staged.put(completed(description), bytes, id: free)
                return .stored
            }
        }
        // Too large for memory: unpacked to a file that has no name.
        let file = try File(temporaryIn: staged.store.path)
        var offset = 0
        try archive.read(entry) { piece in
            try file.write(piece, at: offset)
            offset += piece.byteCount
        }
        let bytes = try FileBytes(file)
        guard let description = try describe(bytes) else { return .notMedia }
        var writer = try staged.makeWriter(for: completed(description), id: free)
        try writer.write(contentsOf: bytes)
        _ = try writer.finish()
        return .stored
    }

    /// The description with what the archive says.
    private func completed(_ description: AssetDescription) -> AssetDescription {
        var description = description
        let path = entry.path
        if description.name.isEmpty {
            description.name = shortened(FileSystem.name(of: path))
        }
        // The folder that it was in is worth knowing.
        if path.utf8.contains(UInt8(ascii: "/")) { description.attributes["path"] = path }
        return description
    }

    private func shortened(_ name: String) -> String {
        var name = name
        while name.utf8.count > Limits.nameByteCountMax { name.removeLast() }
        return name
    }
}

/// A small file of an archive.
private struct BytesInMemory: RandomAccessBytes {
    let subject: String
    let bytes: [UInt8]

    var byteCount: Int { bytes.count }

    func read(at offset: Int, into buffer: inout MutableRawSpan) throws(AssetError) -> Int {
        let range = min(offset, bytes.count)..<min(offset + buffer.byteCount, bytes.count)
        unsafe buffer.withUnsafeMutableBytes { target in
            unsafe target.copyBytes(from: bytes[range])
        }
        return range.count
    }
}

extension ZipReader {
    /// How messages name an entry.
    fileprivate func path(of entry: ZipEntry) -> String {
        "\(directory.subject.path): \(ZipName.quoted(entry.path))"
    }
}
