// Where the pieces of a store lie, and whether a directory is one.

internal import Basics

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
        guard try FileSystem.kind(of: "\(catalog)/data.mdb") == .file,
            names.contains("packs")
        else {
            let isUnfinished = try FileSystem.names(in: catalog).allSatisfy {
                ["lock.mdb", "owners.lock", "reservations", "fallback"].contains($0)
            }
            return isUnfinished ? .empty : .foreign
        }
        return .complete
    }

    func makeDirectories() throws {
        try FileSystem.makeDirectory(path)
        try FileSystem.makeDirectory(packs)
        try FileSystem.makeDirectory(catalog)
    }

    /// Makes the names of a new store durable.
    func synchronize() throws {
        try FileSystem.synchronizeDirectory(catalog)
        try FileSystem.synchronizeDirectory(path)
        try FileSystem.synchronizeDirectory("\(path)/..")
    }
}
