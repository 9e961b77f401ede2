// One `Store` per directory and process: LMDB loses its locks when an environment is opened twice
// and closed once.

internal import Basics

/// The stores that are open in this process. Thread-safe.
final class StoreRegistry: Sendable {
    static let shared = StoreRegistry()

    fileprivate struct Key: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    private struct Entry {
        weak var store: Store?
    }

    private let entries = Monitor<[Key: Entry]>([:])

    /// The right to have a directory open; ended when its store is gone for good.
    struct Registration: Sendable {
        fileprivate let key: Key
        fileprivate let registry: StoreRegistry

        func end() {
            registry.entries.update { $0[key] = nil }
        }
    }

    /// The open store of a directory, opened now if need be. Waits for one that is closing.
    func store(at path: String, newStore: StoreRecord?) throws -> Store {
        let identity = try FileSystem.identity(of: path)
        let key = Key(device: identity.device, inode: identity.inode)
        return try entries.wait { entries in
            if let entry = entries[key] {
                // Without a store it is being closed; its end wakes us.
                return entry.store
            }
            let store = try Store(
                path: path, newStore: newStore,
                registration: Registration(key: key, registry: self))
            entries[key] = Entry(store: store)
            return store
        }
    }
}
