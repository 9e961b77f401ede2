// The keys of the catalog's tables that name one thing. Integers are big-endian, so that ranges of
// keys are ranges of things. docs/format.md has the layouts.

package import Basics
internal import LMDB

extension AssetID: TableKey {
    package func append(to key: inout ByteWriter) {
        key.appendBigEndian(high)
        key.appendBigEndian(low)
    }

    package init(key: inout ByteReader) throws(AssetError) {
        self.init(high: try key.bigEndianInteger(), low: try key.bigEndianInteger())
    }
}

extension JobID: TableKey {
    package func append(to key: inout ByteWriter) {
        key.appendBigEndian(high)
        key.appendBigEndian(low)
    }

    package init(key: inout ByteReader) throws(AssetError) {
        self.init(high: try key.bigEndianInteger(), low: try key.bigEndianInteger())
    }
}

extension ContentID: TableKey {
    func append(to key: inout ByteWriter) {
        key.appendBigEndian(high)
        key.appendBigEndian(low)
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(high: try key.bigEndianInteger(), low: try key.bigEndianInteger())
    }
}

extension SequenceID: TableKey {
    func append(to key: inout ByteWriter) {
        key.appendBigEndian(high)
        key.appendBigEndian(low)
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(high: try key.bigEndianInteger(), low: try key.bigEndianInteger())
    }
}

extension PackID: TableKey {
    func append(to key: inout ByteWriter) { key.appendBigEndian(number) }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(number: try key.bigEndianInteger())
    }
}

extension ProjectNumber: TableKey {
    func append(to key: inout ByteWriter) { key.appendBigEndian(number) }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(number: try key.bigEndianInteger())
    }
}

/// The one key of the table that describes the store itself.
struct StoreKey: TableKey {
    func append(to key: inout ByteWriter) { key.append(UInt8(0)) }

    init() {}
    init(key: inout ByteReader) throws(AssetError) { _ = try key.integer(UInt8.self) }
}

/// A project's name.
struct ProjectNameKey: TableKey {
    var name: String

    func append(to key: inout ByteWriter) { key.append(contentsOf: name.utf8) }

    init(name: String) { self.name = name }

    init(key: inout ByteReader) throws(AssetError) {
        let utf8 = try key.array(count: key.remaining)
        guard let name = String(validating: utf8, as: UTF8.self) else {
            throw key.damaged("a name that is not UTF-8")
        }
        self.name = name
    }
}

/// Part `part` of a content, from 1: where the first lies, the content's own record says.
struct PartKey: TableKey, Sendable {
    var content: ContentID
    var part: UInt32

    func append(to key: inout ByteWriter) {
        content.append(to: &key)
        key.appendBigEndian(part)
    }

    init(content: ContentID, part: UInt32) {
        self.content = content
        self.part = part
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(content: try ContentID(key: &key), part: try key.bigEndianInteger())
    }
}

/// Frame `index` of a sequence.
struct FrameKey: TableKey, Sendable {
    var sequence: SequenceID
    var index: UInt64

    func append(to key: inout ByteWriter) {
        sequence.append(to: &key)
        key.appendBigEndian(index)
    }

    init(sequence: SequenceID, index: UInt64) {
        self.sequence = sequence
        self.index = index
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(sequence: try SequenceID(key: &key), index: try key.bigEndianInteger())
        guard index < UInt64(Int.max) else { throw key.damaged("an impossible frame") }
    }
}

/// Segment `index` of a track of a sequence.
struct SegmentKey: TableKey, Sendable {
    var sequence: SequenceID
    var track: UInt8
    var index: UInt32

    func append(to key: inout ByteWriter) {
        sequence.append(to: &key)
        key.append(track)
        key.appendBigEndian(index)
    }

    init(sequence: SequenceID, track: UInt8, index: UInt32) {
        self.sequence = sequence
        self.track = track
        self.index = index
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(
            sequence: try SequenceID(key: &key), track: try key.integer(),
            index: try key.bigEndianInteger())
    }
}

/// A place in a pack.
struct ExtentKey: TableKey, Hashable, Sendable {
    var pack: PackID
    var offset: UInt64

    func append(to key: inout ByteWriter) {
        pack.append(to: &key)
        key.appendBigEndian(offset)
    }

    init(pack: PackID, offset: UInt64) {
        self.pack = pack
        self.offset = offset
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(pack: try PackID(key: &key), offset: try key.bigEndianInteger())
        guard offset <= 1 << 52 else { throw key.damaged("an impossible place") }
    }
}

/// The place of an entry in the change feed.
struct ChangeKey: TableKey {
    var number: UInt64

    func append(to key: inout ByteWriter) { key.appendBigEndian(number) }

    init(number: UInt64) { self.number = number }

    init(key: inout ByteReader) throws(AssetError) {
        number = try key.bigEndianInteger()
        guard number < UInt64(Int.max) else { throw key.damaged("an impossible number") }
    }
}
