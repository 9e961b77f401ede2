// One asset of an archive on its way into a staged project.

internal import AssetStore
internal import Basics

/// Storing one asset of an archive. Runs on any thread.
struct AssetImport: Sendable {
    let line: AssetLine
    let entry: ZipEntry?
    let archive: ZipReader
    let staged: StagedProject
    let progress: ImportProgress
    /// What it takes while it is on its way: of the disk cache, and, dearer, of memory.
    let weight: Int
    /// Whether its bytes were told of before.
    private var isRepeated = false

    init(
        _ line: AssetLine, entry: ZipEntry?, of archive: ZipReader, into staged: StagedProject,
        _ progress: ImportProgress
    ) {
        self.line = line
        self.entry = entry
        self.archive = archive
        self.staged = staged
        self.progress = progress
        let texts =
            (line.description.parameters?.utf8.count ?? 0)
            + line.description.attributes.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        // A long one goes to the disk while it is written.
        weight = min(line.content.byteCount, 4 * Limits.partByteCount) + 8 * texts
    }

    /// The same asset, to be stored once more because something else came before it.
    var again: AssetImport {
        var again = self
        again.isRepeated = true
        return again
    }

    /// Stores the asset with its bytes, unless it is there. It is durable when `writes` are drained
    /// and none of them was overtaken.
    func store(_ content: inout ZipContent, _ writes: AssetWrites) throws {
        switch try staged.place(of: line.id) {
        case .stored(let asset):
            try compare(asset)
            try tell(line.content.byteCount, isReused: true)
        case .free(let id):
            try writes.begin(self)
            do {
                try submit(&content, as: id) { writes.end(self, $0) }
            } catch {
                writes.end(self, .failure(error))
                throw error
            }
        }
    }

    private func submit(
        _ content: inout ZipContent, as id: AssetID,
        completion: @escaping @Sendable (Result<Asset?, any Error>) -> Void
    ) throws {
        guard line.content.byteCount > Limits.partByteCount, let entry else {
            try tell(line.content.byteCount)
            return try content.withBytes(of: entry, line.content, in: archive) { bytes in
                try staged.submit(
                    line.description, bytes, id: id, createdAt: line.createdAt,
                    completion: completion)
            }
        }
        var writer = try staged.makeWriter(
            for: line.description, id: id, createdAt: line.createdAt)
        try write(entry, to: &writer)
        try staged.submit(writer, completion: completion)
    }

    private func write(_ entry: ZipEntry, to writer: inout AssetWriter) throws {
        try archive.read(entry) { piece in
            try writer.write(piece)
            try tell(piece.byteCount)
        }
    }

    private func tell(_ byteCount: Int, isReused: Bool = false) throws(AssetError) {
        if !isRepeated { try progress.add(byteCount, isReused: isReused) }
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
            // Somebody took the identifier meanwhile.
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
    func compare(_ asset: Asset) throws(AssetError) {
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
