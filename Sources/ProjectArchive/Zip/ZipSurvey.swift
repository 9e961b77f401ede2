// Looks at all of an archive before anything of it is used: what single entries can't show is found
// here.

internal import Basics

/// What one pass over an archive's directory and local headers found.
struct ZipSurvey: Sendable {
    /// How many records apart the remembered ``positions`` are.
    static let stride = 32

    private(set) var entryCount = 0
    private(set) var contentByteCount = 0
    private(set) var names = NameTable()
    /// The positions of every ``stride``-th record in the directory.
    private(set) var positions: [UInt32] = []
    private var emptyCount = 0
    /// Where the entry ends that reaches farthest, and whether none began before that.
    private var end = 0
    private var isInOrder = true

    /// - Throws: ``AssetError/Code/inputUnreadable`` when something about the archive is wrong.
    init(of directory: ZipDirectory, archiveByteCount: Int) throws(AssetError) {
        var earlier = directory.window(byteCount: 1 << 10)
        try Self.forEachEntry(of: directory) { position, entry, stretch throws(AssetError) in
            try count(entry, directory.subject, archiveByteCount: archiveByteCount)
            try name(entry, at: position, directory, &earlier)
            if stretch.lowerBound < end { isInOrder = false }
            end = max(end, stretch.upperBound)
        }
        guard !isInOrder else { return }
        var coverage = Coverage(expectedCount: entryCount)
        try Self.forEachEntry(of: directory) { _, _, stretch throws(AssetError) in
            coverage.add(stretch)
        }
        if coverage.hasOverlap() { throw directory.subject.refused("its entries overlap") }
    }

    /// Counts an entry, and asks whether it is one too many.
    private mutating func count(
        _ entry: ZipEntry, _ subject: ZipSubject, archiveByteCount: Int
    ) throws(AssetError) {
        entryCount += 1
        if entry.byteCount == 0 { emptyCount += 1 }
        guard entryCount <= Limits.archiveEntryCountMax else {
            throw subject.refused("it has more than \(Limits.archiveEntryCountMax) entries")
        }
        guard emptyCount <= Limits.archiveEmptyEntryCountMax else {
            throw subject.refused(
                "it has more than \(Limits.archiveEmptyEntryCountMax) entries without content")
        }
        let (sum, overflow) = contentByteCount.addingReportingOverflow(entry.byteCount)
        guard !overflow else { throw subject.refused("its entries claim impossible sizes") }
        contentByteCount = sum
        guard
            sum <= Limits.archiveContentByteCountFree
                || sum / Limits.archiveExpansionMax <= archiveByteCount
        else {
            throw subject.refused(
                "it would unpack to more than \(Limits.archiveExpansionMax) times its size")
        }
    }

    /// Takes in an entry's name, which must be a new one.
    private mutating func name(
        _ entry: ZipEntry, at position: Int, _ directory: ZipDirectory,
        _ window: inout FileWindow
    ) throws(AssetError) {
        let folded = ZipName.folded(entry.path)
        let hash = NameTable.hash(folded)
        var twin = ""
        let place = try names.place(hash: hash) { place throws(AssetError) in
            twin = try directory.entry(at: Int(place), in: &window).entry.path
            return ZipName.folded(twin) == folded
        }
        guard place == nil else {
            throw directory.subject.refused(
                entry.path,
                twin.utf8.elementsEqual(entry.path.utf8)
                    ? "is in it twice"
                    : "and \(ZipName.quoted(twin)) are one name on many computers")
        }
        names.insert(hash: hash, place: UInt32(position))
        if (entryCount - 1) % Self.stride == 0 { positions.append(UInt32(position)) }
    }

    /// Calls `body` with each record's position, its entry, and all that belongs to the entry in
    /// the file: local header, bytes, and at least the shortest data descriptor where there is one.
    private static func forEachEntry(
        of directory: ZipDirectory,
        _ body: (Int, ZipEntry, Range<Int>) throws(AssetError) -> Void
    ) throws(AssetError) {
        var window = directory.window(byteCount: 1 << 20)
        var localWindow = directory.localHeaderWindow()
        var position = 0
        while position < directory.range.count {
            let (entry, next) = try directory.entry(at: position, in: &window)
            let content = try directory.contentRange(of: entry, in: &localWindow)
            let descriptor =
                entry.flags.contains(.dataDescriptor) ? ZipDescriptor.byteCountMin : 0
            try body(position, entry, entry.offset..<content.upperBound + descriptor)
            position = next
        }
    }
}
