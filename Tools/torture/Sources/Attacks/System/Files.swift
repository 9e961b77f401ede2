// Files and directories of the attacks themselves.

internal import Glibc

/// What went wrong with the torture itself, not with what is tortured.
struct Trouble: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }

    /// A call of the system that failed.
    init(call: String, _ path: String) {
        let reason = unsafe String(cString: strerror(errno))
        description = "\(path): \(call): \(reason)"
    }
}

/// The calls on paths; each throws ``Trouble``.
enum Files {
    static func makeDirectory(_ path: String) throws {
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw Trouble(call: "mkdir", path)
        }
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// The names in a directory, sorted; none when it is not there.
    static func names(in path: String) throws -> [String] {
        guard let stream = unsafe opendir(path) else {
            if errno == ENOENT { return [] }
            throw Trouble(call: "opendir", path)
        }
        defer { _ = unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func inode(_ path: String) throws -> UInt64 {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { throw Trouble(call: "lstat", path) }
        return UInt64(status.st_ino)
    }

    /// The files below a directory, by their paths relative to it.
    static func tree(_ root: String, below path: String = "") throws -> [String] {
        var found: [String] = []
        for name in try names(in: path.isEmpty ? root : "\(root)/\(path)") {
            let inner = path.isEmpty ? name : "\(path)/\(name)"
            if isDirectory("\(root)/\(inner)") {
                found += try tree(root, below: inner)
            } else {
                found.append(inner)
            }
        }
        return found
    }

    /// Removes a file or a directory with everything in it; nothing there is fine.
    static func remove(_ path: String) throws {
        if isDirectory(path) {
            for name in try names(in: path) { try remove("\(path)/\(name)") }
            guard unsafe rmdir(path) == 0 else { throw Trouble(call: "rmdir", path) }
        } else if unsafe unlink(path) != 0, errno != ENOENT {
            throw Trouble(call: "unlink", path)
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Trouble(call: "open", path) }
        defer { _ = close(file) }
        let length = lseek(file, 0, SEEK_END)
        guard length >= 0 else { throw Trouble(call: "lseek", path) }
        var failure: Trouble?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            while count < length {
                let done = unsafe pread(file, buffer.baseAddress! + count, length - count, count)
                if done == 0 { break }
                if done < 0 {
                    failure = Trouble(call: "pread", path)
                    break
                }
                count += done
            }
        }
        if let failure { throw failure }
        return bytes
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    /// Writes a file anew, with `length` bytes, the ones behind `bytes` being zero.
    static func write(_ bytes: [UInt8], to path: String, length: Int? = nil) throws {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Trouble(call: "open", path) }
        defer { _ = close(file) }
        let count = min(bytes.count, length ?? bytes.count)
        var done = 0
        while done < count {
            let written = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(file, $0.baseAddress! + done, count - done, done)
            }
            guard written > 0 else { throw Trouble(call: "pwrite", path) }
            done += written
        }
        if let length, length > count, ftruncate(file, length) != 0 {
            throw Trouble(call: "ftruncate", path)
        }
    }

    /// Writes over the bytes of a file that others may have mapped.
    static func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw Trouble(call: "open", path) }
        defer { _ = close(file) }
        // Page by page, as far as they differ.
        let old = try read(path)
        for start in stride(from: 0, to: bytes.count, by: 4096) {
            let range = start..<min(start + 4096, bytes.count)
            if range.upperBound <= old.count, old[range] == bytes[range] { continue }
            let written = unsafe bytes[range].withUnsafeBytes {
                unsafe pwrite(file, $0.baseAddress, $0.count, start)
            }
            guard written == range.count else { throw Trouble(call: "pwrite", path) }
        }
    }

    /// Copies a directory; holes of files stay holes where they are long.
    static func copy(_ old: String, to new: String) throws {
        if !isDirectory(old) {
            let bytes = try read(old)
            let used = (bytes.lastIndex { $0 != 0 } ?? -1) + 1
            try write(Array(bytes[..<used]), to: new, length: bytes.count)
            return
        }
        try makeDirectory(new)
        for name in try names(in: old) { try copy("\(old)/\(name)", to: "\(new)/\(name)") }
    }

    /// The path of the running program.
    static func program() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { buffer in
            unsafe readlink(
                "/proc/self/exe", buffer.baseAddress!.assumingMemoryBound(to: CChar.self),
                buffer.count)
        }
        guard count > 0 else { throw Trouble(call: "readlink", "/proc/self/exe") }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

/// Seconds since some moment, which never run backwards.
func monotonicSeconds() -> Double {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func pause(seconds: Double) { usleep(UInt32(seconds * 1e6)) }
