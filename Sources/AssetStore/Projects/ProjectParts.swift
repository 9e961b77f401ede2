// What maintenance needs to know of scenes and checkpoints: clearing them away, and checking them.

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

extension Recount {
    /// Holds scenes against their order, and both and checkpoints against their projects.
    mutating func checkScenesAndCheckpoints(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        var knownSceneCount = 0
        try transaction.scan(catalog.scenes) { key, record in
            if isRemoved(key.project) { return true }
            knownSceneCount += 1
            let name = "scene \(key.scene)"
            if try transaction.get(catalog.projects, key.project) == nil {
                report.add(name, nil, "the record of its project is gone")
            }
            let place = PlacedSceneKey(key.project, record.scene(key.scene))
            if try transaction.get(catalog.scenesByIndex, place) == nil {
                report.add(name, nil, "the scenes' order does not list it")
            }
            return true
        }
        var placeCount = 0
        try transaction.scan(catalog.scenesByIndex) { key, _ in
            if !isRemoved(key.project) { placeCount += 1 }
            return true
        }
        try compareCount(of: "the order of scenes", placeCount, with: knownSceneCount)
        try transaction.scan(catalog.checkpoints) { key, _ in
            if isRemoved(key.project) { return true }
            guard let project = try transaction.get(catalog.projects, key.project) else {
                report.add(
                    "checkpoint \(key.number)", nil, "the record of its project is gone")
                return true
            }
            if key.number == 0 || key.number > project.checkpointSequence {
                report.add(
                    "project \(project.name)", nil,
                    "it has a checkpoint \(key.number), but counted "
                        + "\(project.checkpointSequence)")
            }
            return true
        }
    }
}
