// Projects: their quotas, what they use, and removing them.

internal import Basics
internal import LMDB

extension Store {
    /// Sets the most stored bytes of a project, which is made when it is not there; `nil` for no
    /// limit. What is stored already stays, also when it is more.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``.
    public func setQuota(_ byteCount: Int?, ofProject name: String) throws {
        try validateProject(name)
        try validateQuota(byteCount)
        try committer.commit { [catalog] transaction, changes in
            let number = try changes.project(named: name, in: transaction)
            guard var record = try transaction.get(catalog.projects, number) else {
                throw AssetError(.damaged, "the record of project \(name) is gone")
            }
            record.quota = byteCount
            record.updatedAt = .now()
            try transaction.put(catalog.projects, number, record)
            changes.forgetProjects()
            changes.note(ChangeRecord(.updated, .project(number, name)))
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

    private func validateQuota(_ byteCount: Int?) throws(AssetError) {
        if let byteCount, byteCount < 0 {
            throw AssetError(.invalidArgument, "a quota can't be less than nothing")
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
    @discardableResult
    func noteRemoval(ofProject name: String) throws -> Bool {
        let wasThere = Monitor(false)
        try committer.commit { [catalog] transaction, changes in
            guard let number = try catalog.project(named: name, in: transaction) else { return }
            try transaction.delete(catalog.projectsByName, ProjectNameKey(name: name))
            try transaction.delete(catalog.projects, number)
            try transaction.put(
                catalog.removals, RemovalKey(number), RemovalRecord(removedAt: .now()))
            changes.forgetProjects()
            for namespace in Namespace.allCases {
                let usage = try changes.counter(
                    UsageKey(project: number, namespace: namespace), in: transaction)
                try changes.count(-usage, number, namespace, in: transaction)
                try changes.count(-usage.unstored, .wholeStore, namespace, in: transaction)
            }
            changes.note(ChangeRecord(.removed, .project(number, name)))
            wasThere.withLock { $0 = true }
        }
        return wasThere.withLock { $0 }
    }
}
