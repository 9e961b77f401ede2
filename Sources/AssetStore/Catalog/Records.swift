// The values of the catalog's tables that are not seen from outside. Each begins with a version
// byte. docs/format.md has the layouts.

package import Basics
internal import LMDB

/// What the store says of itself.
struct StoreRecord: TableValue, Equatable {
    /// Rises when older versions could not read the store any more.
    static let formatVersion: UInt32 = 1

    var formatVersion: UInt32
    var storeID: AssetID
    var createdAt: Timestamp
    /// The most payload bytes the store may hold; `nil` for no limit.
    var quota: UInt64?
    /// The number of the newest pack.
    var packSequence: UInt64

    func append(to value: inout ByteWriter) {
        value.append(formatVersion)
        value.append(storeID.high)
        value.append(storeID.low)
        value.append(createdAt.millisecondsSinceEpoch)
        value.append(optional: quota)
        value.append(packSequence)
    }

    init(formatVersion: UInt32, storeID: AssetID, createdAt: Timestamp, quota: UInt64?) {
        self.formatVersion = formatVersion
        self.storeID = storeID
        self.createdAt = createdAt
        self.quota = quota
        self.packSequence = 0
    }

    init(value: inout ByteReader) throws(AssetError) {
        formatVersion = try value.integer()
        guard formatVersion == Self.formatVersion else {
            throw AssetError(
                .unsupportedFormat,
                "the store has format \(formatVersion), this version reads "
                    + "\(Self.formatVersion); use a newer version")
        }
        storeID = AssetID(high: try value.integer(), low: try value.integer())
        createdAt = Timestamp(millisecondsSinceEpoch: try value.integer())
        quota = try value.optional { reader throws(AssetError) in
            try reader.integer(upTo: UInt64(Int.max))
        }
        packSequence = try value.integer(upTo: UInt64(Int.max))
    }
}

/// Where a payload lies, and what it must be.
struct PayloadLocation: Equatable, Sendable {
    /// The record's header; the payload follows it.
    var extent: ExtentKey
    /// Bytes as they are given back.
    var byteCount: UInt64
    /// Bytes as they lie in the pack.
    var storedByteCount: UInt64
    /// How the stored bytes are packed; see ``PayloadPacking``.
    var packing: PayloadPacking
    /// XXH3-64 of the stored bytes.
    var checksum: UInt64

    /// The bytes of the pack that the record takes.
    var recordByteCount: UInt64 {
        RecordHeader.recordByteCount(storedByteCount: storedByteCount)
    }

    func append(to value: inout ByteWriter) {
        value.append(extent.pack.number)
        value.append(extent.offset)
        value.append(byteCount)
        value.append(storedByteCount)
        value.append(packing.rawValue)
        value.append(checksum)
    }

    init(
        extent: ExtentKey, byteCount: UInt64, storedByteCount: UInt64, packing: PayloadPacking,
        checksum: UInt64
    ) {
        self.extent = extent
        self.byteCount = byteCount
        self.storedByteCount = storedByteCount
        self.packing = packing
        self.checksum = checksum
    }

    init(value: inout ByteReader) throws(AssetError) {
        extent = ExtentKey(
            pack: PackID(number: try value.integer()), offset: try value.byteCount())
        byteCount = try value.byteCount()
        storedByteCount = try value.byteCount()
        guard let packing = PayloadPacking(rawValue: try value.integer()) else {
            throw value.damaged("an unknown packing")
        }
        self.packing = packing
        checksum = try value.integer()
    }
}

/// How a payload's stored bytes come from its bytes. Raw values are stored.
enum PayloadPacking: UInt8, Sendable {
    /// They are the same.
    case none = 0
}

/// A part of an asset, or a segment of a job.
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

/// A frame of a job. The store keeps the codec's number and does not interpret it.
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

/// A pack file.
struct PackRecord: TableValue, Equatable {
    enum State: UInt8 {
        /// Its owner may append.
        case open = 1
        /// Nothing is appended any more.
        case sealed = 2
    }

    var state: State
    /// The most bytes the file may have.
    var capacity: UInt64
    /// What lies beyond this offset is not data.
    var committedEnd: UInt64
    /// Whether every byte below `committedEnd` is in `extents` or `freeRanges`. An owner that
    /// died may have left gaps between what it committed.
    var isSwept: Bool

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(state.rawValue)
        value.append(capacity)
        value.append(committedEnd)
        value.append(UInt8(isSwept ? 1 : 0))
    }

    init(state: State, capacity: UInt64, committedEnd: UInt64, isSwept: Bool) {
        self.state = state
        self.capacity = capacity
        self.committedEnd = committedEnd
        self.isSwept = isSwept
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        guard let state = State(rawValue: try value.integer()) else {
            throw value.damaged("an unknown pack state")
        }
        self.state = state
        capacity = try value.byteCount()
        committedEnd = try value.byteCount()
        isSwept = try value.integer(UInt8.self) == 1
    }
}

/// Who a live range of a pack belongs to: the way back from bytes to records.
struct ExtentRecord: TableValue, Equatable {
    var byteCount: UInt64
    var owner: RecordOwner

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(byteCount)
        value.append(owner.kind.rawValue)
        value.append(owner.high)
        value.append(owner.low)
        value.append(owner.track)
        value.append(owner.index)
    }

    init(byteCount: UInt64, owner: RecordOwner) {
        self.byteCount = byteCount
        self.owner = owner
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        byteCount = try value.byteCount()
        guard let kind = RecordOwner.Kind(rawValue: try value.integer()) else {
            throw value.damaged("an unknown kind of owner")
        }
        owner = RecordOwner(
            kind: kind, high: try value.integer(), low: try value.integer(),
            track: try value.integer(), index: try value.integer(upTo: UInt64(Int.max - 1)))
    }
}

/// The catalog entry that a pack record belongs to.
struct RecordOwner: Equatable, Sendable {
    /// Raw values are stored, in packs too.
    enum Kind: UInt8, Sendable {
        case assetPart = 1
        case frame = 2
        case segment = 3
    }

    var kind: Kind
    /// The asset's or job's identifier.
    var high: UInt64
    var low: UInt64
    /// A segment's track; otherwise 0.
    var track: UInt8
    /// The number of the part, frame or segment.
    var index: UInt64

    init(kind: Kind, high: UInt64, low: UInt64, track: UInt8, index: UInt64) {
        self.kind = kind
        self.high = high
        self.low = low
        self.track = track
        self.index = index
    }

    init(_ key: PartKey) {
        self.init(
            kind: .assetPart, high: key.asset.high, low: key.asset.low, track: 0,
            index: UInt64(key.part))
    }

    init(_ key: FrameKey) {
        self.init(
            kind: .frame, high: key.job.high, low: key.job.low, track: 0, index: key.index)
    }

    init(_ key: SegmentKey) {
        self.init(
            kind: .segment, high: key.job.high, low: key.job.low, track: key.track,
            index: UInt64(key.index))
    }
}

/// A range of a pack that nothing refers to any more, kept until its blocks can be given back.
struct FreeRangeRecord: TableValue, Equatable {
    var byteCount: UInt64
    /// The catalog transaction that freed it: readers of earlier moments may still see it.
    var freedBy: UInt64
    /// Whether its disk blocks were given back, as far as whole blocks lie in it.
    var isPunched = false

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(byteCount)
        value.append(freedBy)
        value.append(UInt8(isPunched ? 1 : 0))
    }

    init(byteCount: UInt64, freedBy: UInt64, isPunched: Bool = false) {
        self.byteCount = byteCount
        self.freedBy = freedBy
        self.isPunched = isPunched
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        byteCount = try value.byteCount()
        freedBy = try value.integer()
        switch try value.integer(UInt8.self) {
        case 0: isPunched = false
        case 1: isPunched = true
        default: throw value.damaged("a flag is neither 0 nor 1")
        }
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

    /// Reads a record's version byte.
    mutating func requireVersion(_ version: UInt8) throws(AssetError) {
        let found = try integer(UInt8.self)
        guard found == version else {
            throw damaged("its version is \(found), not \(version)")
        }
    }
}
