// Making, finding, changing and removing projects, and the quotas of projects and of the store.

internal import Basics
internal import LMDB

extension Store {
    /// Makes a project. Storing an asset or submitting a job makes its project too, when it is not
    /// there; this is for those who have something to say of it.
    ///
    /// - Throws: ``AssetError/Code/alreadyExists``, ``AssetError/Code/invalidArgument``.
    @discardableResult
    public func createProject(
        _ name: String, _ description: ProjectDescription = ProjectDescription()
    ) throws -> Project {
        try validateProject(name)
        try description.validate()
        return try committer.commitResult { [catalog] transaction, changes in
            guard try catalog.project(named: name, in: transaction) == nil else {
                throw AssetError(
                    .alreadyExists, "there is a project “\(name)” already; choose another name")
            }
            let record = ProjectRecord(name: name, description)
            let number = try catalog.insert(record, in: transaction)
            changes.note(ChangeRecord(.put, .project(number, name)))
            return record.project(usage: [:])
        }
    }

    /// A project, `nil` when it is not there.
    public func project(_ name: String) throws -> Project? { try read { try $0.project(name) } }

    /// The projects, or those that stand somewhere, by name. Many of them are better read one by
    /// one, by ``forEachProject(status:after:_:)``.
    public func projects(status: ProjectStatus? = nil) throws -> [Project] {
        var projects: [Project] = []
        try forEachProject(status: status) {
            projects.append($0)
            return true
        }
        return projects
    }

    /// Calls `body` with projects, by name, until it returns false; see
    /// ``Snapshot/forEachProject(status:after:_:)``.
    public func forEachProject(
        status: ProjectStatus? = nil, after last: String? = nil, _ body: (Project) throws -> Bool
    ) throws {
        try read { try $0.forEachProject(status: status, after: last, body) }
    }

    /// Changes what is said of a project and returns it as it is now; `nil` when it is not there.
    ///
    ///     try store.updateProject("demo") {
    ///         $0.stage = "images"
    ///         $0.percent = 65
    ///     }
    ///
    /// - Parameter body: depends on nothing but its argument; it may be called twice.
    /// - Throws: ``AssetError/Code/invalidArgument``; then nothing was changed.
    @discardableResult
    public func updateProject(
        _ name: String, _ body: @escaping @Sendable (inout ProjectDescription) -> Void
    ) throws -> Project? {
        try committer.commitResult { [catalog] transaction, changes in
            guard let number = try catalog.project(named: name, in: transaction) else {
                return nil
            }
            let record = try catalog.update(number, in: transaction, changes) { record in
                body(&record.description)
                try record.description.validate()
            }
            return try changes.project(number, record, in: transaction)
        }
    }

    /// Sets the most stored bytes of a project, which is made when it is not there; `nil` for no
    /// limit. What is stored already stays, also when it is more.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``.
    public func setQuota(_ byteCount: Int?, ofProject name: String) throws {
        try validateProject(name)
        try validateQuota(byteCount)
        try committer.commit { [catalog] transaction, changes in
            let number = try changes.project(named: name, in: transaction)
            try catalog.update(number, in: transaction, changes) {
                $0.description.quota = byteCount
            }
        }
    }

    /// Sets the most stored bytes of the whole store; `nil` for no limit. What is stored already
    /// stays, also when it is more.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``.
    public func setQuota(_ byteCount: Int?) throws {
        try validateQuota(byteCount)
        try committer.commit { [catalog] transaction, changes in
            guard var record = try transaction.get(catalog.store, StoreKey()) else {
                throw AssetError(.damaged, "the store's own record is gone")
            }
            record.quota = byteCount.map { UInt64($0) }
            try transaction.put(catalog.store, StoreKey(), record)
            changes.forgetProjects()
        }
    }

    /// Removes a project with everything in it. It is gone at once, for every process; what it took
    /// is given back before this returns, in transactions of bounded size. Says whether it was
    /// there. A worker of one of its jobs learns with its next write.
    ///
    /// - Complexity: O(assets and frames of the project).
    @discardableResult
    public func removeProject(_ name: String) throws -> Bool {
        let wasThere = try noteRemoval(ofProject: name)
        try clearRemovals()
        return wasThere
    }

    /// Takes a project out of sight; what it takes is yet to be cleared away.
    ///
    /// - Parameter condition: looks at the project in the same transaction; when it says false, the
    ///   project stays.
    @discardableResult
    func noteRemoval(
        ofProject name: String,
        if condition:
            @escaping @Sendable (
                ProjectNumber, ProjectRecord, borrowing WriteTransaction, ChangeSet
            ) throws -> Bool = { _, _, _, _ in true }
    ) throws -> Bool {
        try committer.commitResult { [catalog] transaction, changes in
            guard let number = try catalog.project(named: name, in: transaction) else {
                return false
            }
            guard let record = try transaction.get(catalog.projects, number) else {
                throw AssetError(.damaged, "the record of project \(name) is gone")
            }
            guard try condition(number, record, transaction, changes) else { return false }
            try transaction.delete(catalog.projectsByName, ProjectNameKey(name: name))
            try transaction.delete(
                catalog.projectsByStatus, StatusProjectKey(record.description.status, number))
            try transaction.delete(catalog.projects, number)
            try catalog.noteRemoval(of: number, in: transaction, changes)
            changes.note(ChangeRecord(.removed, .project(number, name)))
            return true
        }
    }
}

extension Catalog {
    /// Notes that what a project without a record holds is to be cleared away, and counts for
    /// nothing any more.
    func noteRemoval(
        of number: ProjectNumber, in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws {
        try transaction.put(removals, RemovalKey(number), RemovalRecord(removedAt: .now()))
        changes.forgetProjects()
        for namespace in Namespace.allCases {
            let usage = try changes.counter(
                UsageKey(project: number, namespace: namespace), in: transaction)
            try changes.count(-usage, number, namespace, in: transaction)
            try changes.count(-usage.unstored, .wholeStore, namespace, in: transaction)
        }
    }
}
