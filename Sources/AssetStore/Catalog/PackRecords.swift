// The values of the catalog that concern packs and what lies in them. docs/format.md has the
// layouts.

internal import Basics
internal import LMDB

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
    /// Bytes of the owner's description, which follow the stored bytes.
    var descriptionByteCount: UInt32

    /// The bytes of the pack that the record takes.
    var recordByteCount: UInt64 {
        RecordHeader.recordByteCount(
            storedByteCount: storedByteCount, descriptionByteCount: descriptionByteCount)
    }

    func append(to value: inout ByteWriter) {
        value.append(extent.pack.number)
        value.append(extent.offset)
        value.append(byteCount)
        value.append(storedByteCount)
        value.append(packing.rawValue)
        value.append(checksum)
        value.append(descriptionByteCount)
    }

    init(
        extent: ExtentKey, byteCount: UInt64, storedByteCount: UInt64, packing: PayloadPacking,
        checksum: UInt64, descriptionByteCount: UInt32
    ) {
        self.extent = extent
        self.byteCount = byteCount
        self.storedByteCount = storedByteCount
        self.packing = packing
        self.checksum = checksum
        self.descriptionByteCount = descriptionByteCount
    }

    init(value: inout ByteReader) throws(AssetError) {
        extent = ExtentKey(
            pack: PackID(number: try value.integer()), offset: try value.byteCount())
        byteCount = try value.byteCount()
        storedByteCount = try value.integer(upTo: UInt64(UInt32.max))
        guard let packing = PayloadPacking(rawValue: try value.integer()) else {
            throw value.damaged("an unknown packing")
        }
        self.packing = packing
        checksum = try value.integer()
        descriptionByteCount = try value.integer()
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
        /// Part of a content, which assets have.
        case part = 1
        case frame = 2
        case segment = 3
    }

    var kind: Kind
    /// The identifier of the content or the sequence.
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
            kind: .part, high: key.content.high, low: key.content.low, track: 0,
            index: UInt64(key.part))
    }

    init(_ key: FrameKey) {
        self.init(
            kind: .frame, high: key.sequence.high, low: key.sequence.low, track: 0,
            index: key.index)
    }

    init(_ key: SegmentKey) {
        self.init(
            kind: .segment, high: key.sequence.high, low: key.sequence.low, track: key.track,
            index: UInt64(key.index))
    }
}

/// A range of a pack that nothing refers to any more, kept until its blocks can be given back.
struct FreeRangeRecord: TableValue, Equatable {
    var byteCount: UInt64
    /// The catalog transaction that freed it: readers of earlier moments may still see it.
    var freedBy: UInt64

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(byteCount)
        value.append(freedBy)
    }

    init(byteCount: UInt64, freedBy: UInt64) {
        self.byteCount = byteCount
        self.freedBy = freedBy
    }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        byteCount = try value.byteCount()
        freedBy = try value.integer()
    }
}

/// A range of a pack whose disk blocks were given back, as far as whole blocks lie in it.
struct HoleRecord: TableValue, Equatable {
    var byteCount: UInt64

    func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(byteCount)
    }

    init(byteCount: UInt64) { self.byteCount = byteCount }

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        byteCount = try value.byteCount()
    }
}
