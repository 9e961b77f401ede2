// A folder of files: one file per blob, each synced.

internal import Basics
internal import Glibc

/// Blobs as files of a folder. Thread-safe.
final class FilesPeer: Peer, Sendable {
    static let name = "files"

    private let directory: String
    /// Whether each file is synced when it is written.
    private let isDurable: Bool

    convenience init(directory: String) throws { self.init(directory: directory, isDurable: true) }

    init(directory: String, isDurable: Bool) {
        self.directory = directory
        self.isDurable = isDurable
    }

    func put(_ indexes: Range<Int>, of payloads: Payloads) throws {
        for index in indexes {
            let file = try FileDescriptor(path(of: index), O_WRONLY | O_CREAT | O_EXCL)
            try payloads.withBytes(index) { try file.write($0, at: 0) }
            if isDurable { try file.synchronize() }
        }
    }

    /// Reads a file into memory as a program would that keeps its buffer.
    func read(_ index: Int, into buffer: inout [UInt8]) throws -> Int {
        try FileDescriptor(path(of: index), O_RDONLY).read(into: &buffer)
    }

    func withBytes(_ index: Int, _ body: (RawSpan) -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let count = try read(index, into: &buffer)
        body(unsafe buffer.span.bytes.extracting(first: count))
    }

    private func path(of index: Int) -> String { "\(directory)/\(index)" }
}
