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
