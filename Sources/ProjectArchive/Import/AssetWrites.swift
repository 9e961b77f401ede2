// What is written and not known to be durable: many assets have one commit that way, and no thread
// waits for it.

internal import AssetStore
internal import Basics

/// Counts the assets that are on their way, and remembers what became of them. Thread-safe.
final class AssetWrites: Sendable {
    private struct State {
        var count = 0
        var weight = 0
        /// Assets that something else came before.
        var overtaken: [AssetImport] = []
        var failure: (any Error)?
    }

    private let state = Monitor(State())

    /// What bounds the disk cache's debt, and how much is done again after a crash.
    private static let countMax = 512
    private static let weightMax = 64 << 20

    /// Begins to write an asset. Blocks while too much is on its way.
    ///
    /// - Throws: why an earlier one failed.
    func begin(_ asset: AssetImport) throws {
        try state.wait { state -> Void? in
            if let failure = state.failure { throw failure }
            guard
                state.count == 0
                    || state.count < Self.countMax && state.weight + asset.weight <= Self.weightMax
            else { return nil }
            state.count += 1
            state.weight += asset.weight
            return ()
        }
    }

    /// Ends what was begun: the asset is durable, or failed, or, with `nil`, was overtaken.
    func end(_ asset: AssetImport, _ result: Result<Asset?, any Error>) {
        let outcome = Result { () throws -> Bool in
            guard let stored = try result.get() else { return false }
            try asset.compare(stored)
            return true
        }
        state.update { state in
            state.count -= 1
            state.weight -= asset.weight
            switch outcome {
            case .success(true): break
            case .success(false): state.overtaken.append(asset.again)
            case .failure(let error): state.failure = state.failure ?? error
            }
        }
    }

    /// The assets that are to be stored again, which are then no concern of this any more.
    func takeOvertaken() -> [AssetImport] {
        state.withLock { state in
            defer { state.overtaken = [] }
            return state.overtaken
        }
    }

    /// Waits until nothing is on its way.
    func wait() { state.wait { $0.count == 0 ? () : nil } }

    /// Waits until nothing is on its way.
    ///
    /// - Throws: why something failed.
    func drain() throws {
        wait()
        try state.withLock { state in
            if let failure = state.failure { throw failure }
        }
    }
}
