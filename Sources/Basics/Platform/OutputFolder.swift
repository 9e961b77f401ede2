// Many files in one folder, at a cost that doesn't grow with how many there are.

internal import Glibc

/// A folder that many files are written to. Thread-safe.
///
/// Each file appears under its name when it is complete, as an ``OutputFile`` does, and all are made
/// durable by one ``synchronize()`` at the end instead of two calls for each.
package struct OutputFolder: Sendable {
    package let path: String
    private let overwrite: Bool
    private let temporaryChanged: @Sendable (_ path: String, _ exists: Bool) -> Void

    /// Takes a folder that is there. What earlier processes left in it when they were killed is
    /// removed.
    ///
    /// - Parameters:
    ///   - isTarget: whether a file of this name is one of those that are written here: what was left
    ///     of others stays. It is asked with the first 48 characters.
    ///   - temporaryChanged: told when a file's temporary comes to be and when it goes.
    /// - Throws: ``AssetError/Code/io`` when the folder can't be read.
    /// - Complexity: O(names in the folder).
    package init(
        _ path: String, overwrite: Bool, isTarget: (_ name: String) -> Bool,
        temporaryChanged: @escaping @Sendable (_ path: String, _ exists: Bool) -> Void = { _, _ in }
    ) throws(AssetError) {
        self.path = path
        self.overwrite = overwrite
        self.temporaryChanged = temporaryChanged
        for name in try FileSystem.names(in: path) {
            guard let target = OutputFile.targetOfAbandoned(name), isTarget(target) else {
                continue
            }
            try FileSystem.removeFile("\(path)/\(name)")
        }
    }

    /// Makes the temporary of a file of this name.
    ///
    /// - Throws: as ``OutputFile/check(_:overwrite:)``.
    package func file(_ name: String) throws(AssetError) -> OutputFile {
        try OutputFile(
            "\(path)/\(name)", overwrite: overwrite, isOneOfMany: true,
            temporaryChanged: temporaryChanged)
    }

    /// Makes all files that were published durable, and their names. The corresponding C function is
    /// `syncfs`.
    package func synchronize() throws(AssetError) {
        try FileSystem.synchronizeFileSystem(of: path)
    }
}
