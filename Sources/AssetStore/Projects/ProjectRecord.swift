// The value under which a project stands in the catalog, and how it is entered and changed.

internal import Basics
internal import LMDB

/// What the catalog knows of a project.
struct ProjectRecord: TableValue, Equatable {
    var name: String
    var description: ProjectDescription
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var completedAt: Timestamp?
    /// The number of its newest checkpoint, also when that was dropped.
    var checkpointSequence: UInt64 = 0
    /// Whether it is being put together, unseen by all; see ``StagedProject``.
    var isStaged = false

    init(name: String, _ description: ProjectDescription = ProjectDescription()) {
        self.name = name
        self.description = description
        createdAt = .now()
        updatedAt = createdAt
        completedAt = description.status.isEnd ? createdAt : nil
    }

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(name)
        value.append(optional: description.quota.map(Int64.init))
        value.append(createdAt.millisecondsSinceEpoch)
        value.append(updatedAt.millisecondsSinceEpoch)
        value.append(optional: completedAt?.millisecondsSinceEpoch)
        value.append(checkpointSequence)
        value.append(description.status.rawValue)
        value.append(optional: description.title)
        value.append(optional: description.summary)
        value.append(optional: description.stage)
        value.append(optional: description.percent)
        value.append(optional: description.error)
        value.append(optional: description.specification)
        value.append(UInt8(isStaged ? 1 : 0))
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        name = try value.string()
        let quota = try value.optional { reader throws(AssetError) in
            Int(try reader.integer(upTo: UInt64(Int.max)))
        }
        createdAt = Timestamp(millisecondsSinceEpoch: try value.integer())
        updatedAt = Timestamp(millisecondsSinceEpoch: try value.integer())
        completedAt = try value.optional { reader throws(AssetError) in
            Timestamp(millisecondsSinceEpoch: try reader.integer())
        }
        checkpointSequence = try value.integer(upTo: UInt64(Int.max - 1))
        description = ProjectDescription(status: try value.projectStatus(), quota: quota)
        description.title = try value.optionalString()
        description.summary = try value.optionalString()
        description.stage = try value.optionalString()
        description.percent = try value.optional { reader throws(AssetError) in
            try reader.double()
        }
        description.error = try value.optionalString()
        description.specification = try value.optionalString()
        switch try value.integer(UInt8.self) {
        case 0: isStaged = false
        case 1: isStaged = true
        default: throw value.damaged("an impossible flag of a project")
        }
    }

    func project(usage: [Namespace: Usage]) -> Project {
        Project(
            name: name, description: description, usage: usage.filter { $0.value != Usage() },
            createdAt: createdAt, updatedAt: updatedAt, completedAt: completedAt)
    }
}

extension ByteReader {
    mutating func projectStatus() throws(AssetError) -> ProjectStatus {
        guard let status = ProjectStatus(rawValue: try integer()) else {
            throw damaged("an unknown status of a project")
        }
        return status
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
        if !record.isStaged {
            try transaction.put(
                projectsByStatus, StatusProjectKey(record.description.status, number), Presence())
        }
        return number
    }

    /// Changes a project's record, with its place in the index by status and the times that
    /// follow from the change. Returns what it is now.
    @discardableResult
    func update(
        _ number: ProjectNumber, in transaction: borrowing WriteTransaction, _ changes: ChangeSet,
        _ body: (inout ProjectRecord) throws -> Void
    ) throws -> ProjectRecord {
        guard let old = try transaction.get(projects, number) else {
            throw AssetError(.damaged, "the record of project \(number.number) is gone")
        }
        var record = old
        try body(&record)
        record.updatedAt = .now()
        let (before, now) = (old.description.status, record.description.status)
        if before != now {
            record.completedAt = now.isEnd ? record.updatedAt : nil
            try transaction.delete(projectsByStatus, StatusProjectKey(before, number))
            try transaction.put(projectsByStatus, StatusProjectKey(now, number), Presence())
        }
        try transaction.put(projects, number, record)
        if record.description.quota != old.description.quota { changes.forgetProjects() }
        changes.note(ChangeRecord(.updated, .project(number, record.name)))
        return record
    }

    /// The number of the project that has a name; `nil` when there is none.
    func project(
        named name: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> ProjectNumber? {
        // No other key could be stored, and nobody sees what is staged.
        guard (1...Limits.nameByteCountMax).contains(name.utf8.count),
            !StagedProject.isReserved(name)
        else { return nil }
        return try transaction.get(projectsByName, ProjectNameKey(name: name))?.project
    }

    /// The name of a project; `nil` when it was removed and is being cleared away, or is staged.
    func name(
        of project: ProjectNumber, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> String? {
        if let record = try transaction.get(projects, project) {
            return record.isStaged ? nil : record.name
        }
        guard try transaction.get(removals, RemovalKey(project)) != nil else {
            throw AssetError(.damaged, "the record of project \(project.number) is gone")
        }
        return nil
    }
}

extension ChangeSet {
    /// A project as this transaction leaves it.
    func project(
        _ number: ProjectNumber, _ record: ProjectRecord,
        in transaction: borrowing WriteTransaction
    ) throws(AssetError) -> Project {
        var usage: [Namespace: Usage] = [:]
        for namespace in Namespace.allCases {
            usage[namespace] = try counter(
                UsageKey(project: number, namespace: namespace), in: transaction)
        }
        return record.project(usage: usage)
    }
}
