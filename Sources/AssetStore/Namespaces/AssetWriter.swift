// Streaming an asset in: parts go to the packs as they fill, the asset appears when it is finished.

public import Basics
internal import LMDB

/// Writes the bytes of one asset, of any length. Not thread-safe; several writers may run at once.
///
/// Nothing is visible until ``finish()`` returns, and then all of it is, durably. A writer that is
/// dropped unfinished leaves nothing behind. Takes one part (4 MiB) of memory.
public struct AssetWriter: ~Copyable {
    private let store: Store
    /// What the asset is; may be changed until ``finish()``.
    public var description: AssetDescription
    private let id: AssetID
    private var buffer: [UInt8] = []
    private var payloads: [WrittenPayload] = []
    private var hasher = ContentHasher()
    private var byteCount = 0
    /// Why a part could not be written: without it, the rest is no asset.
    private var failure: (any Error)?

    init(_ store: Store, _ description: AssetDescription, id: AssetID) {
        self.store = store
        self.description = description
        self.id = id
    }

    deinit {
        // Ranges that nobody will claim; `finish` empties the list.
        if !payloads.isEmpty { store.abandon(payloads) }
    }

    /// Appends bytes. Blocks while they are written to disk, not until they are durable.
    ///
    /// - Throws: ``AssetError/Code/diskFull``, ``AssetError/Code/quotaExceeded``,
    ///   ``AssetError/Code/io``. Then every later call throws the same: start anew.
    public mutating func write(_ bytes: RawSpan) throws {
        if let failure { throw failure }
        var offset = 0
        while offset < bytes.byteCount {
            let room = Limits.partByteCount - buffer.count
            let piece = bytes.extracting(offset..<min(bytes.byteCount, offset + room))
            if buffer.isEmpty { buffer.reserveCapacity(Limits.partByteCount) }
            unsafe piece.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
            offset += piece.byteCount
            if buffer.count == Limits.partByteCount { try flushPart() }
        }
    }

    /// Appends all of `source`.
    public mutating func write(contentsOf source: any RandomAccessBytes) throws {
        try source.forEachChunk { try write($0) }
    }

    /// Makes the asset part of the store and returns it once it is durable.
    public consuming func finish() throws -> Asset {
        try finish { _, _ in }
    }

    /// Like ``finish()``, changing something else in the same transaction.
    consuming func finish(
        _ more: @escaping @Sendable (AssetID, borrowing WriteTransaction) throws -> Void
    ) throws -> Asset {
        if let failure { throw failure }
        if !buffer.isEmpty { try flushPart() }
        try description.validate()
        let record = Asset.Record(
            description: description, byteCount: UInt64(byteCount),
            storedByteCount: payloads.reduce(0) { $0 + $1.location.storedByteCount },
            checksum: hasher.value(), createdAt: .now())
        let (catalog, id, written) = (store.catalog, id, payloads)
        try store.committer.commit(payloads: written) { transaction in
            try catalog.insert(id, record, parts: written.map(\.location), in: transaction)
            try more(id, transaction)
        }
        payloads = []
        return record.asset(id)
    }

    private mutating func flushPart() throws {
        var part: [UInt8] = []
        swap(&part, &buffer)
        do {
            try store.admit(part.count, beyond: payloads.count * Limits.partByteCount)
            let owner = RecordOwner(PartKey(asset: id, part: UInt32(payloads.count)))
            payloads.append(
                unsafe try store.writePayload(
                    part.span.bytes, owner: owner, namespace: description.namespace))
        } catch {
            failure = error
            throw error
        }
        unsafe hasher.update(part.span.bytes)
        byteCount += part.count
        part.removeAll(keepingCapacity: true)
        swap(&part, &buffer)
    }
}

extension Catalog {
    /// Enters an asset, its parts and its counters.
    func insert(
        _ id: AssetID, _ record: Asset.Record, parts locations: [PayloadLocation],
        in transaction: borrowing WriteTransaction
    ) throws {
        let (project, namespace) = (record.description.project, record.description.namespace)
        for (part, location) in locations.enumerated() {
            try transaction.put(
                parts, PartKey(asset: id, part: UInt32(part)), PayloadRecord(location: location))
        }
        try transaction.put(assets, id, record)
        try transaction.put(
            assetsByProject,
            ProjectAssetKey(project: project, namespace: namespace.rawValue, asset: id), .init())
        try transaction.put(
            assetsByContent, ContentAssetKey(checksum: record.checksum, asset: id), .init())
        try count(
            Usage(
                count: 1, byteCount: Int(record.byteCount),
                storedByteCount: Int(record.storedByteCount)),
            project: project, namespace: namespace, in: transaction)
    }

    /// Removes an asset, its parts and its counters; says whether it was there.
    func remove(_ id: AssetID, in transaction: borrowing WriteTransaction) throws -> Bool {
        guard let record = try transaction.get(assets, id) else { return false }
        let (project, namespace) = (record.description.project, record.description.namespace)
        for part in 0..<record.asset(id).partCount {
            let key = PartKey(asset: id, part: UInt32(part))
            if let payload = try transaction.get(parts, key) {
                try release(payload.location, in: transaction)
                try transaction.delete(parts, key)
            }
        }
        try transaction.delete(assets, id)
        try transaction.delete(
            assetsByProject,
            ProjectAssetKey(project: project, namespace: namespace.rawValue, asset: id))
        try transaction.delete(
            assetsByContent, ContentAssetKey(checksum: record.checksum, asset: id))
        try count(
            -Usage(
                count: 1, byteCount: Int(record.byteCount),
                storedByteCount: Int(record.storedByteCount)),
            project: project, namespace: namespace, in: transaction)
        return true
    }
}
