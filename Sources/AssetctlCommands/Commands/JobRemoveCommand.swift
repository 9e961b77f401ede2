// `assetctl job rm`: a job and its frames go away.

internal import AssetStore
internal import Basics

struct JobRemoveCommand: Subcommand {
    static let name = "job rm"
    static let summary = "removes a job with its frames"
    static let help = """
        usage: assetctl job rm <job>

        Removes a job, its frames and its encoded segments. What it made stays: that is an asset.
        A job that a worker is at must be cancelled before.

        example: assetctl job rm 0123456789abcdef0123456789abcdef
        """
    private let job: JobReference

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        job = try JobReference(&arguments)
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let result = try JobResult(try job.resolve(in: store), in: store)
            let id = result.job.id
            guard try store.removeJob(id) else {
                throw AssetError(.inputMissing, "job \(id) was removed by someone else")
            }
            try context.giveBlocksBack(of: store)
            let frames = counted(result.job.frames.count, "frame")
            try context.result(result.json, text: "removed job \(id) with \(frames)")
        }
        return .done
    }
}
