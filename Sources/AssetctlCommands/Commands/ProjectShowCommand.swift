// `assetctl project show`: all that is known of a project.

internal import AssetStore
internal import Basics

struct ProjectShowCommand: Subcommand {
    static let name = "project show"
    static let summary = "shows what is known of a project"
    static let help = """
        usage: assetctl project show <project>

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
            try context.result(project.json, text: project.page)
        }
        return .done
    }
}
