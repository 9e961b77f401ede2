// `assetctl project create`: a new project.

internal import AssetStore
internal import Basics

struct ProjectCreateCommand: Subcommand {
    static let name = "project create"
    static let summary = "makes a project"
    static let help = """
        usage: assetctl project create <project> [options]

        Commands that store something make their project by themselves; this is for saying something
        of it beforehand. Makes the store too when there is none.

          --title <text>           what people call it
          --summary <text>         what it is about
          --status <status>        idle (as without this), inProgress, complete, failed or cancelled
          --stage <text>           what is being done
          --percent <number>       how far it is, 0 to 100
          --error <text>           why it failed
          --specification <file>   a JSON file that says what is to be made
          --quota <size>           the most bytes that it may hold

        example: assetctl project create demo --title "A demo" --quota 2GiB
        """
    private let options: ProjectOptions
    private let quota: Int?
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        options = try ProjectOptions(&arguments)
        quota = try arguments.byteSize("quota")
        if quota == 0 { throw UsageError("--quota 0: nothing would fit; leave it out for none") }
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        var description = ProjectDescription(quota: quota)
        try options.change()(&description)
        try context.withStoreForWriting { store in
            let project = try store.createProject(project, description)
            try context.result(project.json, text: "made project \(printable(project.name))")
        }
        return .done
    }
}
