// Adding and finding the checkpoints of a project.

internal import Basics
internal import LMDB

extension Store {
    /// Adds a checkpoint durably, and sets the project's stage and percentage with it, in one step.
    /// A project that was idle is in progress then.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when the project is not there,
    ///   ``AssetError/Code/cancelled`` when it was cancelled: whoever works on it is to stop;
    ///   ``AssetError/Code/invalidArgument``.
    @discardableResult
    public func addCheckpoint(
        _ description: CheckpointDescription, to project: String
    ) throws -> Checkpoint {
        try description.validate()
        return try committer.commitResult { [catalog] transaction, changes in
            let number = try catalog.requireProject(named: project, in: transaction)
            var checkpoint = Checkpoint.Record(description)
            let record = try catalog.update(number, in: transaction, changes) { record in
                guard record.description.status != .cancelled else {
                    throw AssetError(.cancelled, "project “\(project)” was cancelled")
                }
                if record.description.status == .idle { record.description.status = .inProgress }
                record.checkpointSequence += 1
                record.description.stage = description.stage
                record.description.percent = description.percent ?? record.description.percent
                checkpoint.description.percent = record.description.percent
            }
            let key = CheckpointKey(number, Int(record.checkpointSequence))
            try transaction.put(catalog.checkpoints, key, checkpoint)
            return checkpoint.checkpoint(key.number)
        }
    }

    /// A checkpoint of a project, `nil` when it is not there.
    public func checkpoint(_ number: Int, of project: String) throws -> Checkpoint? {
        try read { try $0.checkpoint(number, of: project) }
    }

    /// The newest checkpoint of a project, `nil` when it has none or is not there.
    public func latestCheckpoint(of project: String) throws -> Checkpoint? {
        try read { try $0.latestCheckpoint(of: project) }
    }

    /// The checkpoints of a project, the oldest first; none when it is not there. Many of them are
    /// better read one by one, by ``forEachCheckpoint(of:after:_:)``.
    public func checkpoints(of project: String) throws -> [Checkpoint] {
        var checkpoints: [Checkpoint] = []
        try forEachCheckpoint(of: project) {
            checkpoints.append($0)
            return true
        }
        return checkpoints
    }

    /// Calls `body` with the checkpoints of a project, the oldest first, until it returns false;
    /// see ``Snapshot/forEachCheckpoint(of:after:_:)``.
    public func forEachCheckpoint(
        of project: String, after last: Int = 0, _ body: (Checkpoint) throws -> Bool
    ) throws {
        try read { try $0.forEachCheckpoint(of: project, after: last, body) }
    }
}

extension Snapshot {
    /// A checkpoint of a project, `nil` when it is not there. O(log n).
    public func checkpoint(_ number: Int, of project: String) throws -> Checkpoint? {
        guard number > 0, let project = try catalog.project(named: project, in: transaction)
        else { return nil }
        return try transaction.get(catalog.checkpoints, CheckpointKey(project, number))?
            .checkpoint(UInt64(number))
    }

    /// The newest checkpoint of a project, `nil` when it has none or is not there. O(log n).
    public func latestCheckpoint(of project: String) throws -> Checkpoint? {
        guard let number = try catalog.project(named: project, in: transaction) else { return nil }
        return try catalog.latestCheckpoint(of: number, in: transaction)
    }

    /// Calls `body` with the checkpoints of a project, the oldest first, until it returns false.
    ///
    /// - Parameter last: begin behind this number.
    /// - Complexity: O(checkpoints from `last` on).
    public func forEachCheckpoint(
        of project: String, after last: Int = 0, _ body: (Checkpoint) throws -> Bool
    ) throws {
        guard let number = try catalog.project(named: project, in: transaction) else { return }
        let start = CheckpointKey(number, max(0, min(last, Int.max - 1)) + 1).keyBytes
        try transaction.scan(
            catalog.checkpoints, prefix: number.keyBytes, from: start
        ) { key, record in
            try body(record.checkpoint(key.number))
        }
    }
}

extension Catalog {
    func latestCheckpoint(
        of project: ProjectNumber, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Checkpoint? {
        try transaction.last(checkpoints, prefix: project.keyBytes).map { key, record in
            record.checkpoint(key.number)
        }
    }
}
