// A project that is put together out of sight and appears all at once: what an import writes into.
//
// A staged project has a record, counters, assets, jobs, scenes and checkpoints like any other, but
// stands under a reserved name that nobody can give, and is told by its record from those that
// readers see. Its bytes count in the store's counters and against the store's quota from the
// beginning. Publishing gives it its name in one transaction. A process that is killed leaves it for
// the next one that stages under the same identity, or for housekeeping.

package import Basics
internal import LMDB

/// The right of this process to put a staged project together, held until it is published or
/// discarded, the value goes away, or the process dies. Thread-safe.
package final class StagedProject: Sendable {
    package let store: Store
    /// The name that it is to have; what is written behind payloads says so already.
    package let name: String
    /// When it was begun, by whichever process.
    package let createdAt: Timestamp
    /// Whether an earlier process began it.
    package let isResumed: Bool
    let number: ProjectNumber
    let reservedName: String
    private let lock: Monitor<ByteLock?>

    fileprivate init(
        _ store: Store, name: String, reservedName: String, _ found: Found, lock: ByteLock
    ) {
        self.store = store
        self.name = name
        self.reservedName = reservedName
        number = found.number
        createdAt = found.createdAt
        isResumed = found.isResumed
        self.lock = Monitor(lock)
    }

    fileprivate struct Found: Sendable {
        var number: ProjectNumber
        var createdAt: Timestamp
        var isResumed: Bool
    }

    /// What reserved names begin with, and no other name may.
    private static let mark: UInt8 = 1

    static func isReserved(_ name: String) -> Bool { name.utf8.first == mark }

    static let reservedPrefix: [UInt8] = [mark]

    fileprivate static func reservedName(_ identity: String) -> String {
        precondition(identity.utf8.count <= 200)
        return "\u{1}\(identity)"
    }

    /// Gives the right to put it together up, for whoever goes on with it. It must not be used any
    /// more, though what was handed over before may still hold the value.
    package func leave() { lock.withLock { $0 = nil } }

    /// What it holds, by namespace.
    package func usage() throws -> [Namespace: Usage] {
        try store.catalog.environment.read { transaction in
            try store.catalog.usage(of: number, in: transaction)
        }
    }

    /// Removes it with everything in it, and gives back what it took. It must not be used any more.
    package func discard() throws {
        let (catalog, number) = (store.catalog, number)
        try store.committer.commit { transaction, changes in
            try catalog.discard(number, in: transaction, changes)
        }
        try store.clearRemovals()
    }
}

extension Store {
    /// Begins a staged project, or goes on with one that an earlier process began and did not
    /// publish.
    ///
    /// - Parameters:
    ///   - name: what it is to be called.
    ///   - identity: what it is made from, at most 200 bytes: the same again goes on.
    /// - Throws: ``AssetError/Code/busy`` when a living process is at it,
    ///   ``AssetError/Code/invalidArgument`` when no project can have the name.
    package func stageProject(_ name: String, identity: String) throws -> StagedProject {
        try validateProject(name)
        let reservedName = StagedProject.reservedName(identity)
        guard let lock = try ownership.tryLock(StoreLocks.staging(reservedName)) else {
            throw AssetError(
                .busy, "another process is putting the same project together; wait for it")
        }
        let found = try committer.commitResult { [catalog] transaction, _ in
            let key = ProjectNameKey(name: reservedName)
            if let number = try transaction.get(catalog.projectsByName, key)?.project {
                guard var record = try transaction.get(catalog.projects, number) else {
                    throw AssetError(.damaged, "the record of project \(number.number) is gone")
                }
                record.updatedAt = .now()
                try transaction.put(catalog.projects, number, record)
                return StagedProject.Found(
                    number: number, createdAt: record.createdAt, isResumed: true)
            }
            var record = ProjectRecord(name: reservedName)
            record.isStaged = true
            return StagedProject.Found(
                number: try catalog.insert(record, in: transaction), createdAt: record.createdAt,
                isResumed: false)
        }
        return StagedProject(
            self, name: name, reservedName: reservedName, found, lock: lock)
    }

    /// Removes staged projects that no living process works on and none has begun or gone on with
    /// since `limit`. Says how many.
    ///
    /// - Complexity: O(staged projects, and what they hold).
    @discardableResult
    package func discardStagedProjects(untouchedSince limit: Timestamp) throws -> Int {
        var stale: [(name: String, number: ProjectNumber)] = []
        try catalog.environment.read { transaction in
            let prefix = StagedProject.reservedPrefix
            try transaction.scan(catalog.projectsByName, prefix: prefix) { key, found in
                let record = try transaction.get(catalog.projects, found.project)
                if let record, record.updatedAt <= limit { stale.append((key.name, found.project)) }
                return true
            }
        }
        var discardedCount = 0
        for (name, number) in stale {
            guard let lock = try ownership.tryLock(StoreLocks.staging(name)) else { continue }
            let wasThere = try withExtendedLifetime(lock) {
                try committer.commitResult { [catalog] transaction, changes in
                    // It may have been published, or touched, since it was found.
                    guard let record = try transaction.get(catalog.projects, number),
                        record.isStaged, record.updatedAt <= limit
                    else { return false }
                    try catalog.discard(number, in: transaction, changes)
                    return true
                }
            }
            if wasThere { discardedCount += 1 }
        }
        if discardedCount > 0 { try clearRemovals() }
        return discardedCount
    }
}

extension Catalog {
    /// Whether a project is there and staged.
    func isStaged(
        _ number: ProjectNumber, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Bool {
        try transaction.get(projects, number)?.isStaged == true
    }

    /// Takes a staged project away; what it holds is yet to be cleared away.
    fileprivate func discard(
        _ number: ProjectNumber, in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws {
        guard let record = try transaction.get(projects, number), record.isStaged else { return }
        try transaction.delete(projectsByName, ProjectNameKey(name: record.name))
        try transaction.delete(projects, number)
        try noteRemoval(of: number, in: transaction, changes)
    }
}

/// Where something new belongs.
enum ProjectHome: Sendable {
    /// In the project of a name, which is made when it is not there.
    case named(String)
    /// In a staged project.
    case staged(ProjectNumber)

    var isStaged: Bool {
        if case .staged = self { true } else { false }
    }
}
