// Reads zip archives that anyone made. libarchive reads one after another and believes much of what
// it is told; here the whole directory is checked before the first byte of an entry is given out.

package import Basics

/// An open zip archive whose directory has been found sound. Thread-safe.
///
/// Opening reads the directory and every local header: O(entries), whatever their sizes, with about
/// 8 MiB of memory, 16 bytes per entry and, for archives whose entries are in no order, another 16
/// per entry for a moment. Names are not kept.
///
/// Refused, as ``AssetError/Code/inputUnreadable`` with one line that names the archive and the
/// reason: paths that lead out of a folder, are absolute or have drive letters, backslashes or
/// control characters; links and special files; names that occur twice, also when only case or
/// normalisation tell them apart; entries that overlap; headers that contradict each other;
/// encryption, methods other than storing and deflate, archives split over disks; archives that are
/// cut off; and more entries, empty entries or expansion than ``Limits`` allows.
package final class ZipReader: Sendable {
    /// The entries, folders and ignorable ones among them.
    package let entryCount: Int
    /// The bytes of all contents together, as the directory claims.
    package let contentByteCount: Int
    let directory: ZipDirectory
    let names: NameTable
    /// The position in the directory of every so many records.
    private let positions: [UInt32]
    private static let stride = ZipSurvey.stride

    /// Opens and checks the archive at `path`.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when there is no such file; otherwise as above.
    package init(path: String) throws(AssetError) {
        switch try FileSystem.kind(of: path) {
        case .file?: break
        case nil: throw AssetError(.inputMissing, "\(path): no such file or directory")
        default: throw AssetError(.inputUnreadable, "\(path) is not a regular file")
        }
        let file = try File(path)
        let subject = ZipSubject(path: path)
        let byteCount = try file.byteCount()
        let end = try ZipEnd(of: file, byteCount: byteCount, subject: subject)
        directory = ZipDirectory(subject: subject, file: file, range: end.directory)
        let survey = try ZipSurvey(of: directory, archiveByteCount: byteCount)
        guard end.allows(entryCount: survey.entryCount) else {
            throw subject.refused("its end counts other entries than its directory has")
        }
        entryCount = survey.entryCount
        contentByteCount = survey.contentByteCount
        names = survey.names
        positions = survey.positions
    }

    /// Calls `body` with the entries in the order of the directory, beginning with the one of
    /// number `first`, until it returns `false`. O(1) memory.
    package func forEachEntry(
        from first: Int = 0, _ body: (ZipEntry) throws -> Bool
    ) throws {
        guard first < entryCount else { return }
        var window = directory.window(byteCount: 1 << 20)
        var position = Int(positions[first / Self.stride])
        for number in first / Self.stride * Self.stride..<entryCount {
            let (entry, next) = try directory.entry(at: position, in: &window)
            position = next
            if number >= first, !(try body(entry)) { return }
        }
    }

    /// The entry of number `index`, in the order of the directory.
    package func entry(at index: Int) throws(AssetError) -> ZipEntry {
        precondition((0..<entryCount).contains(index))
        var window = directory.window(byteCount: 8 << 10)
        var position = Int(positions[index / Self.stride])
        for _ in 0..<index % Self.stride {
            position = try directory.entry(at: position, in: &window).next
        }
        return try directory.entry(at: position, in: &window).entry
    }

    /// The entry at `path`, which must be spelled as it is; `nil` when there is none.
    package func entry(path: String) throws(AssetError) -> ZipEntry? {
        var window = directory.window(byteCount: 1 << 10)
        var found: ZipEntry?
        _ = try names.place(hash: NameTable.hash(ZipName.folded(path))) {
            place throws(AssetError) in
            let entry = try directory.entry(at: Int(place), in: &window).entry
            guard entry.path.utf8.elementsEqual(path.utf8) else { return false }
            found = entry
            return true
        }
        return found
    }
}
