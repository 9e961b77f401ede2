// `assetctl project quota`: how much a project may hold.

internal import AssetStore
internal import Basics

struct ProjectQuotaCommand: Subcommand {
    static let name = "project quota"
    static let summary = "shows or sets how much a project may hold"
    static let help = """
        usage: assetctl project quota <project> [<size>|none]

        Without a size, shows what there is. What is stored already stays, also when it is more than
        the new quota; then nothing can be added.

        example: assetctl project quota demo 2GiB
        """
    private let project: String
    private let quota: QuotaOperand?

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.projectName()
        quota = try arguments.quota()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let found: Project?
            if let byteCount = quota?.byteCount {
                found = try store.updateProject(project) { $0.quota = byteCount }
            } else if quota != nil {
                found = try store.updateProject(project) { $0.quota = nil }
            } else {
                found = try store.project(project)
            }
            guard let found else { throw AssetError.noProject(project) }
            try context.result(found.json, text: text(found))
        }
        return .done
    }

    private func text(_ project: Project) -> String {
        let stored = ByteSize.format(project.total.storedByteCount)
        return printable(project.name)
            + (project.quota.map { ": \(stored) of \(ByteSize.format($0))" }
                ?? ": \(stored), no quota")
    }
}
