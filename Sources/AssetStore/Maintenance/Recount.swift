// Counting again what the counters say.

internal import Basics
internal import LMDB

/// A recount of the whole catalog in one transaction. Reads no payload.
///
/// What belongs to a removed project or job and is still being cleared away counts for nothing but
/// the bytes that it takes. Takes memory for each project.
struct Recount {
    /// A counter that is wrong.
    struct Difference {
        var key: UsageKey
        /// What a recount gives; nothing when there should be no entry.
        var actual: Usage
        /// Whose counter it is, and what is wrong with it.
        var name: String
        var reason: String
    }

    private let catalog: Catalog
    /// The counters as they should be.
    private var usage: [UsageKey: Usage] = [:]
    private var removed: Set<RemovalKey> = []

    /// The counters that are wrong.
    static func differences(
        in catalog: Catalog, _ transaction: borrowing some Transaction & ~Copyable
    ) throws -> [Difference] {
        var recount = Recount(catalog: catalog)
        try transaction.scan(catalog.removals) { key, _ in
            recount.removed.insert(key)
            return true
        }
        try recount.countAssets(in: transaction)
        try recount.countJobs(in: transaction)
        return try recount.compare(in: transaction)
    }

    /// What the store's counters say that its packs hold, as far as they can be read.
    static func storedByteCount(
        of catalog: Catalog, _ transaction: borrowing ReadTransaction
    ) throws -> Int {
        var total = 0
        let prefix = ProjectNumber.wholeStore.keyBytes
        try transaction.scan(catalog.usage.uninterpreted, prefix: prefix) { _, value in
            total += Usage(stored: value)?.storedByteCount ?? 0
            return true
        }
        return total
    }

    private init(catalog: Catalog) { self.catalog = catalog }

    private mutating func countAssets(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        try transaction.scan(catalog.assets) { _, record in
            if removed.contains(RemovalKey(record.project)) { return true }
            let namespace = record.description.namespace
            add(record.usage, record.project, namespace)
            add(record.usage.unstored, .wholeStore, namespace)
            return true
        }
        try transaction.scan(catalog.contents) { _, record in
            add(record.storedUsage, .wholeStore, record.namespace)
            return true
        }
    }

    private mutating func countJobs(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        try transaction.scan(catalog.jobs) { id, record in
            guard !removed.contains(RemovalKey(record.project)),
                let sequence = try transaction.get(catalog.jobFrames, id)
            else { return true }
            let (frames, jobs) = (sequence.frames, sequence.segments + Usage(count: 1))
            add(frames, record.project, .frames)
            add(frames.unstored, .wholeStore, .frames)
            add(jobs, record.project, .jobs)
            add(jobs.unstored, .wholeStore, .jobs)
            return true
        }
        // What they take, also those that are being cleared away.
        try transaction.scan(catalog.frames) { _, frame in
            let stored = Usage(storedByteCount: Int(frame.location.storedByteCount))
            add(stored, .wholeStore, .frames)
            return true
        }
        try transaction.scan(catalog.segments) { _, segment in
            let stored = Usage(storedByteCount: Int(segment.location.storedByteCount))
            add(stored, .wholeStore, .jobs)
            return true
        }
    }

    private func compare(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [Difference] {
        var expected = usage.filter { $0.value != Usage() }
        var differences: [Difference] = []
        func note(
            _ key: UsageKey, _ actual: Usage, _ reason: String
        ) throws(AssetError) {
            differences.append(
                Difference(
                    key: key, actual: actual, name: try name(of: key, in: transaction),
                    reason: reason))
        }
        // A counter that went below nothing can't be read.
        try transaction.scan(catalog.usage.uninterpreted) { key, value in
            let actual = expected.removeValue(forKey: key) ?? Usage()
            guard let counted = Usage(stored: value) else {
                try note(key, actual, "it can't be read, a recount gives \(actual)")
                return true
            }
            if actual != counted {
                try note(key, actual, "it says \(counted), a recount gives \(actual)")
            }
            return true
        }
        for (key, actual) in expected {
            try note(key, actual, "it is not there, a recount gives \(actual)")
        }
        return differences
    }

    private func name(
        of key: UsageKey, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> String {
        let owner =
            key.project == .wholeStore
            ? "the store"
            : "project \(try transaction.get(catalog.projects, key.project)?.name ?? "?")"
        return "\(owner)'s counter of \(key.namespace.name)"
    }

    private mutating func add(_ more: Usage, _ scope: ProjectNumber, _ namespace: Namespace) {
        let key = UsageKey(project: scope, namespace: namespace)
        usage[key] = usage[key, default: Usage()] + more
    }
}

extension Usage {
    /// The counter of these bytes; `nil` when they are none.
    fileprivate init?(stored value: StoredBytes) {
        let usage = unsafe ByteReader.read(value.bytes.span.bytes, subject: "a counter") {
            (reader) -> Usage? in
            guard let usage = try? Usage(value: &reader), reader.remaining == 0 else { return nil }
            return usage
        }
        guard let usage else { return nil }
        self = usage
    }
}

extension Catalog {
    /// Writes counters as a recount in the same transaction gives them.
    func set(
        _ differences: [Recount.Difference], in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        for difference in differences {
            if difference.actual == Usage() {
                try transaction.delete(usage, difference.key)
            } else {
                try transaction.put(usage, difference.key, difference.actual)
            }
        }
    }
}
