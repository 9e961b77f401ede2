// The keys of the catalog's tables. Integers are big-endian, text ends with a zero byte, so that a
// project's assets, a job's frames and a state's jobs are ranges. docs/format.md has the layouts.

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

extension PackID: TableKey {
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

/// Part `part` of an asset.
struct PartKey: TableKey, Sendable {
    var asset: AssetID
    var part: UInt32

    func append(to key: inout ByteWriter) {
        asset.append(to: &key)
        key.appendBigEndian(part)
    }

    init(asset: AssetID, part: UInt32) {
        self.asset = asset
        self.part = part
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(asset: try AssetID(key: &key), part: try key.bigEndianInteger())
    }
}

/// Frame `index` of a job.
struct FrameKey: TableKey, Sendable {
    var job: JobID
    var index: UInt64

    func append(to key: inout ByteWriter) {
        job.append(to: &key)
        key.appendBigEndian(index)
    }

    init(job: JobID, index: UInt64) {
        self.job = job
        self.index = index
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(job: try JobID(key: &key), index: try key.bigEndianInteger())
        guard index < UInt64(Int.max) else { throw key.damaged("an impossible frame") }
    }
}

/// Segment `index` of a track of a job.
struct SegmentKey: TableKey, Sendable {
    var job: JobID
    var track: UInt8
    var index: UInt32

    func append(to key: inout ByteWriter) {
        job.append(to: &key)
        key.append(track)
        key.appendBigEndian(index)
    }

    init(job: JobID, track: UInt8, index: UInt32) {
        self.job = job
        self.track = track
        self.index = index
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(
            job: try JobID(key: &key), track: try key.integer(),
            index: try key.bigEndianInteger())
    }
}

/// An asset in the index by project and namespace.
struct ProjectAssetKey: TableKey {
    var project: String
    var namespace: UInt8
    var asset: AssetID

    func append(to key: inout ByteWriter) {
        key.appendZeroTerminated(project)
        key.append(namespace)
        asset.append(to: &key)
    }

    init(project: String, namespace: UInt8, asset: AssetID) {
        self.project = project
        self.namespace = namespace
        self.asset = asset
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(
            project: try key.zeroTerminatedString(), namespace: try key.integer(),
            asset: try AssetID(key: &key))
    }

    static func prefix(project: String, namespace: Namespace? = nil) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendZeroTerminated(project)
        if let namespace { writer.append(namespace.rawValue) }
        return writer.bytes
    }
}

/// An asset in the index by content.
struct ContentAssetKey: TableKey {
    var checksum: ContentChecksum
    var asset: AssetID

    func append(to key: inout ByteWriter) {
        key.append(contentsOf: Self.prefix(checksum))
        asset.append(to: &key)
    }

    init(checksum: ContentChecksum, asset: AssetID) {
        self.checksum = checksum
        self.asset = asset
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(
            checksum: ContentChecksum(
                high: try key.bigEndianInteger(), low: try key.bigEndianInteger()),
            asset: try AssetID(key: &key))
    }

    static func prefix(_ checksum: ContentChecksum) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendBigEndian(checksum.high)
        writer.appendBigEndian(checksum.low)
        return writer.bytes
    }
}

/// A job in the index by state.
struct StateJobKey: TableKey {
    var state: UInt8
    var job: JobID

    func append(to key: inout ByteWriter) {
        key.append(state)
        job.append(to: &key)
    }

    init(state: UInt8, job: JobID) {
        self.state = state
        self.job = job
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(state: try key.integer(), job: try JobID(key: &key))
    }
}

/// A job in the index by project.
struct ProjectJobKey: TableKey {
    var project: String
    var job: JobID

    func append(to key: inout ByteWriter) {
        key.appendZeroTerminated(project)
        job.append(to: &key)
    }

    init(project: String, job: JobID) {
        self.project = project
        self.job = job
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(project: try key.zeroTerminatedString(), job: try JobID(key: &key))
    }
}

/// A usage counter: of one namespace, in one project or (with an empty name) in the whole store.
struct UsageKey: TableKey, Hashable {
    var project: String
    var namespace: Namespace

    func append(to key: inout ByteWriter) {
        key.appendZeroTerminated(project)
        key.append(namespace.rawValue)
    }

    init(project: String, namespace: Namespace) {
        self.project = project
        self.namespace = namespace
    }

    init(key: inout ByteReader) throws(AssetError) {
        project = try key.zeroTerminatedString()
        guard let namespace = Namespace(rawValue: try key.integer()) else {
            throw key.damaged("an unknown namespace")
        }
        self.namespace = namespace
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

extension ByteWriter {
    /// Text that holds no zero byte, and a zero byte.
    fileprivate mutating func appendZeroTerminated(_ text: String) {
        append(contentsOf: text.utf8)
        append(UInt8(0))
    }
}

extension ByteReader {
    fileprivate mutating func zeroTerminatedString() throws(AssetError) -> String {
        var utf8: [UInt8] = []
        while true {
            let byte = try integer(UInt8.self)
            if byte == 0 { break }
            utf8.append(byte)
        }
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw damaged("text that is not UTF-8")
        }
        return text
    }
}
