// Files appear under their name when they are complete, or not at all.

internal import Glibc

/// A file that is being written under a temporary name in the directory of its target. Not
/// thread-safe; the file goes away with the value unless it was published.
///
/// The temporary is `.<name>.<pid>.partial`. Nothing is overwritten unless asked to be: not even
/// a file that someone else made in the meantime.
package final class OutputFile {
    package let path: String
    /// Where the bytes are until they are published, for those who write by path.
    package let temporaryPath: String
    package let file: File
    /// The bytes appended by ``append(_:)``.
    package private(set) var byteCount = 0
    /// The bytes that are in the file already, of an earlier process that did not get to publish it.
    package let leftoverByteCount: Int
    private let overwrite: Bool
    /// Whether whoever makes it sees to what others left, and to durability: an ``OutputFolder``.
    private let isOneOfMany: Bool
    private let temporaryChanged: @Sendable (_ path: String, _ exists: Bool) -> Void
    /// Whether the temporary is to outlive this value, or has become the target.
    private var isSettled = false

    /// Makes the temporary file. Those that earlier processes left for the same target when they
    /// were killed are removed.
    ///
    /// - Parameters:
    ///   - goingOn: take what an earlier process left, when there is something; see
    ///     ``leftoverByteCount``. Whoever does so must be able to tell what of it is right.
    ///   - isOneOfMany: leave what earlier processes left, and durability, to an ``OutputFolder``.
    ///   - temporaryChanged: told when the temporary comes to be and when it goes.
    /// - Throws: as ``check(_:overwrite:)``, and ``AssetError/Code/io`` when the directory can't
    ///   be written to.
    package init(
        _ path: String, overwrite: Bool, goingOn: Bool = false, isOneOfMany: Bool = false,
        temporaryChanged: @escaping @Sendable (_ path: String, _ exists: Bool) -> Void = { _, _ in }
    ) throws(AssetError) {
        try Self.check(path, overwrite: overwrite)
        self.path = path
        self.overwrite = overwrite
        self.isOneOfMany = isOneOfMany
        self.temporaryChanged = temporaryChanged
        if goingOn, let taken = try Self.takeAbandoned(for: path) {
            (temporaryPath, file) = taken
            leftoverByteCount = try taken.file.byteCount()
        } else {
            (temporaryPath, file) = try Self.makeTemporary(for: path)
            leftoverByteCount = 0
        }
        if !isOneOfMany { try Self.removeAbandoned(for: path, withKept: goingOn) }
        temporaryChanged(temporaryPath, true)
    }

    deinit {
        if !isSettled {
            try? FileSystem.removeFile(temporaryPath)
            temporaryChanged(temporaryPath, false)
        }
    }

    /// Makes sure, as far as can be known beforehand, that a file can be made at `path`; long
    /// work asks before it begins.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when the folder is not there,
    ///   ``AssetError/Code/invalidArgument`` when `path` can't be a file's,
    ///   ``AssetError/Code/alreadyExists`` when there is one already.
    package static func check(_ path: String, overwrite: Bool) throws(AssetError) {
        guard !path.isEmpty, !path.hasSuffix("/") else {
            throw AssetError(.invalidArgument, "“\(path)” is not the name of a file")
        }
        let parent = FileSystem.parent(of: path)
        switch try FileSystem.kind(of: parent) {
        case .directory?: break
        case nil:
            throw AssetError(
                .inputMissing, "\(path): the folder \(parent) is not there; make it first")
        default: throw AssetError(.invalidArgument, "\(path): \(parent) is not a folder")
        }
        switch try FileSystem.kind(of: path) {
        case nil: break
        case .directory?:
            throw AssetError(.invalidArgument, "\(path) is a folder; name a file in it")
        case .other?:
            // Replacing a device or a pipe by a file is never what was meant.
            throw AssetError(.invalidArgument, "\(path) is not a regular file; name another")
        case .file? where !overwrite: throw existing(path)
        case .file?: break
        }
    }

    /// Writes `bytes` behind those appended so far.
    package func append(_ bytes: RawSpan) throws(AssetError) {
        try file.write(bytes, at: byteCount)
        byteCount += bytes.byteCount
    }

    /// Makes the file durable, unless it is one of many, and gives it its name. Nothing may be written
    /// afterwards.
    ///
    /// - Throws: ``AssetError/Code/alreadyExists`` when a file has come to be there and is not to
    ///   be overwritten.
    package func publish() throws(AssetError) {
        if !isOneOfMany { try file.synchronize() }
        if overwrite {
            try FileSystem.rename(temporaryPath, to: path)
        } else {
            try publishWithoutOverwriting()
        }
        isSettled = true
        temporaryChanged(temporaryPath, false)
        if isOneOfMany { return }
        try FileSystem.synchronizeDirectory(FileSystem.parent(of: path))
    }

    /// Leaves what is written for a later process, or for this one, that makes the same target by
    /// going on. Nothing may be written afterwards.
    package func keep() throws(AssetError) {
        let parent = FileSystem.parent(of: path)
        try FileSystem.rename(
            temporaryPath, to: "\(parent)/\(Self.prefix(for: path))\(Self.kept)\(Self.suffix)")
        isSettled = true
        temporaryChanged(temporaryPath, false)
    }

    /// The corresponding C function is `link`, which fails when the name is taken. File systems
    /// without links get the name by making an empty file first, which fails likewise.
    private func publishWithoutOverwriting() throws(AssetError) {
        if unsafe link(temporaryPath, path) == 0 {
            try FileSystem.removeFile(temporaryPath)
            return
        }
        switch errno {
        case EEXIST: throw Self.existing(path)
        case EPERM, EOPNOTSUPP, ENOSYS, EMLINK:
            do throws(AssetError) {
                _ = try File(path, [.write, .createNew])
            } catch {
                throw error.code == .alreadyExists ? Self.existing(path) : error
            }
            try FileSystem.rename(temporaryPath, to: path)
        default: throw .systemCall("link", path)
        }
    }

    private static func existing(_ path: String) -> AssetError {
        AssetError(.alreadyExists, "\(path) exists already; add --overwrite to replace it")
    }

    private static func makeTemporary(
        for path: String
    ) throws(AssetError) -> (path: String, file: File) {
        let parent = FileSystem.parent(of: path)
        for attempt in 1...100 {
            let mark = attempt == 1 ? "\(getpid())" : "\(getpid())-\(attempt)"
            let temporary = "\(parent)/\(prefix(for: path))\(mark)\(suffix)"
            do throws(AssetError) {
                return (temporary, try File(temporary, [.write, .createNew]))
            } catch {
                // Another file of this process, or of one long dead that had its number.
                if error.code == .alreadyExists { continue }
                guard error.code == .inputUnreadable else { throw error }
                throw AssetError(
                    .io, "\(path): the folder \(parent) can't be written to", cause: error)
            }
        }
        throw AssetError(
            .io, "\(path): remove the files named \(prefix(for: path))*\(suffix) in \(parent)")
    }

    private static let suffix = ".partial"

    /// What the names of a target's temporaries begin with.
    private static func prefix(for path: String) -> String {
        // A name may be as long as the file system takes; the temporary's must be no longer.
        ".\(String(FileSystem.name(of: path).unicodeScalars.prefix(48)))."
    }

    /// What stands in place of a process's number when a file was left on purpose.
    private static let kept = "kept"

    /// Removes the temporaries of a target whose processes are dead, and with `withKept` those that
    /// were left on purpose.
    private static func removeAbandoned(
        for path: String, withKept: Bool
    ) throws(AssetError) {
        for temporary in try abandoned(for: path) where withKept || !temporary.isKept {
            try FileSystem.removeFile(temporary.path)
        }
    }

    /// Takes the longest of the temporaries that were left for a target over; `nil` when there is
    /// none.
    private static func takeAbandoned(
        for path: String
    ) throws(AssetError) -> (path: String, file: File)? {
        var longest: (path: String, byteCount: Int)?
        for temporary in try abandoned(for: path) {
            guard let byteCount = try FileSystem.diskByteCount(of: temporary.path) else {
                continue
            }
            if byteCount > longest?.byteCount ?? 0 { longest = (temporary.path, byteCount) }
        }
        guard let longest else { return nil }
        let (taken, _) = try makeTemporary(for: path)
        do throws(AssetError) {
            try FileSystem.rename(longest.path, to: taken)
        } catch {
            // Another process was faster.
            try FileSystem.removeFile(taken)
            return nil
        }
        return (taken, try File(taken, [.write]))
    }

    /// The temporaries of a target that no living process writes.
    private static func abandoned(
        for path: String
    ) throws(AssetError) -> [(path: String, isKept: Bool)] {
        let parent = FileSystem.parent(of: path)
        let prefix = prefix(for: path)
        var found: [(path: String, isKept: Bool)] = []
        for name in try FileSystem.names(in: parent)
        where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
            let mark = name.dropFirst(prefix.count).dropLast(suffix.count)
            if mark == kept {
                found.append(("\(parent)/\(name)", true))
                continue
            }
            guard isOfTheDead(mark) else { continue }
            found.append(("\(parent)/\(name)", false))
        }
        return found
    }

    /// The target's name, or how it begins, when a name is that of a temporary whose process is dead.
    static func targetOfAbandoned(_ name: String) -> String? {
        guard name.hasPrefix("."), name.hasSuffix(suffix) else { return nil }
        let marked = name.dropFirst().dropLast(suffix.count)
        guard let dot = marked.lastIndex(of: "."),
            isOfTheDead(marked[marked.index(after: dot)...])
        else { return nil }
        return String(marked[..<dot])
    }

    /// Whether the process that a temporary's name tells of is dead.
    private static func isOfTheDead(_ mark: Substring) -> Bool {
        guard let process = mark.split(separator: "-").first.flatMap({ pid_t($0) }), process > 0
        else { return false }
        return kill(process, 0) != 0 && errno == ESRCH
    }
}
