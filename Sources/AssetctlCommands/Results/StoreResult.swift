// A store as `init` and `info` print it.

internal import AssetStore
internal import Basics

/// The figures of a store, with what its disk has left.
struct StoreResult {
    let path: String
    let storeID: StoreID
    let statistics: StoreStatistics
    let diskAvailableByteCount: Int

    init(_ store: Store) throws {
        path = store.path
        storeID = store.id
        statistics = try store.statistics()
        diskAvailableByteCount = try FileSystem.availableByteCount(at: store.path)
    }

    /// The object that `--json` prints.
    var json: JSONValue {
        [
            "storeID": .string(storeID.description),
            "formatVersion": .integer(statistics.formatVersion),
            "assetCount": .integer(statistics.assetCount),
            "frameCount": .integer(statistics.frameCount),
            "jobCount": .integer(statistics.jobCount),
            "byteCount": .integer(statistics.byteCount),
            "storedByteCount": .integer(statistics.storedByteCount),
            "diskByteCount": .integer(statistics.diskByteCount),
            "reclaimableByteCount": .integer(statistics.reclaimableByteCount),
            "quota": JSONValue(statistics.quota),
            "namespaces": .members(
                Namespace.allCases.map { ($0.name, json(statistics.namespaces[$0] ?? Usage())) }),
            "projects": .array(statistics.projects.map(json)),
            "diskAvailableByteCount": .integer(diskAvailableByteCount),
        ]
    }

    private func json(_ usage: Usage) -> JSONValue {
        [
            "count": .integer(usage.count), "byteCount": .integer(usage.byteCount),
            "storedByteCount": .integer(usage.storedByteCount),
        ]
    }

    private func json(_ project: ProjectUsage) -> JSONValue {
        [
            "project": .string(project.name), "assetCount": .integer(project.assetCount),
            "frameCount": .integer(project.frameCount), "jobCount": .integer(project.jobCount),
            "byteCount": .integer(project.total.byteCount),
            "storedByteCount": .integer(project.total.storedByteCount),
        ]
    }

    /// The page for people.
    var page: String {
        var sections = [summary, namespaceTable]
        if !statistics.projects.isEmpty { sections.append(projectTable) }
        return sections.joined(separator: "\n\n")
    }

    private var summary: String {
        let stored = statistics.storedByteCount
        let quota = statistics.quota.map { quota in
            let share = quota > 0 ? " (\(Int(Double(stored) / Double(quota) * 100))% used)" : ""
            return ByteSize.format(quota) + share
        }
        let counts = [
            counted(statistics.assetCount, "asset"), counted(statistics.frameCount, "frame"),
            counted(statistics.jobCount, "job"),
        ]
        return textPage([
            "store": path, "id": storeID.description,
            "format": "version \(statistics.formatVersion)",
            "holds": counts.joined(separator: ", "),
            "size": "\(ByteSize.format(statistics.byteCount)), stored as "
                + ByteSize.format(stored),
            "quota": quota ?? "none",
            "on disk": "\(ByteSize.format(statistics.diskByteCount)), of which "
                + "\(ByteSize.format(statistics.reclaimableByteCount)) can be reclaimed",
            "disk free": ByteSize.format(diskAvailableByteCount),
        ])
    }

    private var namespaceTable: String {
        let table = TextTable(columns: [
            .init(title: "namespace", width: 12), .init(title: "count", width: 10, isNumber: true),
            .init(title: "size", width: 9, isNumber: true),
            .init(title: "stored", width: 9, isNumber: true),
        ])
        let rows = Namespace.allCases.map { namespace in
            let usage = statistics.namespaces[namespace] ?? Usage()
            return table.row([
                namespace.name, "\(usage.count)", ByteSize.format(usage.byteCount),
                ByteSize.format(usage.storedByteCount),
            ])
        }
        return ([table.header] + rows).joined(separator: "\n")
    }

    private var projectTable: String {
        let width = min(40, max(12, statistics.projects.map(\.name.count).max() ?? 0))
        let table = TextTable(columns: [
            .init(title: "project", width: width),
            .init(title: "assets", width: 10, isNumber: true),
            .init(title: "frames", width: 9, isNumber: true),
            .init(title: "jobs", width: 9, isNumber: true),
            .init(title: "size", width: 9, isNumber: true),
            .init(title: "stored", width: 9, isNumber: true),
        ])
        let rows = statistics.projects.map { project in
            table.row([
                project.name, "\(project.assetCount)", "\(project.frameCount)",
                "\(project.jobCount)", ByteSize.format(project.total.byteCount),
                ByteSize.format(project.total.storedByteCount),
            ])
        }
        return ([table.header] + rows).joined(separator: "\n")
    }
}

extension ProjectUsage {
    fileprivate var total: Usage { namespaces.values.reduce(Usage(), +) }
    fileprivate var frameCount: Int { namespaces[.frames]?.count ?? 0 }
    fileprivate var jobCount: Int { namespaces[.jobs]?.count ?? 0 }
    fileprivate var assetCount: Int {
        Namespace.assetNamespaces.reduce(0) { $0 + (namespaces[$1]?.count ?? 0) }
    }
}
