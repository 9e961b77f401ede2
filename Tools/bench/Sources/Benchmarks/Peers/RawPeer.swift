// The limit: blobs one behind the other in one file whose disk blocks were taken beforehand, and
// one `fdatasync` per group. No index, no checksum.

internal import Basics
internal import Glibc

/// Blobs appended to one file.
final class RawPeer: Peer {
    static let name = "raw"

    private let file: FileDescriptor
    private let byteCount: Int

    convenience init(directory: String) throws {
        try self.init(directory: directory, count: 0, byteCount: 100_000)
    }

    /// - Parameters:
    ///   - count: for how many blobs disk blocks are taken.
    ///   - byteCount: the length of each.
    init(directory: String, count: Int, byteCount: Int) throws {
        self.byteCount = byteCount
        file = try FileDescriptor("\(directory)/blobs", O_RDWR | O_CREAT | O_EXCL)
        if count > 0 { try file.preallocate(count * byteCount) }
        try file.synchronize()
    }

    func put(_ indexes: Range<Int>, of payloads: Payloads) throws {
        for index in indexes {
            try payloads.withBytes(index) { try append($0, as: index) }
        }
        try file.synchronizeData()
    }

    /// Writes a blob, not durably.
    func append(_ bytes: RawSpan, as index: Int) throws {
        try file.write(bytes, at: index * byteCount)
    }

    /// Removes the file in a directory. The corresponding C function is `unlink`.
    static func remove(_ directory: String) throws {
        guard unsafe unlink("\(directory)/blobs") == 0 else {
            throw AssetError(.io, "\(directory)/blobs can't be removed: \(systemMessage())")
        }
    }

    func withBytes(_ index: Int, _ body: (RawSpan) -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: byteCount)
        let count = try file.read(into: &buffer, at: index * byteCount)
        body(unsafe buffer.span.bytes.extracting(first: count))
    }
}
