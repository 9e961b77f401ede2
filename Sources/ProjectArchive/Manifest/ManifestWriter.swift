// Gathers the manifest while the archive is written: checksums and paths are known by then, and it
// comes last.

internal import AssetStore
internal import Basics

/// Lines of a manifest that wait for the end of the archive. Not thread-safe; about 1 MiB of memory.
struct ManifestWriter: ~Copyable {
    private var lines: SpilledBytes
    private var hasher = ContentHasher()
    private(set) var counts = ManifestCounts()

    /// - Parameter directory: where there is room for the lines.
    init(temporariesIn directory: String) { lines = SpilledBytes(spillingInto: directory) }

    mutating func append(_ line: ManifestLine) throws(AssetError) {
        try counts.add(line)
        try append(line.bytes())
    }

    /// Appends a job's line that was made before.
    mutating func append(job bytes: [UInt8]) throws(AssetError) {
        counts.jobs += 1
        try append(bytes)
    }

    /// Appends the line of a scene or checkpoint that was made before.
    mutating func append(part bytes: [UInt8], isScene: Bool) throws(AssetError) {
        if isScene { counts.scenes += 1 } else { counts.checkpoints += 1 }
        try append(bytes)
    }

    private mutating func append(_ bytes: [UInt8]) throws(AssetError) {
        unsafe hasher.update(bytes.span.bytes)
        try lines.append(bytes)
    }

    /// Adds the manifest to the archive, with the line that ends it.
    mutating func write(to archive: ZipWriter, modifiedAt: Timestamp) throws {
        let end = ManifestLine.end(EndLine(counts: counts, checksum: hasher.value())).bytes()
        try archive.add(
            Manifest.path, modifiedAt: modifiedAt, method: .deflated,
            byteCount: lines.byteCount + end.count
        ) { append in
            try lines.forEachPiece { piece throws(AssetError) in
                try unsafe append(piece.span.bytes)
            }
            try unsafe append(end.span.bytes)
        }
    }
}
