// Zip archives that are imported: whatever they are, the store is as before, or has one project more
// and is intact.
//
// The first byte says what the others are: an archive, or the lines of a manifest, to which an
// archive is made that has what they name, and an end that counts them rightly.

internal import AssetStore
internal import Basics
internal import ProjectArchive

extension Door {
    package static let archives = Door(
        name: "archives", byteCountMax: 8192, secondsMax: 20, memoryMebibytesMax: 1024,
        open: {
            let visit = try ArchiveVisit()
            return { try visit.enter($0) }
        }, seeds: ArchiveSeeds.all)
}

/// The first byte of what goes through the door.
enum ArchiveKind: UInt8 {
    case archive = 0
    case manifest = 1
}

private final class ArchiveVisit {
    private let workplace: Workplace
    private var store: Store
    private var before: [String]
    /// How much came into the store, and went again.
    private var importCount = 0

    private static let importCountMax = 200
    private static let options = StoreOptions(reclaimsInBackground: false)

    init() throws {
        workplace = try Workplace()
        store = try Self.makeStore(workplace)
        before = try Self.figures(of: store)
    }

    private static func makeStore(_ workplace: Workplace) throws -> Store {
        let store = try Store.create(
            at: workplace.file("store-\(UInt64.random(in: 0 ... .max))"), options: options)
        // What is there may be equal to what comes.
        try SampleProject.fill(store, "other")
        return store
    }

    /// What is the same when nothing has come of an import.
    private static func figures(of store: Store) throws -> [String] {
        let statistics = try store.statistics()
        return [
            "\(statistics.assetCount) \(statistics.frameCount) \(statistics.jobCount)",
            "\(statistics.byteCount) \(statistics.storedByteCount)",
            statistics.projects.map(\.name).joined(separator: ","),
        ]
    }

    func enter(_ bytes: [UInt8]) throws -> Verdict {
        guard let first = bytes.first else { return .refused }
        let rest = Array(bytes.dropFirst())
        if first & 1 == ArchiveKind.archive.rawValue {
            try workplace.write(rest, to: "a.zip")
        } else {
            try writeArchive(manifest: rest)
        }
        let path = workplace.file("a.zip")
        try read(path)
        let report = try unlessRefused(
            .inputUnreadable, .inputMissing, .invalidArgument, .alreadyExists, .quotaExceeded,
            by: "an archive"
        ) {
            try store.importProject(
                from: path, as: "imported",
                describing: { _ in
                    AssetDescription(namespace: .images, project: "", mediaType: "image/png")
                })
        }
        let isImported = report != nil
        if isImported {
            try compareExport()
            try store.removeProject("imported")
            importCount += 1
        }
        let after = try Self.figures(of: store)
        try promise(
            after == before, "an archive left the store with \(after), before it had \(before)")
        if importCount == Self.importCountMax {
            try promise(try store.verify().isIntact, "the store is damaged")
            try store.close()
            try workplace.remove(FileSystem.name(of: store.path))
            store = try Self.makeStore(workplace)
            before = try Self.figures(of: store)
            importCount = 0
        }
        return isImported ? .accepted : .refused
    }

    /// Reads an archive by itself: contents are as long as they are said to be, or refused.
    private func read(_ path: String) throws {
        let reader = try unlessRefused(.inputUnreadable, by: "an archive") {
            try ZipReader(path: path)
        }
        guard let reader else { return }
        var count = 0
        try reader.forEachEntry { entry in
            count += 1
            try promise(
                Limits.archiveNameByteCountMax >= entry.path.utf8.count
                    && !entry.path.hasPrefix("/")
                    && !entry.path.split(separator: "/").contains(".."),
                "an entry called \(entry.path)")
            let found = try reader.entry(path: entry.path)
            try promise(found == entry, "\(entry.path) is found as \(found as Any)")
            guard entry.byteCount <= 1 << 20 else { return true }
            var byteCount = 0
            let isRead: Void? = try unlessRefused(.inputUnreadable, by: "an entry") {
                try reader.read(entry) { byteCount += $0.byteCount }
            }
            try promise(
                byteCount <= entry.byteCount && (isRead == nil || byteCount == entry.byteCount),
                "\(entry.path) has \(byteCount) bytes of \(entry.byteCount)")
            return true
        }
        try promise(count == reader.entryCount, "\(count) entries of \(reader.entryCount)")
    }

    /// What was imported can be exported, and that is imported as the same.
    private func compareExport() throws {
        let path = workplace.file("b.zip")
        _ = try store.exportProject("imported", to: path, overwrite: true)
        let usage = try store.project("imported")?.usage
        _ = try store.importProject(from: path, as: "again")
        let usageAgain = try store.project("again")?.usage
        try promise(
            usage != nil && usage?.mapValues(\.count) == usageAgain?.mapValues(\.count),
            "\(usage as Any) came back as \(usageAgain as Any)")
        try store.removeProject("again")
    }

    /// Makes an archive that has what the lines of a manifest name.
    private func writeArchive(manifest bytes: [UInt8]) throws {
        try workplace.remove("a.zip")
        let file = try File(workplace.file("a.zip"), [.write, .createNew])
        let writer = ZipWriter(file, temporariesIn: workplace.path)
        let now = Timestamp(millisecondsSinceEpoch: 1_600_000_000_000)
        var lines: [[UInt8]] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let line = Array(line)
            // What is no line is told by the manifest's door.
            let parsed = try unlessRefused(.inputUnreadable, by: "a line of a manifest") {
                try ManifestLine(line)
            }
            guard let parsed else { continue }
            if case .end = parsed { continue }
            lines.append(line + [UInt8(ascii: "\n")])
            guard let entry = parsed.entry, entry.byteCount <= 4096 else { continue }
            let content = SampleProject.content(byteCount: entry.byteCount)
            // A name that no archive may have, or twice.
            _ = try unlessRefused(.invalidArgument, .alreadyExists, by: "an entry") {
                try unsafe writer.add(
                    entry.path, modifiedAt: now, content: content.span.bytes)
            }
        }
        let end = try unlessRefused(.inputUnreadable, by: "sums of a manifest") {
            try ManifestLine.end(of: lines)
        }
        let manifest = lines.flatMap { $0 } + (end ?? [])
        try unsafe writer.add(
            "manifest.ndjson", modifiedAt: now, content: manifest.span.bytes)
        try writer.finish()
    }
}
