// A project as `projects` and the `project` commands print it.

internal import AssetStore
internal import Basics

extension Project {
    /// The object that `--json` prints.
    var json: JSONValue { .members(members) }

    /// Its members, for objects that say more.
    var members: [(key: String, value: JSONValue)] {
        [
            ("project", .string(name)), ("status", .string(status.name)),
            ("assetCount", .integer(assetCount)), ("frameCount", .integer(frameCount)),
            ("jobCount", .integer(jobCount)), ("byteCount", .integer(total.byteCount)),
            ("storedByteCount", .integer(total.storedByteCount)), ("quota", JSONValue(quota)),
            ("title", JSONValue(description.title)), ("summary", JSONValue(description.summary)),
            ("stage", JSONValue(description.stage)), ("percent", JSONValue(description.percent)),
            ("error", JSONValue(description.error)),
            ("specification", JSONValue(embedding: description.specification)),
            ("createdAt", createdAt.json), ("updatedAt", updatedAt.json),
            ("completedAt", completedAt?.json ?? .null),
        ]
    }

    /// The columns of a listing.
    static let table = TextTable(columns: [
        .init(title: "project", width: 20), .init(title: "status", width: 10),
        .init(title: "assets", width: 7, isNumber: true),
        .init(title: "frames", width: 8, isNumber: true),
        .init(title: "jobs", width: 6, isNumber: true),
        .init(title: "stored", width: 9, isNumber: true),
        .init(title: "quota", width: 9, isNumber: true),
        .init(title: "updated", width: 19), .init(title: "title", width: 0),
    ])

    /// The line of a listing.
    var row: String {
        Self.table.row([
            name, status.name, "\(assetCount)", "\(frameCount)", "\(jobCount)",
            ByteSize.format(total.storedByteCount), quota.map(ByteSize.format) ?? "-",
            updatedAt.shortText, description.title ?? "",
        ])
    }

    /// The page that `project show` prints.
    var page: String {
        let holds = [
            counted(assetCount, "asset"), counted(frameCount, "frame"), counted(jobCount, "job"),
        ]
        return textPage([
            "project": name, "title": description.title, "summary": description.summary,
            "status": status.name, "stage": description.stage,
            "done": description.percent.map { "\(JSONValue.double($0).text) %" },
            "error": description.error, "holds": holds.joined(separator: ", "),
            "size": "\(ByteSize.format(total.byteCount)), stored as "
                + ByteSize.format(total.storedByteCount),
            "quota": quota.map { "\(ByteSize.format($0)) (\($0) bytes)" } ?? "none",
            "created": "\(createdAt.shortText) UTC", "updated": "\(updatedAt.shortText) UTC",
            "ended": completedAt.map { "\($0.shortText) UTC" },
            "specification": description.specification,
        ])
    }
}

extension AssetError {
    static func noProject(_ name: String) -> AssetError {
        AssetError(
            .inputMissing,
            "there is no project “\(name)”; “assetctl projects” shows what there is")
    }
}
