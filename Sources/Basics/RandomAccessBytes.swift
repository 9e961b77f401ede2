// What media readers read from: a file, or an asset in a store.

/// Bytes of known length that can be read from any offset. Thread-safe.
public protocol RandomAccessBytes: Sendable {
    /// The length in bytes; it doesn't change.
    var byteCount: Int { get }

    /// What the bytes are, for messages: a path, or an asset's name and id.
    var subject: String { get }

    /// Fills as much of `buffer` as there are bytes from `offset` on, and returns how many.
    ///
    /// - Throws: ``AssetError`` when the bytes can't be read or don't match their checksum.
    func read(at offset: Int, into buffer: inout MutableRawSpan) throws(AssetError) -> Int
}

extension RandomAccessBytes {
    /// Calls `body` with all bytes, in order, in pieces of at most 1 MiB.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when the bytes end before ``byteCount``; what
    ///   `body` throws.
    package func forEachChunk(_ body: (RawSpan) throws -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset = 0
        while offset < byteCount {
            var span = buffer.mutableSpan
            var target = unsafe span.mutableBytes
            let count = try read(at: offset, into: &target)
            guard count > 0 else {
                throw AssetError(
                    .inputUnreadable,
                    "\(subject) shrank while it was read: \(offset) of \(byteCount) bytes are "
                        + "there; try again when nobody writes it")
            }
            unsafe try body(buffer.span.bytes.extracting(0..<count))
            offset += count
        }
    }
}

extension ContentChecksum {
    /// The checksum of all of `source`, read in pieces.
    package init(ofAll source: some RandomAccessBytes) throws {
        var hasher = ContentHasher()
        try source.forEachChunk { hasher.update($0) }
        self = hasher.value()
    }
}

/// The bytes of a file, whose length is taken when it is opened.
public final class FileBytes: RandomAccessBytes {
    private let file: File
    public let byteCount: Int
    public var subject: String { file.path }

    /// Opens a regular file for reading.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when it is not there,
    ///   ``AssetError/Code/inputUnreadable`` when it is no regular file or may not be read.
    public init(path: String) throws(AssetError) {
        guard let kind = try FileSystem.kind(of: path) else {
            throw AssetError(.inputMissing, "\(path): no such file or directory")
        }
        guard kind == .file else {
            throw AssetError(.inputUnreadable, "\(path) is not a regular file")
        }
        file = try File(path)
        byteCount = try file.byteCount()
    }

    /// The bytes of an open file.
    package init(_ file: File) throws(AssetError) {
        self.file = file
        byteCount = try file.byteCount()
    }

    public func read(
        at offset: Int, into buffer: inout MutableRawSpan
    ) throws(AssetError) -> Int {
        var failure: AssetError?
        var count = 0
        unsafe buffer.withUnsafeMutableBytes { bytes in
            do throws(AssetError) {
                count = unsafe try file.read(at: offset, into: bytes)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return count
    }
}
