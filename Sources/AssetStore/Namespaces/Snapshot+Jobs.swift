// Finding jobs in a snapshot.

internal import Basics
internal import LMDB

extension Snapshot {
    /// A job, `nil` when it is not there. O(log n), progress included.
    public func job(_ id: JobID) throws -> Job? {
        guard let record = try transaction.get(catalog.jobs, id),
            let project = try name(of: record.project)
        else { return nil }
        return record.job(
            id, project: project,
            frames: try transaction.get(catalog.jobFrames, id)?.frames ?? Usage())
    }

    /// The jobs of a project, in a state, or all, by age.
    ///
    /// - Complexity: O(jobs of the project, or in the state, or all).
    public func jobs(project: String? = nil, state: JobState? = nil) throws -> [Job] {
        var ids: [JobID] = []
        if let project {
            guard let number = try catalog.project(named: project, in: transaction) else {
                return []
            }
            try transaction.scan(catalog.jobsByProject, prefix: number.keyBytes) { key, _ in
                ids.append(key.job)
                return true
            }
        } else {
            let prefix = state.map { [$0.rawValue] } ?? []
            try transaction.scan(catalog.jobsByState, prefix: prefix) { key, _ in
                ids.append(key.job)
                return true
            }
        }
        return try ids.compactMap { try job($0) }
            .filter { state == nil || $0.state == state }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }
}
