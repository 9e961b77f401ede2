// Where the benchmarks work: a directory on a real disk, empty again when they are done.

internal import Basics
internal import Glibc

/// A directory of this run's own. Thread-safe.
struct Workspace: Sendable {
    let path: String

    /// Makes a new directory in `parent`, or where temporary files belong that lie on a disk.
    ///
    /// - Throws: ``AssetError/Code/io`` when it can't be made,
    ///   ``AssetError/Code/invalidArgument`` when all places for temporary files lie in memory.
    init(in parent: String?) throws {
        var candidates = ["/tmp", "/var/tmp", "."]
        if let directory = unsafe getenv("TMPDIR") {
            candidates.insert(unsafe String(cString: directory), at: 0)
        }
        guard let parent = parent ?? candidates.first(where: { isOnDisk($0) == true }) else {
            throw AssetError(
                .invalidArgument,
                "temporary files lie in memory here; say with --directory where a disk is")
        }
        var template = Array("\(parent)/assetbench-XXXXXX".utf8CString)
        let made: String? = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe mkdtemp(buffer.baseAddress!).map { unsafe String(cString: $0) }
        }
        guard let made else {
            throw AssetError(
                .io, "\(parent): no directory can be made here: \(systemMessage())")
        }
        path = made
    }

    /// Calls `body` with the path of a new directory and removes it afterwards. The disk has
    /// nothing left to do from it when this returns, so that nobody pays for another's writes.
    func withDirectory<Result>(
        _ name: String, _ body: (String) throws -> Result
    ) throws -> Result {
        let directory = try makeDirectory("\(path)/\(name)")
        defer {
            removeTree(directory)
            sync()
        }
        return try body(directory)
    }

    /// Removes the directory and all in it.
    func remove() { removeTree(path) }
}

/// Makes a directory and returns its path. The corresponding C function is `mkdir`.
func makeDirectory(_ path: String) throws -> String {
    guard unsafe mkdir(path, 0o755) == 0 else {
        throw AssetError(.io, "\(path) can't be made: \(systemMessage())")
    }
    return path
}

/// The kind of file system that a directory lies on, such as `ext4`; `nil` when it can't be told.
/// The corresponding C function is `stat`, the file `/proc/self/mountinfo`.
func fileSystem(of path: String) -> String? {
    var status = stat()
    guard unsafe stat(path, &status) == 0,
        let mounts = try? FileDescriptor("/proc/self/mountinfo", O_RDONLY).readAll()
    else { return nil }
    // makedev(3) puts the minor number's low byte first, the major number's 12 bits behind it.
    let (major, minor) = (
        status.st_dev >> 8 & 0xFFF, status.st_dev & 0xFF | status.st_dev >> 12 & 0xFFF00
    )
    for line in String(decoding: mounts, as: UTF8.self).split(separator: "\n") {
        let halves = line.split(separator: " - ", maxSplits: 1)
        let fields = halves[0].split(separator: " ")
        if halves.count == 2, fields.count > 2, fields[2] == "\(major):\(minor)" {
            return halves[1].split(separator: " ").first.map(String.init)
        }
    }
    return nil
}

/// Whether a directory lies on a disk rather than in memory; `nil` when it can't be told.
func isOnDisk(_ path: String) -> Bool? {
    fileSystem(of: path).map { !["tmpfs", "ramfs"].contains($0) }
}

/// The disk blocks, in bytes, of all files below a directory: what `du` says of them.
func diskByteCount(of directory: String) throws -> Int {
    var total = 0
    try forEachEntry(of: directory) { path, status in
        total += Int(status.st_blocks) * 512
        if status.st_mode & S_IFMT == S_IFDIR { total += try diskByteCount(of: path) }
    }
    return total
}

/// Removes a directory and all in it, as far as possible.
private func removeTree(_ path: String) {
    try? forEachEntry(of: path) { path, status in
        if status.st_mode & S_IFMT == S_IFDIR {
            removeTree(path)
        } else {
            _ = unsafe unlink(path)
        }
    }
    _ = unsafe rmdir(path)
}

/// The corresponding C functions are `opendir`, `readdir` and `lstat`. Entries that vanish
/// meanwhile are left out.
func forEachEntry(
    of directory: String, _ body: (_ path: String, _ status: stat) throws -> Void
) throws {
    guard let stream = unsafe opendir(directory) else {
        throw AssetError(.io, "\(directory) can't be listed: \(systemMessage())")
    }
    defer { _ = unsafe closedir(stream) }
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        }
        if name == "." || name == ".." { continue }
        var status = stat()
        let path = "\(directory)/\(name)"
        if unsafe lstat(path, &status) == 0 { try body(path, status) }
    }
}

/// What `errno` says.
func systemMessage() -> String { unsafe String(cString: strerror(errno)) }
