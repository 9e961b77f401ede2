// `assetctl project resume`: a project is taken up again.

internal import AssetStore
internal import Basics

struct ProjectResumeCommand: Subcommand {
    static let name = "project resume"
    static let summary = "takes a project up again"
    static let help = """
        usage: assetctl project resume <project> [options]

        The project is in progress again and its jobs whose worker died wait for another, which
        “assetctl work” is. Refused when something that its scenes or checkpoints refer to is
        missing.

          --check-contents   refuse also when something is damaged; reads all of it
          --accept-defects   go on without what is missing or damaged
          --retry-failed     requeue its failed jobs too

        example: assetctl project resume demo --retry-failed
        """
    static let finishesWhenInterrupted = true

    private let check: RecoveryCheck
    private let acceptsDefects: Bool
    private let retriesFailed: Bool
    private let project: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        check = try arguments.flag("check-contents") ? .content : .presence
        acceptsDefects = try arguments.flag("accept-defects")
        retriesFailed = try arguments.flag("retry-failed")
        project = try arguments.projectName()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            context.progress.begin("check", total: nil, unit: .bytes)
            let found = try store.resumeProject(
                project, checking: check, acceptingDefects: acceptsDefects,
                retryingFailedJobs: retriesFailed, progress: context.showCheck)
            context.progress.finish()
            guard let found else { throw AssetError.noProject(project) }
            for defect in found.defects {
                context.console.talk("without \(printable(defect.description))")
            }
            try context.result(json(found), text: text(found))
        }
        return .done
    }

    private func json(_ found: ProjectResumption) -> JSONValue {
        .members([
            ("project", .string(found.project.name)),
            ("status", .string(found.project.status.name)),
            ("checkpoint", found.checkpoint?.json ?? .null),
            ("requeuedJobs", .identifiers(found.requeuedJobs)),
            ("failedJobs", .identifiers(found.failedJobs)),
            ("defects", .array(found.defects.map(\.json))),
        ])
    }

    private func text(_ found: ProjectResumption) -> String {
        var parts = [
            found.checkpoint.map { "from checkpoint \($0.number) (\($0.description.stage))" }
                ?? "from the beginning",
            "\(counted(found.requeuedJobs.count, "job")) requeued",
        ]
        if !found.failedJobs.isEmpty {
            parts.append("\(counted(found.failedJobs.count, "job")) given up")
        }
        return printable("\(found.project.name) goes on \(parts.joined(separator: "; "))")
    }
}
