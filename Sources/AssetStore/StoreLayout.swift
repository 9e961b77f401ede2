// Where the pieces of a store lie, and whether a directory is one.

internal import Basics
internal import LMDB

/// The files and directories of a store.
struct StoreLayout {
    let path: String

    init(_ path: String) { self.path = path }

    /// An LMDB environment.
    var catalog: String { "\(path)/catalog" }
    /// Pack files.
    var packs: String { "\(path)/packs" }
    /// The file whose bytes stand for what a process owns.
    var locks: String { "\(path)/catalog/owners.lock" }

    /// What processes reserve against quotas; nothing in it lasts.
    var reservations: String { "\(path)/catalog/reservations" }

    enum State {
        case missing
        /// An empty directory, or a store whose creation was cut short.
        case empty
        case complete
        /// Something that is no store.
        case foreign
    }

    func state() throws -> State {
        switch try FileSystem.kind(of: path) {
        case nil: return .missing
        case .file, .other: return .foreign
        case .directory: break
        }
        let names = try FileSystem.names(in: path)
        if names.isEmpty { return .empty }
        guard names.contains("catalog") else {
            return names == ["packs"] ? .empty : .foreign
        }
        // Before the first commit, not even the names of what was made last are sure to be there.
        if try Environment.wasNeverCommitted(in: catalog) {
            let isUnfinished = try FileSystem.names(in: catalog).allSatisfy {
                ["data.mdb", "lock.mdb", "owners.lock", "reservations", "fallback"].contains($0)
            }
            guard isUnfinished else { return .foreign }
            if names.contains("packs"), try !FileSystem.names(in: packs).isEmpty {
                throw AssetError(
                    .damaged,
                    "\(path) has packs, but its catalog is gone; restore it from a backup, or make "
                        + "a new store of them with “assetctl salvage”")
            }
            return .empty
        }
        return names.contains("packs") ? .complete : .foreign
    }

    func makeDirectories() throws {
        try FileSystem.makeDirectory(path)
        try FileSystem.makeDirectory(packs)
        try FileSystem.makeDirectory(catalog)
    }

    /// Removes what a creation that was cut short left of the catalog, which may be anything. Called
    /// with the lock on creating, and only when nothing was ever committed.
    func clearUnfinishedCatalog() throws {
        try FileSystem.removeFile("\(catalog)/data.mdb")
    }

    /// Makes the names of a new store durable.
    func synchronize() throws(AssetError) {
        try FileSystem.synchronizeDirectory(catalog)
        try FileSystem.synchronizeDirectory(path)
        try FileSystem.synchronizeDirectory("\(path)/..")
    }
}
