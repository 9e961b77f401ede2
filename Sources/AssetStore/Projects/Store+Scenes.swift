// Putting, finding, listing and removing the scenes of a project.

internal import Basics
internal import LMDB

extension Store {
    /// Stores a scene durably; one of the same id is replaced.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when the project is not there: what was removed
    ///   doesn't come back by a late scene of it; ``AssetError/Code/invalidArgument``.
    public func putScene(_ scene: ProjectScene, in project: String) throws {
        try scene.validate()
        try committer.commit { [catalog] transaction, changes in
            let number = try catalog.requireProject(named: project, in: transaction)
            let key = SceneKey(number, scene.id)
            if let old = try transaction.get(catalog.scenes, key) {
                try transaction.delete(
                    catalog.scenesByIndex, PlacedSceneKey(number, old.scene(scene.id)))
            }
            try transaction.put(catalog.scenes, key, ProjectScene.Record(scene))
            try transaction.put(catalog.scenesByIndex, PlacedSceneKey(number, scene), Presence())
            try catalog.update(number, in: transaction, changes) { _ in }
        }
    }

    /// A scene of a project, `nil` when it is not there.
    public func scene(_ id: String, of project: String) throws -> ProjectScene? {
        try read { try $0.scene(id, of: project) }
    }

    /// The scenes of a project in their order; none when it is not there. Many of them are better
    /// read one by one, by ``forEachScene(of:after:_:)``.
    public func scenes(of project: String) throws -> [ProjectScene] {
        var scenes: [ProjectScene] = []
        try forEachScene(of: project) {
            scenes.append($0)
            return true
        }
        return scenes
    }

    /// Calls `body` with the scenes of a project until it returns false; see
    /// ``Snapshot/forEachScene(of:after:_:)``.
    public func forEachScene(
        of project: String, after last: ProjectScene? = nil,
        _ body: (ProjectScene) throws -> Bool
    ) throws {
        try read { try $0.forEachScene(of: project, after: last, body) }
    }

    /// Removes a scene durably; says whether it was there. Its assets stay.
    @discardableResult
    public func removeScene(_ id: String, of project: String) throws -> Bool {
        try committer.commitResult { [catalog] transaction, changes in
            guard let number = try catalog.project(named: project, in: transaction),
                let old = try transaction.get(catalog.scenes, checking: SceneKey(number, id))
            else { return false }
            try transaction.delete(catalog.scenes, SceneKey(number, id))
            try transaction.delete(catalog.scenesByIndex, PlacedSceneKey(number, old.scene(id)))
            try catalog.update(number, in: transaction, changes) { _ in }
            return true
        }
    }
}

extension Snapshot {
    /// A scene of a project, `nil` when it is not there. O(log n).
    public func scene(_ id: String, of project: String) throws -> ProjectScene? {
        guard let number = try catalog.project(named: project, in: transaction) else { return nil }
        return try transaction.get(catalog.scenes, checking: SceneKey(number, id))?.scene(id)
    }

    /// Calls `body` with the scenes of a project in their order, until it returns false.
    ///
    /// - Parameter last: begin behind the place of this scene, which need not be there any more.
    /// - Complexity: O(scenes from `last` on).
    public func forEachScene(
        of project: String, after last: ProjectScene? = nil,
        _ body: (ProjectScene) throws -> Bool
    ) throws {
        guard let number = try catalog.project(named: project, in: transaction) else { return }
        try forEachScene(of: number, from: last.map { PlacedSceneKey(number, $0).keyBytes + [0] }) {
            try body($1)
        }
    }

    /// Calls `body` with scenes and their keys in the index by place.
    func forEachScene(
        of project: ProjectNumber, from start: [UInt8]?,
        _ body: (PlacedSceneKey, ProjectScene) throws -> Bool
    ) throws {
        try transaction.scan(
            catalog.scenesByIndex, prefix: project.keyBytes, from: start
        ) { key, _ in
            guard let record = try transaction.get(catalog.scenes, SceneKey(project, key.scene))
            else {
                throw AssetError(
                    .damaged, "the scenes' order lists scene “\(key.scene)”, which is gone")
            }
            return try body(key, record.scene(key.scene))
        }
    }
}

extension Transaction where Self: ~Copyable {
    /// A scene's record; `nil` also where no scene can have the id.
    fileprivate func get(
        _ scenes: Table<SceneKey, ProjectScene.Record>, checking key: SceneKey
    ) throws(AssetError) -> ProjectScene.Record? {
        guard (1...Limits.nameByteCountMax).contains(key.scene.utf8.count) else { return nil }
        return try get(scenes, key)
    }
}

extension Catalog {
    /// The number of a project that must be there.
    func requireProject(
        named name: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> ProjectNumber {
        guard let number = try project(named: name, in: transaction) else {
            throw AssetError(.inputMissing, "there is no project “\(name)”; make it first")
        }
        return number
    }
}
