// Reads many small records of a file with few calls, and with as little memory for a large file as
// for a small one.

internal import Basics

/// A window that slides over a file. Not thread-safe.
struct FileWindow: ~Copyable {
    private let file: File
    private let subject: ZipSubject
    /// Nothing beyond is read.
    private let end: Int
    private let windowByteCount: Int
    private var start = 0
    private var bytes: [UInt8] = []

    init(_ file: File, subject: ZipSubject, end: Int, windowByteCount: Int) {
        (self.file, self.subject, self.end) = (file, subject, end)
        self.windowByteCount = windowByteCount
    }

    /// Lends `count` bytes at `offset`.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when there are fewer.
    mutating func withBytes<Result>(
        at offset: Int, count: Int, _ body: (RawSpan) throws(AssetError) -> Result
    ) throws(AssetError) -> Result {
        guard offset >= 0, count >= 0, offset <= end, count <= end - offset else {
            throw subject.refused("the archive ends early")
        }
        if offset < start || offset + count > start + bytes.count {
            bytes = try file.read(
                at: offset, count: min(max(count, windowByteCount), end - offset))
            start = offset
            guard bytes.count >= count else { throw subject.refused("the archive ends early") }
        }
        let from = offset - start
        return try body(unsafe bytes.span.bytes.extracting(from..<from + count))
    }
}
