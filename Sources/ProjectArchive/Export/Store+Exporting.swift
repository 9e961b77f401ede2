// A project as one zip file: what others call.

public import AssetStore
internal import Basics

extension Store {
    /// Writes a project to one zip file: its assets, jobs with their frames and segments, scenes and
    /// checkpoints, and a manifest with every fact and checksum, as ``importProject(from:as:progress:describing:)``
    /// takes them.
    ///
    /// The file appears under its name when it is complete. One that was interrupted is gone on
    /// with, also after its process was killed, as far as the project is still what it was. What the
    /// archive contains is decided in one moment; what is removed while it is written is left out
    /// and counted. An unchanged project gives the same bytes again.
    ///
    /// - Parameters:
    ///   - overwrite: replace a file that is there.
    ///   - progress: called often; return false to stop with ``AssetError/Code/cancelled``.
    /// - Throws: ``AssetError/Code/inputMissing`` when the project or the file's folder is not
    ///   there, ``AssetError/Code/alreadyExists``, ``AssetError/Code/diskFull``,
    ///   ``AssetError/Code/damaged`` naming what can't be read, ``AssetError/Code/io``.
    /// - Complexity: O(bytes) in time; about 16 MiB of memory, and room beside the file for what the
    ///   manifest says.
    public func exportProject(
        _ name: String, to path: String, overwrite: Bool = false,
        progress: @escaping (ArchiveProgress) -> Bool = { _ in true }
    ) throws -> ArchiveReport {
        try exportProject(
            name, to: path, overwrite: overwrite, temporaryChanged: { _, _ in },
            progress: progress)
    }

    /// The same, telling when a file that is not complete comes to be and goes.
    package func exportProject(
        _ name: String, to path: String, overwrite: Bool,
        temporaryChanged: @escaping @Sendable (_ path: String, _ exists: Bool) -> Void,
        progress: @escaping (ArchiveProgress) -> Bool
    ) throws -> ArchiveReport {
        try OutputFile.check(path, overwrite: overwrite)
        let directory = FileSystem.parent(of: path)
        let plan = try ExportPlan(self, project: name, temporariesIn: directory)
        let output = try OutputFile(
            path, overwrite: overwrite, goingOn: true, temporaryChanged: temporaryChanged)
        let archive = ZipWriter(
            output.file, temporariesIn: directory, leftoverByteCount: output.leftoverByteCount)
        do {
            let run = ExportRun(self, plan, archive, temporariesIn: directory, progress)
            let report = try run.run()
            try output.publish()
            return report
        } catch let error as AssetError where [.cancelled, .diskFull].contains(error.code) {
            // What may pass leaves something to go on with; bytes that can't be written now are
            // written then.
            try? archive.pause()
            try output.keep()
            throw error
        }
    }
}
