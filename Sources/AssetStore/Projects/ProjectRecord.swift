// The value under which a project stands in the catalog.

internal import Basics
internal import LMDB

/// Where a project stands. Raw values are stored and never renumbered.
public enum ProjectStatus: UInt8, Sendable, CaseIterable {
    /// Nothing is being made of it.
    case idle = 1
    case inProgress = 2
    case complete = 3
    case failed = 4
    case cancelled = 5

    /// The name on the command line and in JSON.
    public var name: String { "\(self)" }

    public init?(name: String) {
        guard let status = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = status
    }
}

/// What the catalog knows of a project.
struct ProjectRecord: TableValue, Equatable {
    var name: String
    /// The most stored bytes of the project; `nil` for no limit.
    var quota: Int?
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var status = ProjectStatus.idle
    var title: String?
    var summary: String?
    var stage: String?
    /// 0–100.
    var percent: Double?
    var error: String?
    /// JSON of the caller's own.
    var specification: String?

    init(name: String) {
        self.name = name
        createdAt = .now()
        updatedAt = createdAt
    }

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(name)
        value.append(optional: quota.map(Int64.init))
        value.append(createdAt.millisecondsSinceEpoch)
        value.append(updatedAt.millisecondsSinceEpoch)
        value.append(status.rawValue)
        value.append(optional: title)
        value.append(optional: summary)
        value.append(optional: stage)
        value.append(optional: percent)
        value.append(optional: error)
        value.append(optional: specification)
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        name = try value.string()
        quota = try value.optional { reader throws(AssetError) in
            Int(try reader.integer(upTo: UInt64(Int.max)))
        }
        createdAt = Timestamp(millisecondsSinceEpoch: try value.integer())
        updatedAt = Timestamp(millisecondsSinceEpoch: try value.integer())
        guard let status = ProjectStatus(rawValue: try value.integer()) else {
            throw value.damaged("an unknown status of a project")
        }
        self.status = status
        title = try value.optionalString()
        summary = try value.optionalString()
        stage = try value.optionalString()
        percent = try value.optional { reader throws(AssetError) in try reader.double() }
        error = try value.optionalString()
        specification = try value.optionalString()
    }
}

extension Catalog {
    /// Enters a new project under its name.
    func insert(
        _ record: ProjectRecord, in transaction: borrowing WriteTransaction
    ) throws(AssetError) -> ProjectNumber {
        guard var store = try transaction.get(self.store, StoreKey()) else {
            throw AssetError(.damaged, "the store's own record is gone")
        }
        store.projectSequence += 1
        let number = ProjectNumber(number: store.projectSequence)
        try transaction.put(self.store, StoreKey(), store)
        try transaction.put(projects, number, record)
        try transaction.put(
            projectsByName, ProjectNameKey(name: record.name), ProjectNumberRecord(project: number))
        return number
    }

    /// The number of the project that has a name; `nil` when there is none.
    func project(
        named name: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> ProjectNumber? {
        // No other key could be stored.
        guard (1...Limits.nameByteCountMax).contains(name.utf8.count) else { return nil }
        return try transaction.get(projectsByName, ProjectNameKey(name: name))?.project
    }

    /// The name of a project; `nil` when it was removed and is being cleared away.
    func name(
        of project: ProjectNumber, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> String? {
        if let record = try transaction.get(projects, project) { return record.name }
        guard try transaction.get(removals, RemovalKey(project)) != nil else {
            throw AssetError(.damaged, "the record of project \(project.number) is gone")
        }
        return nil
    }
}
