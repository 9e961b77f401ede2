// An open file, for the peers that are files.

internal import Basics
internal import Glibc

/// An open file, closed when the value goes away. Thread-safe.
final class FileDescriptor: Sendable {
    private let descriptor: CInt
    private let path: String

    /// The corresponding C function is `open`.
    init(_ path: String, _ flags: CInt) throws {
        self.path = path
        descriptor = unsafe open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw AssetError(.io, "\(path) can't be opened: \(systemMessage())")
        }
    }

    deinit { _ = close(descriptor) }

    /// The corresponding C function is `pwrite`.
    func write(_ bytes: RawSpan, at offset: Int) throws {
        let count = unsafe bytes.withUnsafeBytes {
            unsafe pwrite(descriptor, $0.baseAddress, $0.count, offset)
        }
        guard count == bytes.byteCount else { throw failure("pwrite") }
    }

    /// Reads what fits and says how much it was. The corresponding C function is `pread`.
    func read(into buffer: inout [UInt8], at offset: Int = 0) throws -> Int {
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, offset)
        }
        guard count >= 0 else { throw failure("pread") }
        return count
    }

    /// Everything from the start to the end, also of files that don't know their length.
    func readAll() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try read(into: &buffer, at: bytes.count)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// The corresponding C function is `posix_fallocate`.
    func preallocate(_ byteCount: Int) throws {
        errno = posix_fallocate(descriptor, 0, byteCount)
        guard errno == 0 else { throw failure("posix_fallocate") }
    }

    /// The corresponding C function is `fsync`.
    func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw failure("fsync") }
    }

    /// The corresponding C function is `fdatasync`.
    func synchronizeData() throws {
        guard fdatasync(descriptor) == 0 else { throw failure("fdatasync") }
    }

    private func failure(_ call: String) -> AssetError {
        AssetError(.io, "\(path): \(call) failed: \(systemMessage())")
    }
}
