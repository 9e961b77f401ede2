// Finding projects in a snapshot.

internal import Basics
internal import LMDB

extension Snapshot {
    /// A project, `nil` when it is not there. O(log n).
    public func project(_ name: String) throws -> Project? {
        guard let number = try catalog.project(named: name, in: transaction) else { return nil }
        return try project(number)
    }

    /// Calls `body` with projects, in the order of their names' bytes, until it returns false.
    ///
    /// - Parameters:
    ///   - status: only those that stand there.
    ///   - last: begin behind this name, which need not be there any more.
    /// - Complexity: O(projects from `last` on).
    public func forEachProject(
        status: ProjectStatus? = nil, after last: String? = nil, _ body: (Project) throws -> Bool
    ) throws {
        // A name that is too long to be one stands where its beginning does.
        let start = last.map { Array($0.utf8.prefix(Limits.nameByteCountMax)) + [0] }
        try transaction.scan(catalog.projectsByName, from: start) { _, found in
            guard let project = try project(found.project) else { return true }
            guard status == nil || project.status == status else { return true }
            return try body(project)
        }
    }

    /// The project of a number; `nil` when it was removed or is staged.
    func project(_ number: ProjectNumber) throws -> Project? {
        guard let record = try transaction.get(catalog.projects, number), !record.isStaged
        else { return nil }
        return record.project(usage: try catalog.usage(of: number, in: transaction))
    }
}
