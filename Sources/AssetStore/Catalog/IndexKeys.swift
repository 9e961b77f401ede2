// The keys of the catalog's indexes, counters and removals: those that begin with what is looked up.

internal import Basics
internal import LMDB

/// An asset in the index by project.
struct ProjectAssetKey: TableKey {
    var project: ProjectNumber
    var namespace: UInt8
    var asset: AssetID

    func append(to key: inout ByteWriter) {
        project.append(to: &key)
        key.append(namespace)
        asset.append(to: &key)
    }

    init(project: ProjectNumber, namespace: UInt8, asset: AssetID) {
        self.project = project
        self.namespace = namespace
        self.asset = asset
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(
            project: try ProjectNumber(key: &key), namespace: try key.integer(),
            asset: try AssetID(key: &key))
    }

    static func prefix(_ project: ProjectNumber, namespace: Namespace?) -> [UInt8] {
        project.keyBytes + (namespace.map { [$0.rawValue] } ?? [])
    }
}

/// An asset in the index by name, within a project.
struct NameAssetKey: TableKey {
    var project: ProjectNumber
    /// XXH3-64 of the name: names may be longer than keys.
    var nameHash: UInt64
    var asset: AssetID

    func append(to key: inout ByteWriter) {
        project.append(to: &key)
        key.appendBigEndian(nameHash)
        asset.append(to: &key)
    }

    init(project: ProjectNumber, name: String, asset: AssetID) {
        self.project = project
        nameHash = Self.hash(name)
        self.asset = asset
    }

    init(key: inout ByteReader) throws(AssetError) {
        project = try ProjectNumber(key: &key)
        nameHash = try key.bigEndianInteger()
        asset = try AssetID(key: &key)
    }

    static func prefix(_ project: ProjectNumber, name: String) -> [UInt8] {
        var writer = ByteWriter()
        project.append(to: &writer)
        writer.appendBigEndian(hash(name))
        return writer.bytes
    }

    private static func hash(_ name: String) -> UInt64 {
        unsafe checksum64(Array(name.utf8).span.bytes)
    }
}

/// An asset in the index by content.
struct ContentAssetKey: TableKey {
    var checksum: ContentChecksum
    var asset: AssetID

    func append(to key: inout ByteWriter) {
        key.appendBigEndian(checksum.high)
        key.appendBigEndian(checksum.low)
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
    var project: ProjectNumber
    var job: JobID

    func append(to key: inout ByteWriter) {
        project.append(to: &key)
        job.append(to: &key)
    }

    init(project: ProjectNumber, job: JobID) {
        self.project = project
        self.job = job
    }

    init(key: inout ByteReader) throws(AssetError) {
        self.init(project: try ProjectNumber(key: &key), job: try JobID(key: &key))
    }
}

/// A usage counter: of one namespace, in one project or in the whole store.
struct UsageKey: TableKey, Hashable {
    var project: ProjectNumber
    var namespace: Namespace

    func append(to key: inout ByteWriter) {
        project.append(to: &key)
        key.append(namespace.rawValue)
    }

    init(project: ProjectNumber, namespace: Namespace) {
        self.project = project
        self.namespace = namespace
    }

    init(key: inout ByteReader) throws(AssetError) {
        project = try ProjectNumber(key: &key)
        guard let namespace = Namespace(rawValue: try key.integer()) else {
            throw key.damaged("an unknown namespace")
        }
        self.namespace = namespace
    }
}

/// Something that was removed, and whose entries are still being cleared away.
struct RemovalKey: TableKey, Hashable {
    /// Raw values are stored.
    enum Kind: UInt8 {
        /// A project; `low` is its number.
        case project = 1
        /// A job's frames and segments; both halves are the sequence's identifier.
        case sequence = 2
        /// Frames that a complete job doesn't keep; both halves are the job's identifier.
        case excessFrames = 3
    }

    var kind: Kind
    var high: UInt64
    var low: UInt64

    func append(to key: inout ByteWriter) {
        key.append(kind.rawValue)
        key.appendBigEndian(high)
        key.appendBigEndian(low)
    }

    init(_ project: ProjectNumber) {
        (kind, high, low) = (.project, 0, project.number)
    }

    init(_ sequence: SequenceID) {
        (kind, high, low) = (.sequence, sequence.high, sequence.low)
    }

    init(_ job: JobID) {
        (kind, high, low) = (.excessFrames, job.high, job.low)
    }

    init(key: inout ByteReader) throws(AssetError) {
        guard let kind = Kind(rawValue: try key.integer()) else {
            throw key.damaged("an unknown kind of removal")
        }
        self.kind = kind
        high = try key.bigEndianInteger()
        low = try key.bigEndianInteger()
    }
}
