// The change feed's entries: what happened, in the order of commits.

internal import Basics
internal import LMDB

/// An entry of the change feed.
struct ChangeRecord: TableValue, Hashable {
    /// Raw values are stored.
    enum Kind: UInt8 {
        case put = 1
        case removed = 2
        case updated = 3
    }

    /// Raw values are stored.
    enum SubjectKind: UInt8 {
        case asset = 1
        case job = 2
        case frames = 3
        case project = 4
    }

    var kind: Kind
    var subjectKind: SubjectKind
    /// The asset's or job's identifier.
    var high: UInt64
    var low: UInt64
    /// A project's name; otherwise empty.
    var name: String

    enum Subject {
        case asset(AssetID)
        case job(JobID)
        case frames(JobID)
        case project(ProjectNumber, String)
    }

    init(_ kind: Kind, _ subject: Subject) {
        self.kind = kind
        switch subject {
        case .asset(let id): (subjectKind, high, low, name) = (.asset, id.high, id.low, "")
        case .job(let id): (subjectKind, high, low, name) = (.job, id.high, id.low, "")
        case .frames(let id): (subjectKind, high, low, name) = (.frames, id.high, id.low, "")
        case .project(let number, let name):
            (subjectKind, high, low, self.name) = (.project, 0, number.number, name)
        }
    }

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(kind.rawValue)
        value.append(subjectKind.rawValue)
        value.append(high)
        value.append(low)
        value.append(name)
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        guard let kind = Kind(rawValue: try value.integer()),
            let subjectKind = SubjectKind(rawValue: try value.integer())
        else { throw value.damaged("an unknown kind of change") }
        self.kind = kind
        self.subjectKind = subjectKind
        high = try value.integer()
        low = try value.integer()
        name = try value.string()
    }
}

extension Catalog {
    /// How many changes the feed remembers.
    static let changeCountMax = 1 << 17

    /// The number of the newest change; 0 when there was none.
    func newestChange(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> UInt64 {
        try transaction.last(changes, prefix: [])?.key.number ?? 0
    }

    /// Appends to the feed and forgets its oldest entries beyond ``changeCountMax``.
    func append(
        _ feed: [ChangeRecord], in transaction: borrowing WriteTransaction
    ) throws {
        guard !feed.isEmpty else { return }
        var number = try newestChange(in: transaction)
        for change in feed {
            number += 1
            try transaction.put(changes, ChangeKey(number: number), change)
        }
        let excess = try transaction.count(changes) - Self.changeCountMax
        guard excess > 0 else { return }
        var oldest: [ChangeKey] = []
        try transaction.scan(changes) { key, _ in
            oldest.append(key)
            return oldest.count < excess
        }
        for key in oldest { try transaction.delete(changes, key) }
    }
}
