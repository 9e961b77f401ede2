// What a checkpoint of a project is.

public import Basics
internal import LMDB

/// What a caller says of a checkpoint it adds.
public struct CheckpointDescription: Equatable, Sendable {
    /// The stage that is complete, in the caller's own words; at most 255 bytes.
    public var stage: String
    /// How much of the stage is done, and of how much, in the caller's own unit: scenes, files, ….
    public var completedCount: Int
    public var totalCount: Int
    /// How far the whole project is, 0–100; `nil` for as far as it was.
    public var percent: Double?
    /// What was made, by what it is to the project: voice, cover, …. Together with ``jobs`` at most
    /// ``Limits/referenceCountMax``.
    public var assets: [String: AssetID]
    /// The jobs that make or made something, by what they are to the project.
    public var jobs: [String: JobID]
    /// JSON of the caller's own, at most ``Limits/parametersByteCountMax``.
    public var data: String?

    public init(
        stage: String, completedCount: Int = 0, totalCount: Int = 0, percent: Double? = nil,
        assets: [String: AssetID] = [:], jobs: [String: JobID] = [:], data: String? = nil
    ) {
        self.stage = stage
        self.completedCount = completedCount
        self.totalCount = totalCount
        self.percent = percent
        self.assets = assets
        self.jobs = jobs
        self.data = data
    }

    /// Checks every field against its limit.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``, naming the field.
    package func validate() throws(AssetError) {
        try validateText(
            stage, "a checkpoint's stage", byteCountMax: Limits.nameByteCountMax)
        guard completedCount >= 0, totalCount >= 0, completedCount <= totalCount else {
            throw AssetError(
                .invalidArgument,
                "\(completedCount) of \(totalCount) can't be done; a checkpoint has done from 0 to "
                    + "all there is")
        }
        try validatePercent(percent)
        try validateReferences(Array(assets.keys) + Array(jobs.keys), of: "a checkpoint")
        try validateText(
            data, "a checkpoint's data", byteCountMax: Limits.parametersByteCountMax)
    }
}

/// A checkpoint of a project: how far it had come, and what there was.
public struct Checkpoint: Equatable, Sendable {
    /// Its number within the project, from 1; later ones have higher numbers, also when some before
    /// them were dropped.
    public let number: Int
    /// Its percentage is that of the project when the checkpoint was added.
    public let description: CheckpointDescription
    public let createdAt: Timestamp

    package init(number: Int, description: CheckpointDescription, createdAt: Timestamp) {
        self.number = number
        self.description = description
        self.createdAt = createdAt
    }

    /// The value under which a checkpoint stands in the catalog.
    struct Record: TableValue, Equatable {
        var description: CheckpointDescription
        var createdAt: Timestamp

        init(_ description: CheckpointDescription) {
            self.description = description
            createdAt = .now()
        }

        func checkpoint(_ number: UInt64) -> Checkpoint {
            Checkpoint(number: Int(number), description: description, createdAt: createdAt)
        }

        func append(to value: inout ByteWriter) {
            value.append(UInt8(1))
            value.append(createdAt.millisecondsSinceEpoch)
            value.append(Int64(description.completedCount))
            value.append(Int64(description.totalCount))
            value.append(description.stage)
            value.append(optional: description.percent)
            value.append(optional: description.data)
            value.append(UInt32(description.assets.count))
            value.append(UInt32(description.jobs.count))
            value.append(references: description.assets)
            value.append(references: description.jobs)
        }

        init(value: inout ByteReader) throws(AssetError) {
            try value.requireVersion(1)
            createdAt = Timestamp(millisecondsSinceEpoch: try value.integer())
            let completedCount = Int(try value.integer(upTo: UInt64(Int.max)))
            let totalCount = Int(try value.integer(upTo: UInt64(Int.max)))
            description = CheckpointDescription(
                stage: try value.string(), completedCount: completedCount, totalCount: totalCount)
            description.percent = try value.optional { reader throws(AssetError) in
                try reader.double()
            }
            description.data = try value.optionalString()
            let assetCount = try value.integer(UInt32.self)
            let jobCount = try value.integer(UInt32.self)
            description.assets = try value.references(count: assetCount)
            description.jobs = try value.references(count: jobCount)
        }
    }
}
