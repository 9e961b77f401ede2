// What the store knows of a job.

public import Basics
internal import LMDB

/// Where a job stands. Raw values are stored and never renumbered.
public enum JobState: UInt8, Sendable, CaseIterable {
    /// Waits for a worker: new or paused.
    case pending = 1
    /// Has a worker, or had one that died: see ``Store/isRunning(_:)``.
    case processing = 2
    /// Has done what it was to do.
    case complete = 3
    /// Has failed; its error says why.
    case error = 4
    /// Was given up.
    case cancelled = 5

    /// The name on the command line and in JSON.
    public var name: String { "\(self)" }

    /// The state of this name, `nil` when there is none.
    public init?(name: String) {
        guard let state = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = state
    }
}

/// What a caller says of a job it submits.
public struct JobDescription: Equatable, Sendable {
    /// The project it belongs to.
    public var project: String
    /// What it does: `render`, …
    public var kind: String
    /// What is to be done, as JSON, complete down to the versions of what does it: its hash is the
    /// job's identity.
    public var recipe: String
    /// What doesn't change the result, as JSON: where to put it, how many workers, …
    public var submission: String
    /// How many frames the job will store.
    public var frameCount: Int
    /// Which of its frames stay when it is complete.
    public var retention: FrameRetention

    public init(
        project: String, kind: String, recipe: String, submission: String, frameCount: Int,
        retention: FrameRetention = .untilComplete
    ) {
        self.project = project
        self.kind = kind
        self.recipe = recipe
        self.submission = submission
        self.frameCount = frameCount
        self.retention = retention
    }

    /// The kind of a job of which only frames were salvaged. The same work submitted again takes its
    /// place and goes on with its frames.
    public static let salvagedKind = "salvaged"

    /// The identity of this work.
    public var id: JobID {
        unsafe JobID(hashing: Array("\(project)\0\(kind)\0\(recipe)".utf8).span.bytes)
    }

    package func validate() throws(AssetError) {
        try validateProject(project)
        guard (1...Limits.nameByteCountMax).contains(kind.utf8.count), !kind.utf8.contains(0)
        else {
            throw AssetError(
                .invalidArgument,
                "a job's kind has 1–\(Limits.nameByteCountMax) bytes and no zero byte")
        }
        guard recipe.utf8.count <= Limits.parametersByteCountMax,
            submission.utf8.count <= Limits.parametersByteCountMax
        else {
            throw AssetError(
                .invalidArgument,
                "a job's recipe is longer than \(Limits.parametersByteCountMax) bytes")
        }
        guard retention.isValid else {
            throw AssetError(
                .invalidArgument,
                "a job can't keep \(retention) of its frames; choose a number from 1 to "
                    + "\(Limits.frameCountMax)")
        }
        guard (0...Limits.frameCountMax).contains(frameCount) else {
            throw AssetError(
                .invalidArgument,
                "a job has at most \(Limits.frameCountMax) frames, not \(frameCount); "
                    + "choose a shorter range or a lower frame rate")
        }
    }
}

/// A job in the store.
public struct Job: Equatable, Sendable, Identifiable {
    public let id: JobID
    public let description: JobDescription
    public let state: JobState
    /// How often a worker has begun it.
    public let attempt: Int
    /// When it was first submitted.
    public let createdAt: Timestamp
    /// When the last attempt began.
    public let startedAt: Timestamp?
    /// When it was completed, failed or was cancelled.
    public let completedAt: Timestamp?
    /// Why it failed, or why it waits.
    public let error: String?
    /// What it made.
    public let output: AssetID?
    /// Its stored frames.
    public let frames: Usage
    /// How often in a row its worker died without having stored anything new; see
    /// ``Store/requeueOrphans(ofProject:markingAsError:)``.
    public let crashCount: Int

    /// The value under which a job stands in the catalog.
    struct Record: TableValue, Equatable {
        /// Its project's name is empty: the number says which one it is.
        var description: JobDescription
        var project: ProjectNumber
        var state: JobState
        var attempt: UInt64
        var createdAt: Timestamp
        var startedAt: Timestamp?
        var completedAt: Timestamp?
        var error: String?
        var output: AssetID?
        var crashCount: UInt64 = 0
        /// The ``SequenceRecord/progress`` when the last attempt began.
        var progressAtStart: UInt64 = 0

        init(_ description: JobDescription, project: ProjectNumber) {
            self.description = description
            self.description.project = ""
            self.project = project
            state = .pending
            attempt = 0
            createdAt = .now()
        }

        func job(_ id: JobID, project name: String, frames: Usage) -> Job {
            var description = description
            description.project = name
            return Job(
                id: id, description: description, state: state, attempt: Int(attempt),
                createdAt: createdAt, startedAt: startedAt, completedAt: completedAt,
                error: error, output: output, frames: frames, crashCount: Int(crashCount))
        }
    }
}

extension Job.Record {
    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(state.rawValue)
        value.append(attempt)
        value.append(createdAt.millisecondsSinceEpoch)
        value.append(optional: startedAt?.millisecondsSinceEpoch)
        value.append(optional: completedAt?.millisecondsSinceEpoch)
        value.append(optional: error)
        value.append(optional: output?.high)
        value.append(optional: output?.low)
        value.append(project.number)
        value.append(description.kind)
        value.append(description.recipe)
        value.append(description.submission)
        value.append(Int64(description.frameCount))
        value.append(crashCount)
        value.append(progressAtStart)
        description.retention.append(to: &value)
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        guard let state = JobState(rawValue: try value.integer()) else {
            throw value.damaged("an unknown job state")
        }
        self.state = state
        attempt = try value.integer(upTo: 1 << 52)
        createdAt = Timestamp(millisecondsSinceEpoch: try value.integer())
        startedAt = try value.optionalTimestamp()
        completedAt = try value.optionalTimestamp()
        error = try value.optional { reader throws(AssetError) in try reader.string() }
        let high: UInt64? = try value.optional { reader throws(AssetError) in
            try reader.integer()
        }
        let low: UInt64? = try value.optional { reader throws(AssetError) in
            try reader.integer()
        }
        if let high, let low { output = AssetID(high: high, low: low) }
        project = ProjectNumber(number: try value.integer())
        description = JobDescription(
            project: "", kind: try value.string(), recipe: try value.string(),
            submission: try value.string(),
            frameCount: Int(try value.integer(upTo: UInt64(Limits.frameCountMax))))
        crashCount = try value.integer(upTo: 1 << 52)
        progressAtStart = try value.integer()
        description.retention = try FrameRetention(value: &value)
    }
}

extension ByteReader {
    fileprivate mutating func optionalTimestamp() throws(AssetError) -> Timestamp? {
        try optional { reader throws(AssetError) in
            Timestamp(millisecondsSinceEpoch: try reader.integer())
        }
    }
}
