// `assetctl job show`: all that is known of a job.

internal import AssetStore
internal import Basics

struct JobShowCommand: Subcommand {
    static let name = "job show"
    static let summary = "shows what is known of a job"
    static let help = """
        usage: assetctl job show <job>

        The job is named by its id; a sequence of frames by its name too.

        example: assetctl job show 0123456789abcdef0123456789abcdef --json
        """
    private let job: JobReference

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        job = try JobReference(&arguments)
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let result = try JobResult(try job.resolve(in: store), in: store)
            try context.result(result.json, text: result.page)
        }
        return .done
    }
}
