// `assetctl projects`: the projects there are.

internal import AssetStore
internal import Basics

struct ProjectsCommand: Subcommand {
    static let name = "projects"
    static let summary = "lists projects"
    static let help = """
        usage: assetctl projects [--status <status>] [--interrupted]

        Lists projects by name, with what they hold.

          --status <status>   only those that are idle, inProgress, complete, failed or cancelled
          --interrupted       instead, those that are in progress or failed, the oldest first, with
                              where they can go on, and whether what they need for it is there

        example: assetctl projects --json
        """
    private let status: ProjectStatus?
    private let wantsInterrupted: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        status = try arguments.projectStatus("status")
        wantsInterrupted = try arguments.flag("interrupted")
        if wantsInterrupted, status != nil {
            throw UsageError("--interrupted says of which status they are; leave --status out")
        }
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            if wantsInterrupted {
                try listInterrupted(in: store, context)
                return
            }
            var last: Project?
            while true {
                let page = try projects(in: store, after: last)
                if last == nil, !page.isEmpty, !context.wantsJSON {
                    try context.console.line(Project.table.header)
                }
                for project in page { try context.result(project.json, text: project.row) }
                guard !page.isEmpty else { break }
                last = page.last
            }
            if last == nil { context.console.talk("there are no such projects") }
        }
        return .done
    }

    private func listInterrupted(in store: Store, _ context: CommandContext) throws {
        var isFirst = true
        try store.forEachIncompleteProject(includingFailed: true) { recovery in
            isFirst = false
            try context.result(recovery.json, text: recovery.lines.joined(separator: "\n"))
            return true
        }
        if isFirst { context.console.talk("no project was interrupted") }
    }

    /// The next projects: few enough to keep in memory, so that no snapshot waits for whoever reads
    /// the listing.
    private func projects(in store: Store, after last: Project?) throws -> [Project] {
        var page: [Project] = []
        var room = 4 << 20
        try store.forEachProject(status: status, after: last?.name) { project in
            page.append(project)
            room -= project.description.specification?.utf8.count ?? 0
            return page.count < 500 && room > 0
        }
        return page
    }
}
