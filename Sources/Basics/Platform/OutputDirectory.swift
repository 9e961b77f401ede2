// Directories appear under their name when they are complete, or not at all.

internal import Glibc

/// A directory that is being filled under a temporary name beside its target. Not thread-safe; it
/// goes away with the value, with all that is in it, unless it was published.
///
/// The temporary is `.<name>.<pid>.unfinished`. Those of processes that were killed are removed
/// when the next one begins to fill the same target.
package final class OutputDirectory {
    package let path: String
    package let temporaryPath: String
    private var isPublished = false

    /// Makes the temporary directory.
    ///
    /// - Throws: ``AssetError/Code/alreadyExists`` when there is something at `path`,
    ///   ``AssetError/Code/inputMissing`` when the folder that it is to be in is not there.
    package init(_ path: String) throws(AssetError) {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let target = String(path)
        self.path = target
        let parent = FileSystem.parent(of: target)
        let name = FileSystem.name(of: target)
        temporaryPath = "\(parent)/\(Self.prefix(for: name))\(getpid())\(Self.suffix)"
        isPublished = true
        guard !target.isEmpty, !["", ".", ".."].contains(name) else {
            throw AssetError(.invalidArgument, "“\(target)” is not the name of a new directory")
        }
        guard try FileSystem.kind(of: target) == nil else {
            throw AssetError(
                .alreadyExists, "\(target) exists already; name a directory that doesn't")
        }
        guard try FileSystem.kind(of: parent) == .directory else {
            throw AssetError(
                .inputMissing, "\(target): the folder \(parent) is not there; make it first")
        }
        try Self.removeAbandoned(name, in: parent)
        // One of this process, or of one long dead that had its number.
        try FileSystem.removeTree(temporaryPath)
        try FileSystem.makeDirectory(temporaryPath)
        isPublished = false
    }

    deinit {
        if !isPublished { try? FileSystem.removeTree(temporaryPath) }
    }

    /// Gives the directory its name, durably. What is in it must be durable already.
    ///
    /// - Throws: ``AssetError/Code/alreadyExists`` when something has come to be there.
    package func publish() throws(AssetError) {
        try FileSystem.synchronizeDirectory(temporaryPath)
        guard try FileSystem.kind(of: path) == nil else {
            throw AssetError(.alreadyExists, "\(path) has come to be there meanwhile")
        }
        try FileSystem.rename(temporaryPath, to: path)
        isPublished = true
        try FileSystem.synchronizeDirectory(FileSystem.parent(of: path))
    }

    private static let suffix = ".unfinished"

    private static func prefix(for name: String) -> String {
        // A name may be as long as the file system takes; the temporary's must be no longer.
        ".\(String(name.unicodeScalars.prefix(48)))."
    }

    private static func removeAbandoned(_ name: String, in parent: String) throws(AssetError) {
        let prefix = prefix(for: name)
        for found in try FileSystem.names(in: parent)
        where found.hasPrefix(prefix) && found.hasSuffix(suffix) {
            let mark = found.dropFirst(prefix.count).dropLast(suffix.count)
            guard let process = pid_t(mark), process > 0, kill(process, 0) != 0, errno == ESRCH
            else { continue }
            try FileSystem.removeTree("\(parent)/\(found)")
        }
    }
}

extension FileSystem {
    /// Removes a file, or a directory with all that is in it, following no links; one that is not
    /// there is fine. The corresponding C functions are `unlink` and `rmdir`.
    package static func removeTree(_ path: String) throws(AssetError) {
        if unsafe unlink(path) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw .systemCall("unlink", path) }
        for name in try names(in: path) { try removeTree("\(path)/\(name)") }
        guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw .systemCall("rmdir", path) }
    }
}
