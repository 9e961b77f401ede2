// `assetctl evict`: room at the expense of kept frames.

internal import AssetStore
internal import Basics

struct EvictCommand: Subcommand {
    static let name = "evict"
    static let summary = "makes room by removing kept frames of jobs that are over"
    static let help = """
        usage: assetctl evict <size> [options]

        Removes frames of complete and cancelled jobs, of the one that ended first before the
        others, until so much is free. Nothing else is ever touched.

          --project <name>   only of this project
          --spare-cancelled  leave cancelled jobs alone, which might be resumed

        example: assetctl evict 5GiB --project demo
        """
    private let policy: EvictionPolicy
    private let byteCount: Int

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        policy = EvictionPolicy(
            project: try arguments.option("project"),
            sparesCancelledJobs: try arguments.flag("spare-cancelled"))
        let text = try arguments.operand("the size")
        guard let byteCount = ByteSize.parse(text) else {
            throw UsageError("“\(text)” is no size: expected 500, 20K or 1.5GiB")
        }
        self.byteCount = byteCount
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let report = try store.evict(byteCount: byteCount, policy)
            try context.result(
                [
                    "storedByteCount": .integer(report.storedByteCount),
                    "frameCount": .integer(report.frameCount),
                    "jobCount": .integer(report.jobCount), "jobs": .identifiers(report.jobs),
                ],
                text: "removed \(counted(report.frameCount, "frame")) of "
                    + "\(counted(report.jobCount, "job")): "
                    + ByteSize.format(report.storedByteCount))
        }
        return .done
    }
}
