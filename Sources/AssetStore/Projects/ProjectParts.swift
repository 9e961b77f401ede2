// Clearing away scenes and checkpoints.

internal import Basics
internal import LMDB

extension Catalog {
    /// Clears a bounded part of a removed project's scenes and checkpoints away; says how much.
    func clearScenesAndCheckpoints(
        of project: ProjectNumber, _ countMax: Int, in transaction: borrowing WriteTransaction
    ) throws -> Int {
        var cleared = try clear(scenes, project, countMax, in: transaction)
        cleared += try clear(scenesByIndex, project, countMax - cleared, in: transaction)
        cleared += try clear(checkpoints, project, countMax - cleared, in: transaction)
        return cleared
    }

    private func clear<Key: TableKey, Value: TableValue>(
        _ table: Table<Key, Value>, _ project: ProjectNumber, _ countMax: Int,
        in transaction: borrowing WriteTransaction
    ) throws -> Int {
        guard countMax > 0 else { return 0 }
        var keys: [Key] = []
        try transaction.scan(table, prefix: project.keyBytes) { key, _ in
            keys.append(key)
            return keys.count < countMax
        }
        for key in keys { try transaction.delete(table, key) }
        return keys.count
    }
}
