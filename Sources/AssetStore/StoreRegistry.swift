// One `Store` per directory and process: LMDB loses its locks when an environment is opened twice
// and closed once.

internal import Basics

/// The stores that are open in this process. Thread-safe.
final class StoreRegistry: Sendable {
    static let shared = StoreRegistry()

    private struct Key: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    private struct Entry {
        /// Which opening it stands for: a late report of one that failed concerns no other.
        let opening = Opening()
        /// Nothing while the store is being opened or closed.
        weak var store: Store?
    }

    private final class Opening: Sendable {}

    private let entries = Monitor<[Key: Entry]>([:])

    /// The open store of a directory, opened now if need be. Waits for one that is being opened or
    /// closed. Says whether it was created now.
    func store(
        at path: String, newStore: StoreRecord?, options: StoreOptions
    ) throws -> (store: Store, isNew: Bool) {
        let identity = try FileSystem.identity(of: path)
        let key = Key(device: identity.device, inode: identity.inode)
        let new = Entry()
        let present = entries.wait { (entries) -> Store?? in
            guard let entry = entries[key] else {
                entries[key] = new
                return .some(nil)
            }
            // Said in full: an absent store, promoted, would say that nobody opens it.
            guard let store = entry.store else { return nil }
            return .some(store)
        }
        if let present {
            try present.open()
            return (present, false)
        }
        do {
            let opening = new.opening
            let store = try Store(path: path, newStore: newStore, options: options) { [self] in
                remove(key, opening)
            }
            try store.open()
            entries.update { $0[key]?.store = store }
            return (store, store.catalog.isNew)
        } catch {
            remove(key, new.opening)
            throw error
        }
    }

    private func remove(_ key: Key, _ opening: Opening) {
        entries.update { entries in
            if entries[key]?.opening === opening { entries[key] = nil }
        }
    }
}
