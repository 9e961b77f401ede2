// `assetctl project discard`: a project is given up.

internal import AssetStore
internal import Basics

struct ProjectDiscardCommand: Subcommand {
    static let name = "project discard"
    static let summary = "gives a project up, removing nothing"
    static let help = """
        usage: assetctl project discard <project>

        The project is cancelled, and so are its jobs that aren't complete. All it holds stays until
        “assetctl housekeeping” or “assetctl project rm”; “assetctl project resume” takes it up
        again.

        example: assetctl project discard demo
        """
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            guard let found = try store.discardProject(project) else {
                throw AssetError.noProject(project)
            }
            try context.result(found.json, text: "discarded project \(printable(found.name))")
        }
        return .done
    }
}
