// What one catalog transaction changes in counters, free ranges and the change feed: gathered while
// its requests run, written once at its end, however many requests there were.

internal import Basics
internal import LMDB

/// The gathered changes of one transaction. Belongs to the thread of the transaction.
final class ChangeSet {
    private let catalog: Catalog
    /// Counters as they will be.
    private var usage: [UsageKey: Usage] = [:]
    /// Sequences as they will be.
    private var sequences: [JobID: SequenceRecord] = [:]
    /// Jobs that were read or written.
    private var jobs: [JobID: Job.Record] = [:]
    /// By the bytes of their names: strings that look alike are equal, projects are not.
    private var projects: [[UInt8]: ProjectNumber] = [:]
    /// Quotas by scope.
    private var quotas: [ProjectNumber: QuotaScope] = [:]
    private var free: [(extent: ExtentKey, byteCount: UInt64)] = []
    private var feed: [ChangeRecord] = []
    private var isInFeed: Set<ChangeRecord> = []

    private struct QuotaScope {
        var limit: Int?
        var usedByteCount: Int
    }

    init(_ catalog: Catalog) { self.catalog = catalog }

    /// How many ranges were freed.
    var freedCount: Int { free.count }

    /// Notes that a range of a pack is nobody's.
    func free(_ extent: ExtentKey, byteCount: UInt64) {
        free.append((extent, byteCount))
    }

    /// Adds an entry to the change feed; one that is there already stands for both.
    func note(_ change: ChangeRecord) {
        if isInFeed.insert(change).inserted { feed.append(change) }
    }

    /// Adds to the counters of a scope, and refuses what would take it over its quota. Shrinking is
    /// never refused.
    func count(
        _ change: Usage, _ scope: ProjectNumber, _ namespace: Namespace,
        in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        let more = change.storedByteCount
        if more > 0 { try admit(more, scope, in: transaction) }
        let key = UsageKey(project: scope, namespace: namespace)
        usage[key] = try counter(key, in: transaction) + change
        quotas[scope]?.usedByteCount += more
    }

    /// Adds to the counters of a project and of the whole store alike.
    func countBoth(
        _ change: Usage, _ project: ProjectNumber, _ namespace: Namespace,
        in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        try count(change, project, namespace, in: transaction)
        try count(change, .wholeStore, namespace, in: transaction)
    }

    /// A counter, as this transaction leaves it.
    func counter(
        _ key: UsageKey, in transaction: borrowing WriteTransaction
    ) throws(AssetError) -> Usage {
        if let known = usage[key] { return known }
        return try transaction.get(catalog.usage, key) ?? Usage()
    }

    private func admit(
        _ byteCount: Int, _ scope: ProjectNumber, in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        var quota: QuotaScope
        if let known = quotas[scope] {
            quota = known
        } else {
            quota = QuotaScope(
                limit: try catalog.quota(of: scope, in: transaction), usedByteCount: 0)
            if quota.limit != nil {
                for namespace in Namespace.allCases {
                    quota.usedByteCount += try counter(
                        UsageKey(project: scope, namespace: namespace), in: transaction
                    ).storedByteCount
                }
            }
            quotas[scope] = quota
        }
        guard let limit = quota.limit, quota.usedByteCount + byteCount > limit else { return }
        throw try catalog.quotaExceeded(
            scope, limit: limit, left: limit - quota.usedByteCount, needed: byteCount,
            in: transaction)
    }

    /// The number of a project, which is made when it is not there.
    func project(
        named name: String, in transaction: borrowing WriteTransaction
    ) throws(AssetError) -> ProjectNumber {
        let bytes = Array(name.utf8)
        if let known = projects[bytes] { return known }
        let number: ProjectNumber
        if let present = try transaction.get(catalog.projectsByName, ProjectNameKey(name: name)) {
            number = present.project
        } else {
            number = try catalog.insert(ProjectRecord(name: name), in: transaction)
            note(ChangeRecord(.put, .project(number, name)))
        }
        projects[bytes] = number
        return number
    }

    /// The number of the project that something new is to be in.
    ///
    /// - Throws: ``AssetError/Code/cancelled`` when a staged project was discarded.
    func project(
        _ home: ProjectHome, in transaction: borrowing WriteTransaction
    ) throws(AssetError) -> ProjectNumber {
        switch home {
        case .named(let name): return try project(named: name, in: transaction)
        case .staged(let number):
            guard try catalog.isStaged(number, in: transaction) else {
                throw AssetError(.cancelled, "what was to become a project was discarded")
            }
            return number
        }
    }

    /// Forgets what is known of projects, after one was removed or given a quota.
    func forgetProjects() {
        projects = [:]
        quotas = [:]
    }

    /// A job, as this transaction leaves it.
    func job(
        _ id: JobID, in transaction: borrowing WriteTransaction
    ) throws(AssetError) -> Job.Record? {
        if let known = jobs[id] { return known }
        guard let record = try transaction.get(catalog.jobs, id) else { return nil }
        jobs[id] = record
        return record
    }

    /// Notes a job's new state, or with `nil` that it is gone.
    func setJob(_ id: JobID, _ record: Job.Record?) { jobs[id] = record }

    /// A job's sequence, as this transaction leaves it.
    func sequence(
        of job: JobID, in transaction: borrowing WriteTransaction
    ) throws(AssetError) -> SequenceRecord {
        if let known = sequences[job] { return known }
        guard let record = try transaction.get(catalog.jobFrames, job) else {
            throw AssetError(.damaged, "job \(job) has no sequence of frames")
        }
        return record
    }

    /// Notes a job's changed sequence, or with `nil` that it is gone.
    func setSequence(
        of job: JobID, _ record: SequenceRecord?, in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        sequences[job] = record
        if record == nil { try transaction.delete(catalog.jobFrames, job) }
    }

    /// Writes everything that was gathered.
    func flush(to transaction: borrowing WriteTransaction) throws {
        for (key, value) in usage {
            if value == Usage() {
                try transaction.delete(catalog.usage, key)
            } else {
                try transaction.put(catalog.usage, key, value)
            }
        }
        for (job, changed) in sequences {
            var record = changed
            record.changedAt = .now()
            try transaction.put(catalog.jobFrames, job, record)
        }
        try writeFreeRanges(to: transaction)
        try catalog.append(feed, in: transaction)
    }

    /// Writes free ranges, those that lie side by side as one.
    private func writeFreeRanges(to transaction: borrowing WriteTransaction) throws(AssetError) {
        free.sort {
            ($0.extent.pack, $0.extent.offset) < ($1.extent.pack, $1.extent.offset)
        }
        var index = 0
        while index < free.count {
            let start = free[index].extent
            var end = start.offset + free[index].byteCount
            index += 1
            while index < free.count, free[index].extent.pack == start.pack,
                free[index].extent.offset == end
            {
                end += free[index].byteCount
                index += 1
            }
            try transaction.put(
                catalog.freeRanges, start,
                FreeRangeRecord(byteCount: end - start.offset, freedBy: transaction.number))
        }
    }
}
