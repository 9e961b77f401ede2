// How commands come to their store, and how they let go of it.

internal import AssetStore
internal import Basics

extension CommandContext {
    /// The store, for a command that only reads or removes.
    ///
    /// - Throws: ``AssetError/Code/notAStore`` when there is none.
    func openStore(options: StoreOptions = StoreOptions()) throws -> Store {
        do {
            return try Store.open(at: storePath, options: options)
        } catch let error as AssetError where error.code == .notAStore {
            throw AssetError(
                .notAStore,
                "there is no store at \(storePath); give its directory by --store or "
                    + "$ASSETCTL_STORE, or make one with “assetctl init”",
                cause: error)
        }
    }

    /// The store, for a command that writes: made now when there is none.
    func openOrCreateStore() throws -> Store {
        let isNew = try FileSystem.kind(of: storePath) == nil
        let store = try Store.openOrCreate(at: storePath)
        if isNew { console.talk("made a new store at \(storePath)") }
        return store
    }

    /// Runs `body` with the store and closes it, so that an error of closing is told too.
    func withStore<Result>(_ body: (Store) throws -> Result) throws -> Result {
        try closing(try openStore(), body)
    }

    /// Like ``withStore(_:)``, making the store when there is none.
    func withStoreForWriting<Result>(_ body: (Store) throws -> Result) throws -> Result {
        try closing(try openOrCreateStore(), body)
    }

    /// Gives the disk blocks of what a command removed back, before the command ends. While another
    /// process does so, it does this too, sooner or later.
    func giveBlocksBack(of store: Store) throws {
        do {
            _ = try store.reclaim(.freed)
        } catch let error as AssetError where error.code == .busy {
            console.talk("another process gives the disk blocks back")
        }
    }

    /// Runs `body` with `store` and closes it. When both fail, `body`'s error is what matters.
    func closing<Result>(_ store: Store, _ body: (Store) throws -> Result) throws -> Result {
        let result: Result
        do {
            result = try body(store)
        } catch {
            try? store.close()
            throw error
        }
        try store.close()
        return result
    }
}
