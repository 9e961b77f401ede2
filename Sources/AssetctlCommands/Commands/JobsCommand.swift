// `assetctl jobs`: the jobs there are.

internal import AssetStore
internal import Basics

struct JobsCommand: Subcommand {
    static let name = "jobs"
    static let summary = "lists jobs"
    static let help = """
        usage: assetctl jobs [--project <name>] [--state <state>]

        Lists jobs, the oldest first.

          --project <name>   only those of this project
          --state <state>    only those that are pending, processing, complete, error or cancelled

        example: assetctl jobs --state processing
        """
    private let project: String?
    private let state: JobState?

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.option("project")
        state = try arguments.choice(
            "state",
            of: [
                "pending": .pending, "processing": .processing, "complete": .complete,
                "error": .error, "cancelled": .cancelled,
            ])
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let jobs = try store.jobs(project: project, state: state)
            if jobs.isEmpty { context.console.talk("there are no such jobs") }
            if !jobs.isEmpty, !context.wantsJSON {
                try context.console.line(JobResult.table.header)
            }
            for job in jobs {
                let result = try JobResult(job, in: store)
                try context.result(result.json, text: result.row)
            }
        }
        return .done
    }
}
