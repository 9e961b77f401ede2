// `assetctl project check`: whether a project can be taken up again.

internal import AssetStore
internal import Basics

struct ProjectCheckCommand: Subcommand {
    static let name = "project check"
    static let summary = "says whether a project can be taken up again"
    static let help = """
        usage: assetctl project check <project> [--presence]

        Follows everything that the project's scenes and checkpoints refer to, reads it, and names
        what is missing or damaged. Exits with 1 when something is.

          --presence   only look whether it is there, without reading it

        example: assetctl project check demo --json
        """
    static let finishesWhenInterrupted = true

    private let check: RecoveryCheck
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        check = try arguments.flag("presence") ? .presence : .content
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            context.progress.begin("check", total: nil, unit: .bytes)
            let found = try store.recovery(
                ofProject: project, checking: check, progress: context.showCheck)
            context.progress.finish()
            guard let found else { throw AssetError.noProject(project) }
            try context.result(found.json, text: found.lines.joined(separator: "\n"))
            guard found.canRecover else {
                throw AssetError(
                    .damaged,
                    "project “\(project)” lacks \(counted(found.defectCount, "thing")): make "
                        + "them again"
                        + (found.intactCheckpoint.map {
                            ", or go back by “assetctl project revert \(project) \($0.number)”"
                        } ?? ""))
            }
        }
        return .done
    }
}

extension CommandContext {
    /// Shows how far a check of contents is; says whether it is to go on.
    func showCheck(_ done: Int, _ total: Int) -> Bool {
        progress.update(total: total)
        progress.update(done: done)
        return !interrupt.isRequested
    }
}
