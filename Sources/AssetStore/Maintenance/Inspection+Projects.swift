// What is held against what: projects, their names, and the numbers that are given next.

internal import Basics
internal import LMDB

extension Inspection {
    /// The newest pack's and project's number must be no less than any that is in use: a number that
    /// is given twice would be two things.
    func inspectSequenceNumbers(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        guard let record = try transaction.get(catalog.store, StoreKey()) else {
            throw AssetError(.damaged, "the store's own record is gone")
        }
        var mended = record
        let pack = try transaction.last(catalog.packs, prefix: [])?.key.number ?? 0
        let held = try transaction.last(catalog.extents, prefix: [])?.key.pack.number ?? 0
        let project = try transaction.last(catalog.projects, prefix: [])?.key.number ?? 0
        // Larger ones can't have been given.
        for number in [pack, held] where number < 1 << 60 {
            mended.packSequence = max(mended.packSequence, number)
        }
        if project < 1 << 60 { mended.projectSequence = max(mended.projectSequence, project) }
        guard mended != record else { return nil }
        note("the store", nil, "the number that it would give to a new pack or project is in use") {
            [catalog] transaction, _ in
            try transaction.put(catalog.store, StoreKey(), mended)
        }
        return nil
    }

    /// Requires a project to be there, or to be one that is being cleared away.
    func inspectProject(
        _ number: ProjectNumber, of id: String,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        guard try transaction.get(catalog.projects, number) == nil,
            try transaction.get(catalog.removals, RemovalKey(number)) == nil,
            missingProjects.insert(number).inserted
        else { return }
        note(id, nil, "the record of its project is gone") { [catalog] transaction, changes in
            guard try transaction.get(catalog.projects, number) == nil else { return }
            var name: String?
            // The index may remember what it was called.
            try transaction.scan(catalog.projectsByName) { key, record in
                if record.project == number { name = key.name }
                return name == nil
            }
            var record = ProjectRecord(
                name: try name
                    ?? catalog.freeName(like: "recovered \(number.number)", in: transaction))
            record.checkpointSequence =
                try transaction.last(catalog.checkpoints, prefix: number.keyBytes)?.key.number ?? 0
            try catalog.enter(record, number, in: transaction, changes)
        }
    }

    func inspectProjects(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.projects, piece, in: transaction) { number, project in
            if !project.isStaged {
                try require(
                    StatusProjectKey(project.description.status, number),
                    in: catalog.projectsByStatus, "project \(project.name)",
                    "the index by status does not list it", transaction)
            }
            let key = ProjectNameKey(name: project.name)
            let named = try transaction.get(catalog.projectsByName, key)?.project
            if named == number { return }
            note("project \(project.name)", nil, "its name does not lead to it") {
                [catalog] transaction, changes in
                var project = project
                if let named, named != number,
                    try transaction.get(catalog.projects, named)?.name == project.name
                {
                    // Two have the name; the one that it leads to keeps it.
                    project.name = try catalog.freeName(
                        like: "\(project.name.prefix(50)) \(number.number)", in: transaction)
                }
                try catalog.enter(project, number, in: transaction, changes)
            }
        }
    }

    func inspectProjectsByName(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.projectsByName, piece, in: transaction) { key, record in
            if try transaction.get(catalog.projects, record.project)?.name == key.name { return }
            note("project \(key.name)", nil, "there is none of this name") {
                [catalog] transaction, _ in
                try transaction.delete(catalog.projectsByName, key)
            }
        }
    }
}

extension Inspection {
    func inspectProjectsByStatus(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.projectsByStatus, piece, in: transaction) { key, _ in
            let project = try transaction.get(catalog.projects, key.project)
            if let project, !project.isStaged,
                project.description.status.rawValue == key.status
            {
                return
            }
            dismiss(
                key, of: catalog.projectsByStatus, "the index of projects by status",
                "project \(key.project.number)")
        }
    }

    func inspectScenes(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.scenes, piece, in: transaction) { key, record in
            let name = "scene \(key.scene)"
            if try isRemoved(key.project, in: transaction) { return }
            try inspectProject(key.project, of: name, in: transaction)
            try require(
                PlacedSceneKey(key.project, record.scene(key.scene)), in: catalog.scenesByIndex,
                name, "the scenes' order does not list it", transaction)
        }
    }

    func inspectScenesByIndex(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.scenesByIndex, piece, in: transaction) { key, _ in
            // A scene that is being cleared away goes before its place.
            if try isRemoved(key.project, in: transaction) { return }
            if let record = try transaction.get(
                catalog.scenes, SceneKey(key.project, key.scene)),
                PlacedSceneKey(key.project, record.scene(key.scene)).keyBytes == key.keyBytes
            {
                return
            }
            dismiss(key, of: catalog.scenesByIndex, "the order of scenes", "scene \(key.scene)")
        }
    }

    func inspectCheckpoints(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.checkpoints, piece, in: transaction) { key, _ in
            if try isRemoved(key.project, in: transaction) { return }
            let name = "checkpoint \(key.number)"
            guard let project = try transaction.get(catalog.projects, key.project) else {
                return try inspectProject(key.project, of: name, in: transaction)
            }
            if (1...max(1, project.checkpointSequence)).contains(key.number),
                project.checkpointSequence > 0
            {
                return
            }
            let reason = "project \(project.name) counted \(project.checkpointSequence) of them"
            guard key.number > 0 else { return note(name, nil, reason) }
            note(name, nil, reason) { [catalog] transaction, _ in
                // One that was mended before counts.
                guard var project = try transaction.get(catalog.projects, key.project),
                    project.checkpointSequence < key.number
                else { return }
                project.checkpointSequence = key.number
                try transaction.put(catalog.projects, key.project, project)
            }
        }
    }

    private func isRemoved(
        _ project: ProjectNumber, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Bool {
        try transaction.get(catalog.removals, RemovalKey(project)) != nil
    }
}

extension Catalog {
    /// Enters a project under a number that it has already.
    fileprivate func enter(
        _ record: ProjectRecord, _ number: ProjectNumber,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws(AssetError) {
        if var store = try transaction.get(store, StoreKey()),
            store.projectSequence < number.number,
            number.number < 1 << 60
        {
            store.projectSequence = number.number
            try transaction.put(self.store, StoreKey(), store)
        }
        try transaction.put(projects, number, record)
        if !record.isStaged {
            try transaction.put(
                projectsByStatus, StatusProjectKey(record.description.status, number),
                Presence())
        }
        try transaction.put(
            projectsByName, ProjectNameKey(name: record.name), ProjectNumberRecord(project: number))
        changes.forgetProjects()
        changes.note(ChangeRecord(.put, .project(number, record.name)))
    }

    /// A name that no project has.
    fileprivate func freeName(
        like name: String, in transaction: borrowing WriteTransaction
    ) throws(AssetError) -> String {
        var (candidate, count) = (name, 1)
        while try project(named: candidate, in: transaction) != nil {
            count += 1
            candidate = "\(name) (\(count))"
        }
        return candidate
    }
}
