// `assetctl job cancel`: a job is given up.

internal import AssetStore
internal import Basics

struct JobCancelCommand: Subcommand {
    static let name = "job cancel"
    static let summary = "gives up a job that isn't complete"
    static let help = """
        usage: assetctl job cancel <job>

        A worker that is at the job stops with its next write. Frames that are stored stay, so that
        the same command again goes on from there.

        example: assetctl job cancel 0123456789abcdef0123456789abcdef
        """
    private let job: JobReference

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        job = try JobReference(&arguments)
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let id = try job.resolve(in: store).id
            let wasOpen = try store.cancelJob(id)
            guard let job = try store.job(id) else {
                throw AssetError(.inputMissing, "job \(id) was removed meanwhile")
            }
            // Cancelling twice is as good as once.
            guard wasOpen || job.state == .cancelled else {
                throw AssetError(
                    .busy,
                    "job \(id) has ended (\(job.state.name)), so there is nothing to cancel; "
                        + "“assetctl job rm” removes it")
            }
            let result = try JobResult(job, in: store)
            try context.result(result.json, text: "cancelled job \(id)")
        }
        return .done
    }
}
