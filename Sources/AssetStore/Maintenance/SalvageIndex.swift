// Which intact records a scan of packs found, by what they belong to. It lies on the disk while a
// store is salvaged, so that memory doesn't grow with the store.

internal import Basics
internal import LMDB

/// An index of intact records. Thread-safe for reading; one thread adds.
struct SalvageIndex: Sendable {
    private let environment: Environment
    private let records: Table<SalvageKey, SalvageRecord>

    /// Makes an index in a directory, which must be there and empty.
    init(path: String) throws(AssetError) {
        let environment = try Environment(path: path)
        let table = try environment.openTables(create: true) { opener throws(AssetError) in
            try opener.table("records", of: (SalvageKey.self, SalvageRecord.self))
        }
        guard let table else {
            throw AssetError(.io, "\(path): the index of what was found can't be made")
        }
        self.environment = environment
        records = table
    }

    func add(_ found: [(key: SalvageKey, record: SalvageRecord)]) throws {
        try environment.write { transaction in
            for entry in found { try transaction.put(records, entry.key, entry.record) }
        }
    }

    /// The first thing behind `last` of which there are records.
    func next(
        _ kind: RecordOwner.Kind, after last: (high: UInt64, low: UInt64)?
    ) throws -> (high: UInt64, low: UInt64)? {
        var start = [kind.rawValue]
        if let last {
            // Behind every key of this one.
            start = SalvageKey.prefix(kind, last) + [UInt8](repeating: 0xFF, count: 26)
        }
        var found: (high: UInt64, low: UInt64)?
        try environment.read { transaction in
            try transaction.scan(records, prefix: [kind.rawValue], from: start) { key, _ in
                found = (key.owner.high, key.owner.low)
                return false
            }
        }
        return found
    }

    /// The newest record of something that has an index; `nil` when none is intact.
    func newest(_ owner: RecordOwner) throws -> SalvageRecord? {
        try environment.read { transaction in
            try transaction.last(records, prefix: SalvageKey.prefix(owner))?.value
        }
    }

    /// The records of something that carry a description, the newest first, at most 16.
    func described(
        _ kind: RecordOwner.Kind, _ id: (high: UInt64, low: UInt64)
    ) throws -> [SalvageRecord] {
        var found: [SalvageRecord] = []
        try environment.read { transaction in
            try transaction.scanDescending(
                records, prefix: SalvageKey.prefix(kind, id)
            ) { _, record in
                if record.location.descriptionByteCount > 0 { found.append(record) }
                return found.count < 16
            }
        }
        return found
    }

    /// How many records of something there are, up to 1,000,000.
    func count(_ kind: RecordOwner.Kind, _ id: (high: UInt64, low: UInt64)) throws -> Int {
        var count = 0
        try environment.read { transaction in
            try transaction.scan(records, prefix: SalvageKey.prefix(kind, id)) { _, _ in
                count += 1
                return count < 1_000_000
            }
        }
        return count
    }

    /// Calls `body` with the newest record of each index of something, in order.
    func forEachNewest(
        _ kind: RecordOwner.Kind, _ id: (high: UInt64, low: UInt64),
        _ body: (SalvageRecord) throws -> Void
    ) throws {
        var start: [UInt8]? = SalvageKey.prefix(kind, id)
        var pending: SalvageRecord?
        while let from = start {
            start = nil
            var page: [SalvageRecord] = []
            try environment.read { transaction in
                try transaction.scan(
                    records, prefix: SalvageKey.prefix(kind, id), from: from
                ) { key, record in
                    guard page.count < 1024 else {
                        start = key.keyBytes
                        return false
                    }
                    page.append(record)
                    return true
                }
            }
            for record in page {
                if let pending, pending.owner.index != record.owner.index { try body(pending) }
                pending = record
            }
        }
        if let pending { try body(pending) }
    }
}

/// Whose a record is, and where it lies: the newest of an owner's comes last.
struct SalvageKey: TableKey {
    var owner: RecordOwner
    var extent: ExtentKey

    static func prefix(_ kind: RecordOwner.Kind, _ id: (high: UInt64, low: UInt64)) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(kind.rawValue)
        writer.appendBigEndian(id.high)
        writer.appendBigEndian(id.low)
        return writer.bytes
    }

    static func prefix(_ owner: RecordOwner) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(contentsOf: prefix(owner.kind, (owner.high, owner.low)))
        writer.append(owner.track)
        writer.appendBigEndian(owner.index)
        return writer.bytes
    }

    func append(to key: inout ByteWriter) {
        key.append(contentsOf: Self.prefix(owner))
        extent.append(to: &key)
    }

    init(owner: RecordOwner, extent: ExtentKey) {
        self.owner = owner
        self.extent = extent
    }

    init(key: inout ByteReader) throws(AssetError) {
        guard let kind = RecordOwner.Kind(rawValue: try key.integer()) else {
            throw key.damaged("an unknown kind of owner")
        }
        let (high, low): (UInt64, UInt64) = (
            try key.bigEndianInteger(), try key.bigEndianInteger()
        )
        owner = RecordOwner(
            kind: kind, high: high, low: low, track: try key.integer(),
            index: try key.bigEndianInteger())
        extent = try ExtentKey(key: &key)
    }
}

/// An intact record.
struct SalvageRecord: TableValue, Sendable {
    var owner: RecordOwner
    var location: PayloadLocation

    func append(to value: inout ByteWriter) {
        value.append(owner.kind.rawValue)
        value.append(owner.high)
        value.append(owner.low)
        value.append(owner.track)
        value.append(owner.index)
        location.append(to: &value)
    }

    init(owner: RecordOwner, location: PayloadLocation) {
        self.owner = owner
        self.location = location
    }

    init(value: inout ByteReader) throws(AssetError) {
        guard let kind = RecordOwner.Kind(rawValue: try value.integer()) else {
            throw value.damaged("an unknown kind of owner")
        }
        owner = RecordOwner(
            kind: kind, high: try value.integer(), low: try value.integer(),
            track: try value.integer(), index: try value.integer())
        location = try PayloadLocation(value: &value)
    }
}
