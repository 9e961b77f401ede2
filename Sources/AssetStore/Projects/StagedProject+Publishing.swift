// A staged project becomes one that everybody sees, in one transaction.

package import Basics
internal import LMDB

/// What a project that is published says of itself beside its name.
package struct PublishedProject: Equatable, Sendable {
    package var description: ProjectDescription
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var completedAt: Timestamp?
    /// The number of its newest checkpoint, also when that was dropped.
    package var checkpointSequence: Int

    package init(
        description: ProjectDescription = ProjectDescription(), createdAt: Timestamp = .now(),
        updatedAt: Timestamp = .now(), completedAt: Timestamp? = nil, checkpointSequence: Int = 0
    ) {
        self.description = description
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.completedAt = completedAt
        self.checkpointSequence = checkpointSequence
    }

    /// Checks every field against its limit.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``.
    package func validate() throws(AssetError) {
        try description.validate()
        guard (0..<Int.max).contains(checkpointSequence) else {
            throw AssetError(.invalidArgument, "a project can't have counted so many checkpoints")
        }
    }
}

extension StagedProject {
    /// Lets everybody see the project, under ``name``. Its quota holds from now on; what is stored
    /// already stays. The staged project is no more.
    ///
    /// - Throws: ``AssetError/Code/alreadyExists`` when there is such a project; then it stays
    ///   staged. ``AssetError/Code/cancelled`` when it was discarded.
    /// - Complexity: O(jobs of the project) in one transaction.
    package func publish(_ published: PublishedProject) throws {
        try published.validate()
        let (catalog, number, name, reservedName) = (store.catalog, number, name, reservedName)
        try store.committer.commit { transaction, changes in
            guard var record = try transaction.get(catalog.projects, number), record.isStaged
            else { throw AssetError(.cancelled, "what was to become “\(name)” was discarded") }
            guard try catalog.project(named: name, in: transaction) == nil else {
                throw AssetError(.alreadyExists, "there is a project “\(name)” already")
            }
            record.name = name
            record.isStaged = false
            record.description = published.description
            record.createdAt = published.createdAt
            record.updatedAt = published.updatedAt
            record.completedAt = published.completedAt
            record.checkpointSequence = max(
                record.checkpointSequence, UInt64(published.checkpointSequence))
            try transaction.put(catalog.projects, number, record)
            try transaction.delete(catalog.projectsByName, ProjectNameKey(name: reservedName))
            try transaction.put(
                catalog.projectsByName, ProjectNameKey(name: name),
                ProjectNumberRecord(project: number))
            try transaction.put(
                catalog.projectsByStatus, StatusProjectKey(record.description.status, number),
                Presence())
            try catalog.nameJobs(of: number, name, in: transaction, changes)
            changes.forgetProjects()
            changes.note(ChangeRecord(.put, .project(number, name)))
        }
    }
}

extension Catalog {
    /// Gives the jobs of a project that is published the identifiers that follow from its name.
    fileprivate func nameJobs(
        of number: ProjectNumber, _ name: String, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws {
        var staged: [JobID] = []
        try transaction.scan(jobsByProject, prefix: number.keyBytes) { key, _ in
            staged.append(key.job)
            return true
        }
        for old in staged {
            guard let record = try changes.job(old, in: transaction) else {
                throw AssetError(.damaged, "a staged project lists job \(old), which is gone")
            }
            var description = record.description
            description.project = name
            let new = description.id
            if try changes.job(new, in: transaction) != nil {
                // What is left of a project of this name that was removed.
                try remove(new, ofRemovedProject: true, in: transaction, changes)
            }
            let sequence = try changes.sequence(of: old, in: transaction)
            let state = record.state.rawValue
            try transaction.delete(jobs, old)
            try transaction.delete(jobsByState, StateJobKey(state: state, job: old))
            try transaction.delete(jobsByProject, ProjectJobKey(project: number, job: old))
            try changes.setSequence(of: old, nil, in: transaction)
            changes.setJob(old, nil)
            try transaction.put(jobs, new, record)
            try transaction.put(jobsByState, StateJobKey(state: state, job: new), Presence())
            try transaction.put(
                jobsByProject, ProjectJobKey(project: number, job: new), Presence())
            try changes.setSequence(of: new, sequence, in: transaction)
            changes.setJob(new, record)
        }
    }
}
