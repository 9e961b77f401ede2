// `assetctl import`: a project from a zip file.

internal import AssetStore
internal import Basics
internal import ProjectArchive

struct ImportCommand: Subcommand {
    static let name = "import"
    static let summary = "brings a project from a zip file"
    static let help = """
        usage: assetctl import <file.zip> [--project <name>]

        Brings a project that “assetctl export” wrote, or the pictures, videos and audio files of
        any other zip file. Everything is checked, and the project appears when all of it is stored.
        When it is interrupted, the same command goes on; what nobody goes on with for a day is
        removed.

          --project <name>   what to call it; else the name that it had, or that of the file

        example: assetctl import demo.zip --project copy
        """
    static let finishesWhenInterrupted = true

    private let project: String?
    private let path: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.option("project")
        path = try arguments.operand("the zip file")
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        // Told before a store is made for it.
        _ = try FileBytes(path: path)
        try context.withStoreForWriting { store in
            let began = steadySeconds()
            context.progress.begin("import", total: nil, unit: .bytes)
            let report: ArchiveReport
            do {
                report = try store.importProject(
                    from: path, as: project, progress: { context.show($0) },
                    describing: AssetDescription.ofMedia)
            } catch let error as AssetError where error.code == .cancelled {
                throw AssetError(
                    .cancelled, "interrupted; to go on: \(context.commandLine)", cause: error)
            } catch let error as AssetError
                where [.diskFull, .quotaExceeded].contains(error.code)
            {
                throw AssetError(
                    error.code,
                    "\(error.message); what came so far is kept for a day, unseen; to go on: "
                        + context.commandLine,
                    cause: error)
            }
            context.progress.finish()
            if report.skippedCount > 0 {
                context.console.talk(
                    "passed over \(counted(report.skippedCount, "file")) that "
                        + "\(report.skippedCount == 1 ? "is" : "are") no media")
            }
            try context.result(
                report.json(file: path, seconds: steadySeconds() - began),
                text: "imported \(report.text) as project \(printable(report.project))")
        }
        return .done
    }
}

extension AssetDescription {
    /// Describes a file by its bytes; `nil` when it is no media.
    fileprivate static func ofMedia(_ bytes: any RandomAccessBytes) throws -> AssetDescription? {
        do throws(AssetError) {
            return try AssetDescription(
                of: bytes, project: "", namespace: nil, mediaType: nil)
        } catch {
            guard error.code == .inputUnreadable else { throw error }
            return nil
        }
    }
}
