// Finds many entries by their paths. Where they are asked for in the order of the directory, as a
// manifest names them, each is simply the next one.

internal import Basics

/// Finds entries of one archive. Belongs to one thread.
struct ZipFinder: ~Copyable {
    private let reader: ZipReader
    private var window: FileWindow
    /// Where the record stands that is likely to be asked for next.
    private var position = 0

    init(_ reader: ZipReader) {
        self.reader = reader
        window = reader.directory.window(byteCount: 256 << 10)
    }

    /// The entry at `path`, spelled as it is; `nil` when there is none.
    mutating func entry(path: String) throws(AssetError) -> ZipEntry? {
        if position < reader.directory.range.count {
            let (entry, next) = try reader.directory.entry(at: position, in: &window)
            if entry.path.utf8.elementsEqual(path.utf8) {
                position = next
                return entry
            }
        }
        guard let entry = try reader.entry(path: path) else { return nil }
        position = try reader.directory.entry(at: entry.position, in: &window).next
        return entry
    }
}
