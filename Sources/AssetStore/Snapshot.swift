// Reading one moment of the whole store.

internal import Basics
internal import LMDB

/// One moment of the whole store. Belongs to the closure and the thread it was given to.
///
/// Everything read from it belongs together: a listing, what the listed assets say, and their
/// bytes. It blocks nobody and sees nothing of what is committed meanwhile. While it lives, disk
/// blocks of what is removed are not given back, so it should not outlive its purpose.
///
///     let total = try store.read { snapshot in
///         var total = 0
///         try snapshot.forEachAsset(project: "demo") { asset in
///             total += asset.byteCount
///             return true
///         }
///         return total
///     }
public struct Snapshot: ~Copyable {
    let store: Store
    let transaction: ReadTransaction
    private let lastProject = LastProject()

    var catalog: Catalog { store.catalog }

    fileprivate init(store: Store, transaction: consuming ReadTransaction) {
        self.store = store
        self.transaction = transaction
    }

    /// The name of a project, `nil` when it is being cleared away or put together.
    @inline(__always)
    func name(of project: ProjectNumber) throws(AssetError) -> String? {
        // Within one moment, a project stays what it is.
        if lastProject.number == project { return lastProject.name }
        let name = try nameInStore(of: project)
        (lastProject.number, lastProject.name) = (project, name)
        return name
    }

    private func nameInStore(of project: ProjectNumber) throws(AssetError) -> String? {
        if let name = store.projectNames.name(of: project, at: transaction.number),
            try transaction.count(catalog.removals) == 0
        {
            return name
        }
        guard let name = try catalog.name(of: project, in: transaction) else { return nil }
        store.projectNames.note(project, name, at: transaction.number)
        return name
    }
}

/// The project that was asked for last in a snapshot. Belongs to the snapshot's thread.
private final class LastProject {
    var number: ProjectNumber?
    var name: String?
}

extension Store {
    /// Runs `body` with a snapshot. Reads within others are allowed, and so is writing, which the
    /// snapshot does not see.
    ///
    /// - Throws: ``AssetError/Code/busy`` when more than 1022 snapshots are open, over all
    ///   processes; what `body` throws.
    /// - Complexity: O(1) to begin and to end; the corresponding C functions are `mdb_txn_renew`
    ///   and `mdb_txn_reset`.
    public func read<Result>(
        _ body: (borrowing Snapshot) throws -> Result
    ) throws -> Result {
        try catalog.environment.read { transaction in
            try body(Snapshot(store: self, transaction: transaction.shared()))
        }
    }
}

/// The names of projects by number, which never change from when they are first seen. Thread-safe.
final class ProjectNames: Sendable {
    private struct Seen {
        var name: String
        /// The earliest moment at which it was seen: a staged project has no name before it is
        /// published.
        var since: UInt64
    }

    private let names = Monitor<[ProjectNumber: Seen]>([:])

    /// More are looked up in the catalog each time.
    private static let countMax = 4096

    func name(of project: ProjectNumber, at moment: UInt64) -> String? {
        names.withLock { names in
            guard let seen = names[project], moment >= seen.since else { return nil }
            return seen.name
        }
    }

    func note(_ project: ProjectNumber, _ name: String, at moment: UInt64) {
        names.withLock { names in
            if names.count >= Self.countMax { names.removeAll(keepingCapacity: true) }
            let since = min(moment, names[project]?.since ?? moment)
            names[project] = Seen(name: name, since: since)
        }
    }
}
