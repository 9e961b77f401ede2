// What a store is to hold, in memory and as simply as can be.

package import AssetStore
internal import Basics

/// The model of a store: everything its API promises to tell, and nothing of how.
package struct ModelStore: Sendable {
    package struct Asset: Sendable {
        var description: AssetDescription
        var content: Int
        var storedByteCount: Int
    }

    /// Bytes that one or several assets have. They count where they came first.
    package struct Content: Sendable {
        var namespace: Namespace
        var storedByteCount: Int
        var referenceCount: Int
    }

    package struct Project: Sendable {
        var description = ProjectDescription()
        var scenes: [String: ProjectScene] = [:]
        var checkpoints: [Int: CheckpointDescription] = [:]
        var checkpointSequence = 0
    }

    package struct SegmentKey: Hashable, Sendable {
        var track: UInt8
        var index: Int
    }

    package struct Job: Sendable {
        var description: JobDescription
        var state = JobState.pending
        var attempt = 0
        var error: String?
        var output: AssetID?
        var crashCount = 0
        var progressAtStart = 0
        var frames: [Int: Int] = [:]
        var segments: [SegmentKey: Int] = [:]

        /// Grows with whatever new is stored.
        var progress: Int {
            frames.count + segments.values.reduce(0) { $0 + ModelContent.bytes($1).count }
        }

        mutating func noteCrash() {
            crashCount = progress > progressAtStart ? 0 : crashCount + 1
        }
    }

    package struct Worker: Sendable {
        var attempt: Int
        var project: String
    }

    /// What a job says for itself in words that are the store's.
    package static let someError = "(the store's words)"

    package var quota: Int?
    package var projects: [String: Project] = [:]
    package var assets: [AssetID: Asset] = [:]
    package var contents: [Int: Content] = [:]
    package var jobs: [JobID: Job] = [:]
    /// The jobs that a living worker has; they may be gone or cancelled.
    package var workers: [JobID: Worker] = [:]
    /// What the change feed is to tell since somebody last looked.
    package var changes: Set<Change> = []

    package init() {}

    /// What a project holds, by namespace; without those that hold nothing.
    package func usage(of project: String) -> [Namespace: Usage] {
        var all: [Namespace: Usage] = [:]
        for asset in assets.values where asset.description.project == project {
            all[asset.description.namespace, default: Usage()] += Usage(
                count: 1, byteCount: ModelContent.bytes(asset.content).count,
                storedByteCount: asset.storedByteCount)
        }
        for job in jobs.values where job.description.project == project {
            all[.jobs, default: Usage()] += Usage(count: 1)
            for content in job.frames.values {
                all[.frames, default: Usage()] += Self.usage(content, count: 1)
            }
            for content in job.segments.values {
                all[.jobs, default: Usage()] += Self.usage(content, count: 0)
            }
        }
        return all
    }

    /// What the store holds, by namespace: bytes that several assets have take room once.
    package func usage() -> [Namespace: Usage] {
        var all: [Namespace: Usage] = [:]
        for project in projects.keys { all.merge(usage(of: project), uniquingKeysWith: +) }
        for namespace in Namespace.assetNamespaces { all[namespace]?.storedByteCount = 0 }
        for content in contents.values {
            all[content.namespace, default: Usage()].storedByteCount += content.storedByteCount
        }
        return all.filter { $0.value != Usage() }
    }

    private static func usage(_ content: Int, count: Int) -> Usage {
        let byteCount = ModelContent.bytes(content).count
        return Usage(count: count, byteCount: byteCount, storedByteCount: byteCount)
    }

    /// How a quota refuses some more bytes; `nil` when it does not.
    ///
    /// - Parameter isStored: whether the bytes are in the store already, for another project.
    package func refusal(_ byteCount: Int, _ project: String, isStored: Bool = false) -> Outcome? {
        guard byteCount > 0 else { return nil }
        var limits: [(limit: Int, usage: [Namespace: Usage])] = []
        if !isStored, let quota { limits.append((quota, usage())) }
        if let quota = projects[project]?.description.quota {
            limits.append((quota, usage(of: project)))
        }
        for (limit, usage) in limits {
            let left = limit - usage.values.reduce(0) { $0 + $1.storedByteCount }
            if byteCount > left { return .quotaExceeded(left: max(0, left), needed: byteCount) }
        }
        return nil
    }

    package func hasQuota(_ project: String?) -> Bool {
        quota != nil || project.map { projects[$0]?.description.quota != nil } ?? false
    }

    /// The jobs whose frames eviction takes.
    package func evictable(_ project: String?) -> [JobID] {
        jobs.filter { id, job in
            [.complete, .cancelled].contains(job.state) && !job.frames.isEmpty
                && workers[id] == nil && (project == nil || job.description.project == project)
        }.map(\.key).sorted()
    }

    /// The process went away, or the store was closed.
    package mutating func loseWorkers() { workers = [:] }
}

package func += (left: inout Usage, right: Usage) { left = left + right }
