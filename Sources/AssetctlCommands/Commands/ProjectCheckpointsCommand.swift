// `assetctl project checkpoints`: how a project came along.

internal import AssetStore
internal import Basics

struct ProjectCheckpointsCommand: Subcommand {
    static let name = "project checkpoints"
    static let summary = "lists the checkpoints of a project"
    static let help = """
        usage: assetctl project checkpoints <project>

        Lists the checkpoints, the oldest first.

        example: assetctl project checkpoints demo --json
        """
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            guard try store.project(project) != nil else { throw AssetError.noProject(project) }
            var last = 0
            while true {
                // Few enough to keep in memory: no snapshot waits for whoever reads the listing.
                var page: [Checkpoint] = []
                try store.forEachCheckpoint(of: project, after: last) {
                    page.append($0)
                    return page.count < 16
                }
                if last == 0, !page.isEmpty, !context.wantsJSON {
                    try context.console.line(Checkpoint.table.header)
                }
                for checkpoint in page {
                    try context.result(checkpoint.json, text: checkpoint.row)
                }
                guard let newest = page.last else { break }
                last = newest.number
            }
            if last == 0 { context.console.talk("the project has no checkpoints") }
        }
        return .done
    }
}
