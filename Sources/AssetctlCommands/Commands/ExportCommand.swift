// `assetctl export`: a project to one zip file.

internal import AssetStore
internal import Basics
internal import ProjectArchive

struct ExportCommand: Subcommand {
    static let name = "export"
    static let summary = "writes a project to one zip file"
    static let help = """
        usage: assetctl export <project> --output <file.zip> [--overwrite]

        Writes everything that belongs to a project to a zip file: its assets under readable names,
        the frames and segments of its jobs, and a manifest with all that is known of them. The file
        appears when it is complete. When it is interrupted, the same command goes on with it.

          --output <file.zip>   where to write
          --overwrite           replace the file when it is there

        example: assetctl export demo --output demo.zip
        """
    static let finishesWhenInterrupted = true

    private let output: String
    private let overwrite: Bool
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        output = try arguments.requiredOption("output")
        overwrite = try arguments.flag("overwrite")
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let began = steadySeconds()
            context.progress.begin("export", total: nil, unit: .bytes)
            let report: ArchiveReport
            do {
                report = try store.exportProject(
                    project, to: output, overwrite: overwrite,
                    temporaryChanged: context.interrupt.temporaryChanged
                ) { context.show($0) }
            } catch let error as AssetError where error.code == .cancelled {
                throw AssetError(
                    .cancelled, "interrupted; to go on: \(context.commandLine)", cause: error)
            } catch let error as AssetError where error.code == .diskFull {
                throw AssetError(
                    .diskFull,
                    "\(error.message); what is written is kept beside \(output); make room, then "
                        + "go on: \(context.commandLine)",
                    cause: error)
            }
            context.progress.finish()
            if report.skippedCount > 0 {
                context.console.talk(
                    "\(report.skippedCount) of its assets and jobs were removed meanwhile and are "
                        + "not in it")
            }
            try context.result(
                report.json(file: output, seconds: steadySeconds() - began),
                text: "wrote \(report.text) to \(printable(output)), "
                    + ByteSize.format(report.archiveByteCount))
        }
        return .done
    }
}

extension CommandContext {
    /// Shows how far an export or import is; says whether to go on.
    func show(_ state: ArchiveProgress) -> Bool {
        progress.update(total: state.totalByteCount)
        progress.update(done: state.byteCount, reused: state.reusedByteCount)
        return !interrupt.isRequested
    }
}
