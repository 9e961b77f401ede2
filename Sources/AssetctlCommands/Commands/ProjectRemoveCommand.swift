// `assetctl project rm`: a project with everything in it goes away.

internal import AssetStore
internal import Basics

struct ProjectRemoveCommand: Subcommand {
    static let name = "project rm"
    static let summary = "removes a project with everything in it"
    static let help = """
        usage: assetctl project rm <project>

        Removes its assets, its jobs with their frames, its scenes and its checkpoints for good. It
        is gone at once; workers that are at its jobs stop with their next write.

        example: assetctl project rm demo
        """
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            guard let found = try store.project(project), try store.removeProject(project) else {
                throw AssetError.noProject(project)
            }
            let what = [counted(found.assetCount, "asset"), counted(found.frameCount, "frame")]
            try context.result(
                found.json,
                text: "removed project \(printable(project)) with "
                    + what.joined(separator: " and "))
        }
        return .done
    }
}
