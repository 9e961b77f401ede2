// Changes whose caller wants to know what came of them.

internal import Basics
internal import LMDB

extension Committer {
    /// Commits a change, waits until it is durable, and returns what it found out.
    ///
    /// - Parameter apply: as in ``Request``: it may run twice, so only what it returns counts.
    func commitResult<Result: Sendable>(
        of apply: @escaping @Sendable (borrowing WriteTransaction, ChangeSet) throws -> Result
    ) throws -> Result {
        let found = Monitor<Result?>(nil)
        try commit { transaction, changes in
            let result = try apply(transaction, changes)
            found.withLock { $0 = result }
        }
        guard let result = found.withLock({ $0 }) else {
            throw AssetError(.library, "a change was committed without being made")
        }
        return result
    }
}
