// Reading a job's frames and segments in a snapshot.

internal import Basics
internal import LMDB

/// A frame in the store.
public struct StoredFrame: Equatable, Sendable {
    /// Its number, from 0.
    public let index: Int
    /// Codec and size, as they were given.
    public let facts: FrameFacts
    /// The length of its bytes.
    public let byteCount: Int
    /// The bytes that it takes in a pack, record header aside.
    public let storedByteCount: Int
    /// XXH3-64 of its stored bytes.
    public let checksum: UInt64
}

extension Snapshot {
    /// What is known of frame `index` of a job, `nil` when it is not stored.
    public func frame(_ index: Int, of job: JobID) throws -> StoredFrame? {
        guard index >= 0, let sequence = try sequence(of: job) else { return nil }
        let key = FrameKey(sequence: sequence.framesID, index: UInt64(index))
        return try transaction.get(catalog.frames, key)?.frame(index)
    }

    /// Lends the bytes of frame `index` of a job from the mapped pack, checked. `nil` when it is
    /// not stored.
    ///
    /// - Throws: ``AssetError/Code/damaged`` naming the job and the frame; what `body` throws.
    public func withFrame<Result>(
        _ index: Int, of job: JobID, _ body: (StoredFrame, RawSpan) throws -> Result
    ) throws -> Result? {
        guard index >= 0, let sequence = try sequence(of: job) else { return nil }
        let key = FrameKey(sequence: sequence.framesID, index: UInt64(index))
        guard let record = try transaction.get(catalog.frames, key) else { return nil }
        return try store.packReader.withPayload(
            at: record.location, subject: "frame \(index) of job \(job)"
        ) { try body(record.frame(index), $0) }
    }

    /// Calls `body` with what is known of a job's stored frames, in order, until it returns false.
    ///
    /// - Parameter first: begin at this index.
    /// - Complexity: O(stored frames of the job from `first` on).
    public func forEachFrame(
        of job: JobID, from first: Int = 0, _ body: (StoredFrame) throws -> Bool
    ) throws {
        guard let sequence = try sequence(of: job) else { return }
        let start = FrameKey(sequence: sequence.framesID, index: UInt64(max(0, first)))
        try transaction.scan(
            catalog.frames, prefix: sequence.framesID.keyBytes, from: start.keyBytes
        ) { key, record in
            try body(record.frame(Int(key.index)))
        }
    }

    /// The indexes below `count` that are not stored, as ranges in order.
    ///
    /// - Complexity: O(stored frames of the job) in time, O(gaps) in memory.
    public func missingFrames(of job: JobID, count: Int) throws -> [Range<Int>] {
        var missing: [Range<Int>] = []
        var next = 0
        try forEachFrame(of: job) { frame in
            if frame.index > next { missing.append(next..<min(frame.index, count)) }
            next = frame.index + 1
            return next < count
        }
        if next < count { missing.append(next..<count) }
        return missing
    }

    /// The indexes of a track's stored segments, in order.
    public func segmentIndexes(of job: JobID, track: UInt8) throws -> [Int] {
        guard let sequence = try sequence(of: job) else { return [] }
        var indexes: [Int] = []
        let prefix = sequence.segmentsID.keyBytes + [track]
        try transaction.scan(catalog.segments, prefix: prefix) { key, _ in
            indexes.append(Int(key.index))
            return true
        }
        return indexes
    }

    /// Lends the bytes of a segment, checked. `nil` when it is not stored.
    ///
    /// - Throws: ``AssetError/Code/damaged`` naming the job and the segment; what `body` throws.
    public func withSegment<Result>(
        track: UInt8, index: Int, of job: JobID, _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        guard let index = UInt32(exactly: index), let sequence = try sequence(of: job) else {
            return nil
        }
        let key = SegmentKey(sequence: sequence.segmentsID, track: track, index: index)
        guard let record = try transaction.get(catalog.segments, key) else { return nil }
        return try store.packReader.withPayload(
            at: record.location,
            subject: "segment \(index) of track \(track) of job \(job)", body)
    }

    /// Where a job's frames and segments stand; `nil` when there is no such job.
    func sequence(of job: JobID) throws -> SequenceRecord? {
        guard let record = try transaction.get(catalog.jobFrames, job),
            try name(of: record.project) != nil
        else { return nil }
        return record
    }
}

extension FrameRecord {
    func frame(_ index: Int) -> StoredFrame {
        StoredFrame(
            index: index,
            facts: FrameFacts(codec: codec, width: Int(width), height: Int(height)),
            byteCount: Int(location.byteCount), storedByteCount: Int(location.storedByteCount),
            checksum: location.checksum)
    }
}
