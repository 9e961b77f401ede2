// `assetctl housekeeping`: what nobody is going to need goes.

internal import AssetStore
internal import Basics

struct HousekeepingCommand: Subcommand {
    static let name = "housekeeping"
    static let summary = "removes old temporary frames and old given-up projects"
    static let help = """
        usage: assetctl housekeeping [options]

        Removes the frames and segments of renders that are not complete and that nobody is at, a
        day after the last of them came; and projects that failed or were cancelled, a week after
        anything in them was last touched. An age is such as 90s, 30m, 24h or 7d, or never.

          --frames-after <age>     remove such frames after this time instead; or never
          --projects-after <age>   remove such projects after this time instead; or never
          --all-kinds              the frames of all jobs, not only of renders
          --dry-run                only say what would go

        example: assetctl housekeeping --projects-after 30d --dry-run
        """
    static let finishesWhenInterrupted = true

    private let policy: HousekeepingPolicy

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        var policy = HousekeepingPolicy()
        if let age = try arguments.age("frames-after") {
            policy.temporaryFrameAgeSeconds = age.seconds
        }
        if let age = try arguments.age("projects-after") {
            policy.endedProjectAgeSeconds = age.seconds
        }
        if try arguments.flag("all-kinds") { policy.temporaryFrameKinds = nil }
        policy.isDryRun = try arguments.flag("dry-run")
        self.policy = policy
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let report = try store.keepHouse(policy) { context.interrupt.isRequested }
            try context.result(json(report), text: text(report))
        }
        return .done
    }

    private func json(_ report: HousekeepingReport) -> JSONValue {
        .members([
            ("dryRun", .bool(policy.isDryRun)), ("projectCount", .integer(report.projectCount)),
            ("projects", .array(report.projects.map(JSONValue.string))),
            ("jobCount", .integer(report.jobCount)), ("jobs", .identifiers(report.jobs)),
            ("assetCount", .integer(report.assetCount)),
            ("frameCount", .integer(report.frameCount)),
            ("storedByteCount", .integer(report.storedByteCount)),
        ])
    }

    private func text(_ report: HousekeepingReport) -> String {
        let things = [
            counted(report.projectCount, "project"), counted(report.assetCount, "asset"),
            counted(report.frameCount, "frame"),
        ]
        var lines = report.projects.map { printable("project \($0)") }
        lines += report.jobs.map { "frames of job \($0)" }
        lines.append(
            "\(policy.isDryRun ? "would remove" : "removed") \(things.joined(separator: ", ")): "
                + ByteSize.format(report.storedByteCount))
        return lines.joined(separator: "\n")
    }
}
