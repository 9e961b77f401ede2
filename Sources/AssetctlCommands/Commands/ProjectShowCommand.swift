// `assetctl project show`: all that is known of a project.

internal import AssetStore
internal import Basics

struct ProjectShowCommand: Subcommand {
    static let name = "project show"
    static let summary = "shows what is known of a project"
    static let help = """
        usage: assetctl project show <project>

        Shows what is said of it, what it holds, and its newest checkpoint.

        example: assetctl project show demo --json
        """
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            guard let project = try store.project(project) else {
                throw AssetError.noProject(project)
            }
            let checkpoint = try store.latestCheckpoint(of: project.name)
            let json = project.members + [("checkpoint", checkpoint?.json ?? .null)]
            let reached = checkpoint.map { checkpoint in
                printable("\ncheckpoint \(checkpoint.number): \(checkpoint.description.stage)")
            }
            try context.result(.members(json), text: project.page + (reached ?? ""))
        }
        return .done
    }
}
