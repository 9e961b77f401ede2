// Reading a job's frames and segments, each call in a snapshot of its own.

extension Store {
    /// What is known of frame `index` of a job, `nil` when it is not stored.
    public func frame(_ index: Int, of job: JobID) throws -> StoredFrame? {
        try read { try $0.frame(index, of: job) }
    }

    /// Lends the bytes of frame `index` of a job; see ``Snapshot/withFrame(_:of:_:)``.
    public func withFrame<Result>(
        _ index: Int, of job: JobID, _ body: (StoredFrame, RawSpan) throws -> Result
    ) throws -> Result? {
        try read { try $0.withFrame(index, of: job, body) }
    }

    /// Calls `body` with what is known of a job's stored frames; see
    /// ``Snapshot/forEachFrame(of:from:_:)``.
    public func forEachFrame(
        of job: JobID, from first: Int = 0, _ body: (StoredFrame) throws -> Bool
    ) throws {
        try read { try $0.forEachFrame(of: job, from: first, body) }
    }

    /// The indexes below `count` that are not stored, as ranges in order.
    public func missingFrames(of job: JobID, count: Int) throws -> [Range<Int>] {
        try read { try $0.missingFrames(of: job, count: count) }
    }

    /// The indexes of a track's stored segments, in order.
    public func segmentIndexes(of job: JobID, track: UInt8) throws -> [Int] {
        try read { try $0.segmentIndexes(of: job, track: track) }
    }

    /// Lends the bytes of a segment; see ``Snapshot/withSegment(track:index:of:_:)``.
    public func withSegment<Result>(
        track: UInt8, index: Int, of job: JobID, _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        try read { try $0.withSegment(track: track, index: index, of: job, body) }
    }
}
