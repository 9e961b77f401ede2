// What is held against what: jobs, their sequences of frames and segments, and the indexes that lead
// to them.

internal import Basics
internal import LMDB

extension Inspection {
    func inspectFrames(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.frames, piece, in: transaction) { key, frame in
            try inspectRange(
                of: frame.location, RecordOwner(key), key.sequence.description, Int(key.index),
                in: transaction)
        }
    }

    func inspectSegments(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.segments, piece, in: transaction) { key, segment in
            try inspectRange(
                of: segment.location, RecordOwner(key), key.sequence.description, Int(key.index),
                in: transaction)
        }
    }

    /// Frames that no job has.
    func inspectFrameSequences(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try forEachSequence(of: catalog.frames, \.sequence, piece, in: transaction) { id in
            if let job = try jobWithoutFrames(described: id, in: transaction) {
                return note(job.description, nil, "its frames are not said to be its own") {
                    [catalog, identifiers] transaction, _ in
                    guard try transaction.get(catalog.jobFrames, job) == nil,
                        let record = try transaction.get(catalog.jobs, job)
                    else { return }
                    let sequence = SequenceRecord(
                        project: record.project, framesID: id,
                        segmentsID: identifiers.nextSequence())
                    // Its counters are made right when jobs are inspected.
                    try transaction.put(catalog.jobFrames, job, sequence)
                }
            }
            dismiss(id, "the frames of a sequence are no job's")
        }
    }

    /// Segments that no job has.
    func inspectSegmentSequences(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try forEachSequence(of: catalog.segments, \.sequence, piece, in: transaction) { id in
            dismiss(id, "the segments of a sequence are no job's")
        }
    }

    private func dismiss(_ id: SequenceID, _ reason: String) {
        note(id.description, nil, reason) { [catalog] transaction, _ in
            try transaction.put(
                catalog.removals, RemovalKey(id), RemovalRecord(removedAt: .now()))
        }
    }

    /// Calls `body` with the sequences that no job has and that are not being cleared away.
    private func forEachSequence<Key, Value>(
        of table: Table<Key, Value>, _ sequence: (Key) -> SequenceID, _ piece: Piece,
        in transaction: borrowing some Transaction & ~Copyable, _ body: (SequenceID) throws -> Void
    ) throws -> [UInt8]? {
        let owned = try ownedSequences(in: transaction)
        var (start, count) = (piece.start, 0)
        while count < piece.countMax {
            var found: SequenceID?
            try transaction.scan(table, from: start) { key, _ in
                found = sequence(key)
                return false
            }
            guard let found else { return nil }
            if !owned.contains(found) { try body(found) }
            // Behind every key of this sequence.
            start = found.keyBytes + [UInt8](repeating: 0xFF, count: 9)
            count += 1
        }
        return start
    }

    private func ownedSequences(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws -> Set<SequenceID> {
        if let ownedSequences { return ownedSequences }
        var owned: Set<SequenceID> = []
        try transaction.scan(catalog.jobFrames) { _, record in
            owned.insert(record.framesID)
            owned.insert(record.segmentsID)
            return true
        }
        try transaction.scan(catalog.removals) { key, _ in
            if key.kind == .sequence { owned.insert(SequenceID(high: key.high, low: key.low)) }
            return true
        }
        ownedSequences = owned
        return owned
    }

    /// The job that a frame of the sequence names in its pack, when that job has lost its frames.
    private func jobWithoutFrames(
        described id: SequenceID, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> JobID? {
        var location: PayloadLocation?
        try transaction.scan(catalog.frames, prefix: id.keyBytes) { _, record in
            location = record.location
            return false
        }
        guard let location, location.descriptionByteCount > 0,
            // Where that can't be read, nobody knows.
            case .frame(let job, _, _) = try? packReader.description(of: location),
            try transaction.get(catalog.jobs, job) != nil,
            try transaction.get(catalog.jobFrames, job) == nil
        else { return nil }
        return job
    }
}

extension Inspection {
    func inspectJobs(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.jobs, piece, in: transaction) { id, record in
            try require(
                StateJobKey(state: record.state.rawValue, job: id), in: catalog.jobsByState,
                id.description, "the index by state does not list it", transaction)
            try require(
                ProjectJobKey(project: record.project, job: id), in: catalog.jobsByProject,
                id.description, "the index by project does not list it", transaction)
            try inspectProject(record.project, of: id.description, in: transaction)
            try inspectSequence(of: id, record, in: transaction)
        }
    }

    private func inspectSequence(
        of id: JobID, _ record: Job.Record, in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        guard let sequence = try transaction.get(catalog.jobFrames, id) else {
            return note(id.description, nil, "it has no sequence of frames") {
                [catalog, identifiers] transaction, _ in
                try transaction.put(
                    catalog.jobFrames, id,
                    SequenceRecord(
                        project: record.project, framesID: identifiers.nextSequence(),
                        segmentsID: identifiers.nextSequence()))
            }
        }
        var counted = sequence
        counted.project = record.project
        counted.frames = Usage()
        try transaction.scan(catalog.frames, prefix: sequence.framesID.keyBytes) { _, frame in
            counted.frames = counted.frames + frame.location.usage(count: 1)
            return true
        }
        counted.segments = Usage()
        try transaction.scan(catalog.segments, prefix: sequence.segmentsID.keyBytes) { _, segment in
            counted.segments = counted.segments + segment.location.usage(count: 0)
            return true
        }
        guard counted != sequence else { return }
        let reason =
            counted.project == sequence.project
            ? "its counters say \(sequence.frames.count) frames, there are \(counted.frames.count)"
            : "its frames count for another project"
        note(id.description, nil, reason) { [catalog] transaction, _ in
            try transaction.put(catalog.jobFrames, id, counted)
        }
    }

    func inspectJobsByState(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.jobsByState, piece, in: transaction) { key, _ in
            if try transaction.get(catalog.jobs, key.job)?.state.rawValue == key.state { return }
            dismiss(key, of: catalog.jobsByState, "the index of jobs by state", key.job)
        }
    }

    func inspectJobsByProject(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.jobsByProject, piece, in: transaction) { key, _ in
            if try transaction.get(catalog.jobs, key.job)?.project == key.project { return }
            dismiss(key, of: catalog.jobsByProject, "the index of jobs by project", key.job)
        }
    }

    /// Sequences of jobs that are not there.
    func inspectJobFrames(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.jobFrames, piece, in: transaction) { id, record in
            if try transaction.get(catalog.jobs, id) != nil { return }
            note(id.description, nil, "there are frames of it, but it is not there") {
                [catalog] transaction, _ in
                try transaction.delete(catalog.jobFrames, id)
                for sequence in [record.framesID, record.segmentsID] {
                    try transaction.put(
                        catalog.removals, RemovalKey(sequence), RemovalRecord(removedAt: .now()))
                }
            }
        }
    }
}

extension SequenceID: CustomStringConvertible {
    var description: String { "sequence \(hex(high))\(hex(low))" }
}
