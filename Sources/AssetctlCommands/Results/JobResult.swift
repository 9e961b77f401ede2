// A job as `jobs` and the `job` commands print it.

internal import AssetStore
internal import Basics

/// A job, and whether the worker it is said to have is alive.
struct JobResult {
    let job: Job
    /// It is being processed, says the store, but nobody is at it.
    let isOrphaned: Bool

    init(_ job: Job, in store: Store) throws {
        self.job = job
        isOrphaned = try job.state == .processing && !store.isRunning(job.id)
    }

    /// The object that `--json` prints.
    var json: JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("id", .string(job.id.description)), ("project", .string(job.description.project)),
            ("kind", .string(job.description.kind)), ("state", .string(job.state.name)),
            ("attempt", .integer(job.attempt)),
            (
                "frames",
                [
                    "total": .integer(job.description.frameCount),
                    "stored": .integer(job.frames.count),
                ]
            ),
            ("createdAt", job.createdAt.json), ("startedAt", job.startedAt?.json ?? .null),
            ("completedAt", job.completedAt?.json ?? .null), ("error", JSONValue(job.error)),
        ]
        if let output = job.output { members.append(("output", .string(output.description))) }
        if isOrphaned { members.append(("orphaned", true)) }
        return .members(members)
    }

    /// The columns of a listing.
    static let table = TextTable(columns: [
        .init(title: "id", width: 32), .init(title: "project", width: 12),
        .init(title: "kind", width: 8), .init(title: "frames", width: 13, isNumber: true),
        .init(title: "created", width: 19), .init(title: "state", width: 0),
    ])

    /// The line of a listing.
    var row: String {
        Self.table.row([
            job.id.description, job.description.project, job.description.kind,
            "\(job.frames.count)/\(job.description.frameCount)", job.createdAt.shortText,
            job.error.map { "\(stateText): \($0)" } ?? stateText,
        ])
    }

    /// The page that `job show` prints.
    var page: String {
        textPage([
            "id": job.id.description, "project": job.description.project,
            "kind": job.description.kind, "state": stateText, "error": job.error,
            "attempt": "\(job.attempt)",
            "frames": "\(job.frames.count) of \(job.description.frameCount) stored, "
                + ByteSize.format(job.frames.storedByteCount),
            "created": "\(job.createdAt.shortText) UTC",
            "started": job.startedAt.map { "\($0.shortText) UTC" },
            "ended": job.completedAt.map { "\($0.shortText) UTC" },
            "output": job.output.map { "asset \($0)" }, "recipe": recipeText,
        ])
    }

    /// The beginning of the recipe, which may be a whole scene.
    private var recipeText: String {
        let recipe = job.description.recipe
        return recipe.count <= 120 ? recipe : recipe.prefix(120) + "…"
    }

    private var stateText: String {
        isOrphaned
            ? "processing (its worker died; run the same command again to resume)"
            : job.state.name
    }
}
