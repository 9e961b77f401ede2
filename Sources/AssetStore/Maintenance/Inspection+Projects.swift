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
            try catalog.enter(
                ProjectRecord(
                    name: try name
                        ?? catalog.freeName(like: "recovered \(number.number)", in: transaction)),
                number, in: transaction, changes)
        }
    }

    func inspectProjects(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.projects, piece, in: transaction) { number, project in
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
