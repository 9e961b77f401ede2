// assetctl job resume: goes on with one job.

internal import AssetStore
internal import Basics
internal import Exporting

struct JobResumeCommand: Subcommand {
    static let name = "job resume"
    static let summary = "goes on with a job that was interrupted"
    static let help = """
        usage: assetctl job resume <job> [--workers <count>]

          --workers <count>   threads that draw and encode; default one per processor

        example: assetctl job resume 0123456789abcdef0123456789abcdef
        """
    static let finishesWhenInterrupted = true

    private let workers: Int?
    private let job: JobID

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        workers = try arguments.integer("workers", in: 1...Limits.workerCountMax)
        let text = try arguments.operand("a job's id")
        guard let id = JobID(text) else {
            throw UsageError("“\(text)” is no job's id, which has 32 hexadecimal digits")
        }
        job = id
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        let run = RenderRun(context, resumeCommand: context.commandLine)
        return try run.resumable {
            try context.withStore { store in
                try run.run(RenderJob(job, in: store), workerCount: workers)
            }
        }
    }
}
