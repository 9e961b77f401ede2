// Jobs, scenes and checkpoints of a staged project.

package import Basics
internal import LMDB

/// What a job from elsewhere says of itself.
package struct JobFacts: Equatable, Sendable {
    /// Its project is that which it will belong to.
    package var description: JobDescription
    package var state: JobState
    package var attempt: Int
    package var createdAt: Timestamp
    package var startedAt: Timestamp?
    package var completedAt: Timestamp?
    package var error: String?
    package var output: AssetID?

    package init(
        description: JobDescription, state: JobState, attempt: Int, createdAt: Timestamp,
        startedAt: Timestamp?, completedAt: Timestamp?, error: String?, output: AssetID?
    ) {
        self.description = description
        self.state = state
        self.attempt = attempt
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.error = error
        self.output = output
    }

    /// Checks every field against its limit.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``.
    package func validate() throws(AssetError) {
        try description.validate()
        guard (0...1 << 52).contains(attempt) else {
            throw AssetError(.invalidArgument, "a job can't have been begun \(attempt) times")
        }
        try validateText(error, "a job's error", byteCountMax: Limits.parametersByteCountMax)
    }
}

/// A job of a staged project, to which frames and segments may be added. Thread-safe.
package final class StagedJob: Sendable {
    /// What frames and segments are added by: with a ``FrameWriter``, and by
    /// ``JobLease/putSegment(track:index:_:)``.
    package let lease: JobLease
    private let isResumed: Bool

    fileprivate init(_ lease: JobLease, isResumed: Bool) {
        self.lease = lease
        self.isResumed = isResumed
    }

    /// Whether a frame is stored already.
    package func hasFrame(_ index: Int) throws -> Bool {
        guard isResumed else { return false }
        let (catalog, key) = (
            lease.store.catalog, FrameKey(sequence: lease.framesID, index: UInt64(index))
        )
        return try catalog.environment.read { try $0.get(catalog.frames, key) != nil }
    }

    /// Whether a segment is stored already.
    package func hasSegment(track: UInt8, index: Int) throws -> Bool {
        guard isResumed, let index = UInt32(exactly: index) else { return false }
        let (catalog, key) = (
            lease.store.catalog,
            SegmentKey(sequence: lease.segmentsID, track: track, index: index)
        )
        return try catalog.environment.read { try $0.get(catalog.segments, key) != nil }
    }
}

extension StagedProject {
    /// Adds a job, or finds it when it was added before.
    package func addJob(_ facts: JobFacts) throws -> StagedJob {
        var facts = facts
        facts.description.project = name
        try facts.validate()
        let published = facts.description
        // Not the identifier that it will have: somebody may make a project of that name meanwhile.
        var staged = facts.description
        staged.project = reservedName
        let id = staged.id
        var record = Job.Record(facts.description, project: number)
        record.state = facts.state
        record.attempt = UInt64(facts.attempt)
        record.createdAt = facts.createdAt
        record.startedAt = facts.startedAt
        record.completedAt = facts.completedAt
        record.error = facts.error
        record.output = facts.output
        let fresh = SequenceRecord(
            project: number, framesID: store.assetIDs.nextSequence(),
            segmentsID: store.assetIDs.nextSequence())
        let (catalog, number, final) = (store.catalog, number, record)
        let (sequence, wasThere) = try store.committer.commitResult { transaction, changes in
            if try changes.job(id, in: transaction)?.project == number {
                return (try changes.sequence(of: id, in: transaction), true)
            }
            _ = try changes.project(.staged(number), in: transaction)
            let state = final.state.rawValue
            try transaction.put(catalog.jobs, id, final)
            changes.setJob(id, final)
            try transaction.put(
                catalog.jobsByState, StateJobKey(state: state, job: id), Presence())
            try transaction.put(
                catalog.jobsByProject, ProjectJobKey(project: number, job: id), Presence())
            try changes.setSequence(of: id, fresh, in: transaction)
            try changes.countBoth(Usage(count: 1), number, .jobs, in: transaction)
            return (fresh, false)
        }
        let lease = JobLease(
            store: store, job: id, attempt: UInt64(facts.attempt), project: reservedName,
            sequence: sequence, lock: nil, published: (published.id, name))
        return StagedJob(lease, isResumed: wasThere)
    }

    /// Adds scenes; those that are there already under their ids are replaced.
    package func putScenes(_ scenes: [ProjectScene]) throws {
        for scene in scenes { try scene.validate() }
        let (catalog, number) = (store.catalog, number)
        try store.committer.commit { transaction, changes in
            _ = try changes.project(.staged(number), in: transaction)
            for scene in scenes {
                let key = SceneKey(number, scene.id)
                if let old = try transaction.get(catalog.scenes, key) {
                    try transaction.delete(
                        catalog.scenesByIndex, PlacedSceneKey(number, old.scene(scene.id)))
                }
                try transaction.put(catalog.scenes, key, ProjectScene.Record(scene))
                try transaction.put(
                    catalog.scenesByIndex, PlacedSceneKey(number, scene), Presence())
            }
        }
    }

    /// Adds checkpoints; those that are there already under their numbers are replaced.
    package func putCheckpoints(_ checkpoints: [Checkpoint]) throws {
        for checkpoint in checkpoints { try checkpoint.description.validate() }
        let (catalog, number) = (store.catalog, number)
        try store.committer.commit { transaction, changes in
            _ = try changes.project(.staged(number), in: transaction)
            guard var project = try transaction.get(catalog.projects, number) else { return }
            for checkpoint in checkpoints {
                var record = Checkpoint.Record(checkpoint.description)
                record.createdAt = checkpoint.createdAt
                try transaction.put(
                    catalog.checkpoints, CheckpointKey(number, checkpoint.number), record)
                project.checkpointSequence = max(
                    project.checkpointSequence, UInt64(checkpoint.number))
            }
            try transaction.put(catalog.projects, number, project)
        }
    }

    /// How many scenes and checkpoints it has.
    package func partCounts() throws -> (scenes: Int, checkpoints: Int) {
        let catalog = store.catalog
        return try catalog.environment.read { transaction in
            var (scenes, checkpoints) = (0, 0)
            try transaction.scan(catalog.scenes, prefix: number.keyBytes) { _, _ in
                scenes += 1
                return true
            }
            try transaction.scan(catalog.checkpoints, prefix: number.keyBytes) { _, _ in
                checkpoints += 1
                return true
            }
            return (scenes, checkpoints)
        }
    }
}
