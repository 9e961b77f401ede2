// The values of the catalog's tables that are not seen from outside. Each begins with a version
// byte. docs/format.md has the layouts.

package import Basics
internal import LMDB

/// What the store says of itself.
struct StoreRecord: TableValue, Equatable {
    /// Rises when older versions could not read the store any more.
    static let formatVersion: UInt32 = 2

    var formatVersion: UInt32
    var storeID: AssetID
    var createdAt: Timestamp
    /// The most payload bytes the store may hold; `nil` for no limit.
    var quota: UInt64?
    /// The number of the newest pack.
    var packSequence: UInt64
    /// The number of the newest project.
    var projectSequence: UInt64

    func append(to value: inout ByteWriter) {
        value.append(formatVersion)
        value.append(storeID.high)
        value.append(storeID.low)
        value.append(createdAt.millisecondsSinceEpoch)
        value.append(optional: quota)
        value.append(packSequence)
        value.append(projectSequence)
    }

    init(formatVersion: UInt32, storeID: AssetID, createdAt: Timestamp, quota: UInt64?) {
        self.formatVersion = formatVersion
        self.storeID = storeID
        self.createdAt = createdAt
        self.quota = quota
        self.packSequence = 0
        self.projectSequence = 0
    }

    init(value: inout ByteReader) throws(AssetError) {
        formatVersion = try value.integer()
        guard formatVersion == Self.formatVersion else {
            throw AssetError(
                .unsupportedFormat,
                "the store has format \(formatVersion), this version reads "
                    + "\(Self.formatVersion); use the version that wrote it")
        }
        storeID = AssetID(high: try value.integer(), low: try value.integer())
        createdAt = Timestamp(millisecondsSinceEpoch: try value.integer())
        quota = try value.optional { reader throws(AssetError) in
            try reader.integer(upTo: UInt64(Int.max))
        }
        packSequence = try value.integer(upTo: UInt64(Int.max - 1))
        projectSequence = try value.integer(upTo: UInt64(Int.max - 1))
    }
}

/// A part of a content after its first, or a segment of a sequence.
struct PayloadRecord: TableValue, Equatable {
    var location: PayloadLocation

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        location.append(to: &value)
    }

    init(location: PayloadLocation) { self.location = location }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        location = try PayloadLocation(value: &value)
    }
}

/// A frame of a sequence. The store keeps the codec's number and does not interpret it.
struct FrameRecord: TableValue, Equatable {
    var codec: UInt8
    var width: UInt32
    var height: UInt32
    var location: PayloadLocation

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(codec)
        value.append(width)
        value.append(height)
        location.append(to: &value)
    }

    init(codec: UInt8, width: UInt32, height: UInt32, location: PayloadLocation) {
        self.codec = codec
        self.width = width
        self.height = height
        self.location = location
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        codec = try value.integer()
        width = try value.integer()
        height = try value.integer()
        location = try PayloadLocation(value: &value)
    }
}

/// Stored bytes, and how many assets have them.
struct ContentRecord: TableValue, Equatable {
    /// How many assets have this content.
    var referenceCount: UInt64
    /// The namespace of the asset that brought it.
    var namespace: Namespace
    var byteCount: UInt64
    /// What it takes in packs.
    var storedByteCount: UInt64
    /// XXH3-128 of the bytes.
    var checksum: ContentChecksum
    /// Where part 0 lies; `nil` when there are no bytes.
    var firstPart: PayloadLocation?

    /// The number of parts that the bytes lie in.
    var partCount: Int {
        (Int(byteCount) + Limits.partByteCount - 1) / Limits.partByteCount
    }

    /// The usage of what the disk holds.
    var storedUsage: Usage { Usage(storedByteCount: Int(storedByteCount)) }

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(referenceCount)
        value.append(namespace.rawValue)
        value.append(byteCount)
        value.append(storedByteCount)
        value.append(checksum.high)
        value.append(checksum.low)
        value.append(UInt8(firstPart == nil ? 0 : 1))
        firstPart?.append(to: &value)
    }

    init(
        referenceCount: UInt64, namespace: Namespace, byteCount: UInt64, storedByteCount: UInt64,
        checksum: ContentChecksum, firstPart: PayloadLocation?
    ) {
        self.referenceCount = referenceCount
        self.namespace = namespace
        self.byteCount = byteCount
        self.storedByteCount = storedByteCount
        self.checksum = checksum
        self.firstPart = firstPart
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        referenceCount = try value.integer(upTo: UInt64(Int.max - 1))
        namespace = try value.namespace()
        byteCount = try value.byteCount()
        storedByteCount = try value.byteCount()
        checksum = ContentChecksum(high: try value.integer(), low: try value.integer())
        firstPart = try value.optional { reader throws(AssetError) in
            try PayloadLocation(value: &reader)
        }
    }
}

/// A job's stored frames and segments: under which identifiers they stand, and how much they are.
struct SequenceRecord: TableValue, Equatable {
    var project: ProjectNumber
    var framesID: SequenceID
    var frames: Usage
    var segmentsID: SequenceID
    var segments: Usage
    /// When it was last changed.
    var changedAt = Timestamp.now()

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(project.number)
        value.append(framesID.high)
        value.append(framesID.low)
        frames.append(to: &value)
        value.append(segmentsID.high)
        value.append(segmentsID.low)
        segments.append(to: &value)
        value.append(changedAt.millisecondsSinceEpoch)
    }

    init(project: ProjectNumber, framesID: SequenceID, segmentsID: SequenceID) {
        self.project = project
        self.framesID = framesID
        self.segmentsID = segmentsID
        frames = Usage()
        segments = Usage()
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        project = ProjectNumber(number: try value.integer())
        framesID = SequenceID(high: try value.integer(), low: try value.integer())
        frames = try Usage(value: &value)
        segmentsID = SequenceID(high: try value.integer(), low: try value.integer())
        segments = try Usage(value: &value)
        changedAt = Timestamp(millisecondsSinceEpoch: try value.integer())
    }
}

/// A project's number, under its name.
struct ProjectNumberRecord: TableValue, Equatable {
    var project: ProjectNumber

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(project.number)
    }

    init(project: ProjectNumber) { self.project = project }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        project = ProjectNumber(number: try value.integer())
    }
}

/// Since when something is being cleared away.
struct RemovalRecord: TableValue, Equatable {
    var removedAt: Timestamp
    /// Of frames that a complete job doesn't keep: the index from which on they may be there.
    var position: UInt64 = 0

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(removedAt.millisecondsSinceEpoch)
        value.append(position)
    }

    init(removedAt: Timestamp) { self.removedAt = removedAt }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        removedAt = Timestamp(millisecondsSinceEpoch: try value.integer())
        position = try value.integer()
    }
}

extension Usage: TableValue {
    package func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(Int64(count))
        value.append(Int64(byteCount))
        value.append(Int64(storedByteCount))
    }

    package init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        self.init(
            count: Int(try value.byteCount()), byteCount: Int(try value.byteCount()),
            storedByteCount: Int(try value.byteCount()))
    }
}

extension ByteReader {
    /// Reads an integer of 64 bits that is no larger than `limit`, so that reckoning with it can't
    /// overflow.
    mutating func integer(upTo limit: UInt64) throws(AssetError) -> UInt64 {
        let found = try integer(UInt64.self)
        guard found <= limit else { throw damaged("\(found) is more than there can be") }
        return found
    }

    /// Reads a number of bytes, or a place in a file: at most 4 PiB.
    mutating func byteCount() throws(AssetError) -> UInt64 { try integer(upTo: 1 << 52) }

    /// Reads a namespace's number.
    mutating func namespace() throws(AssetError) -> Namespace {
        guard let namespace = Namespace(rawValue: try integer()) else {
            throw damaged("an unknown namespace")
        }
        return namespace
    }

    /// Reads a record's version byte.
    mutating func requireVersion(_ version: UInt8) throws(AssetError) {
        let found = try integer(UInt8.self)
        guard found == version else {
            throw damaged("its version is \(found), not \(version)")
        }
    }
}
