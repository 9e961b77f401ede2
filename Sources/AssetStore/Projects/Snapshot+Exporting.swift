// What an export needs to know beside what everybody may ask.

internal import Basics
internal import LMDB

/// A stored segment of a job.
package struct StoredSegment: Equatable, Sendable {
    package let track: UInt8
    package let index: Int
    package let byteCount: Int
}

extension Snapshot {
    /// Whether other assets may have the content of this one. O(log n).
    package func isShared(_ asset: Asset) throws -> Bool {
        (try transaction.get(catalog.contents, asset.content)?.referenceCount ?? 0) > 1
    }

    /// A job's stored segments, by track and index.
    package func segments(of job: JobID) throws -> [StoredSegment] {
        guard let sequence = try sequence(of: job) else { return [] }
        var found: [StoredSegment] = []
        let prefix = sequence.segmentsID.keyBytes
        try transaction.scan(catalog.segments, prefix: prefix) { key, record in
            found.append(
                StoredSegment(
                    track: key.track, index: Int(key.index),
                    byteCount: Int(record.location.byteCount)))
            return true
        }
        return found
    }

    /// The number of a project's newest checkpoint, also when that was dropped.
    package func checkpointSequence(of project: String) throws -> Int {
        guard let number = try catalog.project(named: project, in: transaction),
            let record = try transaction.get(catalog.projects, number)
        else { return 0 }
        return Int(record.checkpointSequence)
    }
}
