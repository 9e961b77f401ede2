// Checkpoints, scenes, and what stands in the way of a project, as the `project` commands print
// them.

internal import AssetStore
internal import Basics

extension Checkpoint {
    /// The object that `--json` prints.
    var json: JSONValue {
        [
            "number": .integer(number), "stage": .string(description.stage),
            "completedCount": .integer(description.completedCount),
            "totalCount": .integer(description.totalCount),
            "percent": JSONValue(description.percent),
            "assets": .references(description.assets.mapValues(\.description)),
            "jobs": .references(description.jobs.mapValues(\.description)),
            "data": JSONValue(embedding: description.data), "createdAt": createdAt.json,
        ]
    }

    /// The columns of a listing.
    static let table = TextTable(columns: [
        .init(title: "number", width: 6, isNumber: true), .init(title: "created", width: 19),
        .init(title: "done", width: 7, isNumber: true),
        .init(title: "of the stage", width: 13, isNumber: true),
        .init(title: "refers to", width: 9, isNumber: true), .init(title: "stage", width: 0),
    ])

    /// The line of a listing.
    var row: String {
        Self.table.row([
            "\(number)", createdAt.shortText,
            description.percent.map { "\(JSONValue.double($0).text) %" } ?? "-",
            "\(description.completedCount)/\(description.totalCount)",
            "\(description.assets.count + description.jobs.count)", description.stage,
        ])
    }
}

extension ProjectScene {
    /// The object that `--json` prints.
    var json: JSONValue {
        [
            "id": .string(id), "index": .integer(index), "status": .string(status.name),
            "title": JSONValue(title), "specification": JSONValue(embedding: specification),
            "assets": .references(assets.mapValues(\.description)),
        ]
    }

    /// The columns of a listing.
    static let table = TextTable(columns: [
        .init(title: "index", width: 6, isNumber: true), .init(title: "id", width: 20),
        .init(title: "status", width: 10), .init(title: "assets", width: 6, isNumber: true),
        .init(title: "title", width: 0),
    ])

    /// The line of a listing.
    var row: String {
        Self.table.row(["\(index)", id, status.name, "\(assets.count)", title ?? ""])
    }
}

extension ProjectRecovery {
    /// The object that `--json` prints.
    var json: JSONValue {
        .members([
            ("project", .string(project.name)), ("status", .string(project.status.name)),
            ("stage", JSONValue(project.description.stage)),
            ("percent", JSONValue(project.description.percent)),
            ("error", JSONValue(project.description.error)),
            ("updatedAt", project.updatedAt.json), ("canRecover", .bool(canRecover)),
            ("checkpoint", checkpoint?.json ?? .null),
            ("intactCheckpoint", JSONValue(intactCheckpoint?.number)),
            ("waitingJobs", .identifiers(waitingJobs)),
            ("orphanedJobs", .identifiers(orphanedJobs)),
            ("runningJobs", .identifiers(runningJobs)),
            ("referencesChecked", .integer(referencesChecked)),
            ("bytesChecked", .integer(bytesChecked)), ("defectCount", .integer(defectCount)),
            ("defects", .array(defects.map(\.json))),
        ])
    }

    /// A line for each defect, and one that says how it stands.
    var lines: [String] {
        let jobs = [
            (waitingJobs.count, "wait"), (orphanedJobs.count, "lost their worker"),
            (runningJobs.count, "run"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let facts = [
            project.status.name,
            checkpoint.map { "checkpoint \($0.number) (\($0.description.stage))" }
                ?? "no checkpoint",
            jobs.isEmpty ? "no open jobs" : "jobs: " + jobs.joined(separator: ", "),
            canRecover
                ? "all there" : "\(counted(defectCount, "thing")) missing or damaged",
        ]
        return defects.map { printable($0.description) }
            + [printable("\(project.name): " + facts.joined(separator: "; "))]
    }
}

extension ProjectRecovery.Defect {
    /// The object that `--json` prints.
    var json: JSONValue {
        let referrer: (key: String, value: JSONValue) =
            switch referrer {
            case .scene(let id): ("scene", .string(id))
            case .checkpoint(let number): ("checkpoint", .integer(number))
            }
        return .members([
            ("kind", kind == .missing ? "missing" : "damaged"), referrer,
            ("name", .string(name)), ("asset", JSONValue(asset?.description)),
            ("job", JSONValue(job?.description)), ("reason", .string(reason)),
        ])
    }
}

extension JSONValue {
    /// Names with identifiers, by name.
    fileprivate static func references(_ references: [String: String]) -> JSONValue {
        .members(
            references.sorted { $0.key < $1.key }
                .map { (key: $0.key, value: JSONValue.string($0.value)) })
    }

    static func identifiers(_ jobs: [JobID]) -> JSONValue {
        .array(jobs.map { .string($0.description) })
    }
}
