// `assetctl project set`: something else is said of a project.

internal import AssetStore
internal import Basics

struct ProjectSetCommand: Subcommand {
    static let name = "project set"
    static let summary = "changes what is said of a project"
    static let help = """
        usage: assetctl project set <project> [options]

        Changes what is given and leaves the rest. An empty value, as in --title=, takes away what
        was said before.

          --title <text>           what people call it
          --summary <text>         what it is about
          --status <status>        idle, inProgress, complete, failed or cancelled
          --stage <text>           what is being done
          --percent <number>       how far it is, 0 to 100
          --error <text>           why it failed
          --specification <file>   a JSON file that says what is to be made

        example: assetctl project set demo --status inProgress --stage images --percent 40
        """
    private let options: ProjectOptions
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try ProjectOptions(&arguments)
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        guard !options.isEmpty else {
            throw UsageError("nothing is said of the project (see assetctl project set --help)")
        }
        let change = try options.change()
        try context.withStore { store in
            guard let project = try store.updateProject(project, change) else {
                throw AssetError.noProject(project)
            }
            try context.result(project.json, text: project.page)
        }
        return .done
    }
}
