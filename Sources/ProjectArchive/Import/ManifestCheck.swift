// Holds a manifest against the archive it is in, before anything is stored.

internal import AssetStore
internal import Basics

extension ManifestReader {
    /// Checks all of the manifest: its lines, their order, and that they name each entry of the
    /// archive once, with its size. Contents are checked when they are read. O(lines), with a bit of
    /// memory per 46 bytes of the archive's directory.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` with one line that says what is wrong.
    func check() throws -> Summary {
        let subject = archive.directory.subject
        var finder = ZipFinder(archive)
        // A record is longer than this, so that no two share a bit.
        let stride = ZipSize.directoryRecord
        var named = [UInt64](
            repeating: 0, count: archive.directory.range.count / stride / 64 + 1)
        func name(_ entry: ZipEntry) throws(AssetError) {
            let place = entry.position / stride
            guard named[place / 64] & 1 << UInt64(place % 64) == 0 else {
                throw subject.refused(entry.path, "is named twice by its manifest")
            }
            named[place / 64] |= 1 << UInt64(place % 64)
        }
        try name(self.entry)
        let summary = try forEachLine { line in
            guard let content = line.content, let path = content.entry else { return }
            guard let entry = try finder.entry(path: path), !entry.isFolder, !entry.isIgnorable
            else { throw subject.refused(path, "is named by its manifest and is not in it") }
            guard entry.byteCount == content.byteCount else {
                throw subject.refused(
                    path,
                    "has \(entry.byteCount) bytes, of which its manifest makes \(content.byteCount)"
                )
            }
            try name(entry)
        }
        var (unnamed, count) = ("", 0)
        try archive.forEachEntry { entry in
            guard !entry.isFolder, !entry.isIgnorable else { return true }
            count += 1
            let place = entry.position / stride
            if named[place / 64] & 1 << UInt64(place % 64) == 0 { unnamed = entry.path }
            return unnamed.isEmpty
        }
        guard unnamed.isEmpty, count == summary.counts.entries + 1 else {
            throw subject.refused(unnamed, "is in it, but its manifest does not name it")
        }
        return summary
    }
}

extension ManifestLine {
    /// The path of the entry that it names, and how many bytes it says that one has.
    package var entry: (path: String, byteCount: Int)? {
        content.flatMap { content in content.entry.map { ($0, content.byteCount) } }
    }

    /// What it says of bytes.
    var content: ContentLine? {
        switch self {
        case .asset(let line): line.original == nil ? line.content : nil
        case .frame(let line): line.content
        case .segment(let line): line.content
        default: nil
        }
    }
}
