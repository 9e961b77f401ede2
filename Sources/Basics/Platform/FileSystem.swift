// Names in directories: making, listing, renaming, and making all that durable.

internal import CLinux
internal import Glibc

/// The calls that change or read directories.
package enum FileSystem {
    package enum Kind: Sendable { case file, directory, other }

    /// What `path` is, following links; `nil` when nothing is there. The corresponding C function
    /// is `stat`.
    package static func kind(of path: String) throws(AssetError) -> Kind? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .systemCall("stat", path)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// The device and inode of `path`, which say whether two paths are one thing. The
    /// corresponding C function is `stat`.
    package static func identity(
        of path: String
    ) throws(AssetError) -> (device: UInt64, inode: UInt64) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw .systemCall("stat", path) }
        return (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    /// The bytes of a file's disk blocks, `nil` when it is not there. The corresponding C function
    /// is `stat`.
    package static func diskByteCount(of path: String) throws(AssetError) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw .systemCall("stat", path)
        }
        return Int(status.st_blocks) * 512
    }

    /// Makes a directory; one that is there already is fine. The corresponding C function is
    /// `mkdir`.
    package static func makeDirectory(_ path: String) throws(AssetError) {
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw .systemCall("mkdir", path)
        }
    }

    /// The names in a directory, sorted, without `.` and `..`. The corresponding C functions are
    /// `opendir` and `readdir`.
    package static func names(in directory: String) throws(AssetError) -> [String] {
        guard let stream = unsafe opendir(directory) else {
            throw .systemCall("opendir", directory)
        }
        defer { _ = unsafe closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .systemCall("readdir", directory) }
        return names.sorted()
    }

    /// Gives a file another name, replacing what has that name. Durable after
    /// ``synchronizeDirectory(_:)``. The corresponding C function is `rename`.
    package static func rename(_ old: String, to new: String) throws(AssetError) {
        guard unsafe Glibc.rename(old, new) == 0 else { throw .systemCall("rename", new) }
    }

    /// Removes a file's name; one that is not there is fine. The corresponding C function is
    /// `unlink`.
    package static func removeFile(_ path: String) throws(AssetError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw .systemCall("unlink", path)
        }
    }

    /// Makes all that was written to the file system of a directory durable. The corresponding C
    /// function is `syncfs`.
    package static func synchronizeFileSystem(of directory: String) throws(AssetError) {
        try synchronize(directory, by: syncfs, "syncfs")
    }

    /// Makes the names in a directory durable. The corresponding C function is `fsync`.
    package static func synchronizeDirectory(_ path: String) throws(AssetError) {
        try synchronize(path, by: fsync, "fsync")
    }

    private static func synchronize(
        _ directory: String, by call: (CInt) -> CInt, _ name: StaticString
    ) throws(AssetError) {
        let descriptor = retryingInterrupts {
            unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw .systemCall("open", directory) }
        defer { _ = close(descriptor) }
        guard retryingInterrupts({ call(descriptor) }) == 0 else {
            throw .systemCall(name, directory)
        }
    }

    /// The bytes that an unprivileged process may still write on the disk of `path`. The
    /// corresponding C function is `statvfs`.
    package static func availableByteCount(at path: String) throws(AssetError) -> Int {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw .systemCall("statvfs", path) }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(
                by: UInt64(status.f_frsize)
            ).partialValue)
    }

    /// The directory part of a path, `.` when there is none.
    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last component of a path.
    package static func name(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }
}
