// `assetctl project scenes`: what a project consists of.

internal import AssetStore
internal import Basics

struct ProjectScenesCommand: Subcommand {
    static let name = "project scenes"
    static let summary = "lists the scenes of a project"
    static let help = """
        usage: assetctl project scenes <project>

        Lists the scenes in their order.

        example: assetctl project scenes demo --json
        """
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            guard try store.project(project) != nil else { throw AssetError.noProject(project) }
            var last: ProjectScene?
            while true {
                // Few enough to keep in memory: no snapshot waits for whoever reads the listing.
                var page: [ProjectScene] = []
                try store.forEachScene(of: project, after: last) {
                    page.append($0)
                    return page.count < 16
                }
                if last == nil, !page.isEmpty, !context.wantsJSON {
                    try context.console.line(ProjectScene.table.header)
                }
                for scene in page { try context.result(scene.json, text: scene.row) }
                guard let newest = page.last else { break }
                last = newest
            }
            if last == nil { context.console.talk("the project has no scenes") }
        }
        return .done
    }
}
