// Streaming an asset in: parts go to the packs as they fill, the asset appears when it is finished,
// and bytes that are stored already are not stored twice.

public import Basics
internal import LMDB

/// Writes the bytes of one asset, of any length. Not thread-safe; several writers may run at once.
///
/// Nothing is visible until ``finish()`` returns, and then all of it is, durably. A writer that is
/// dropped unfinished leaves nothing behind. Takes one part (4 MiB) of memory.
///
/// When the store holds equal bytes already, compared byte by byte, the asset refers to them, and
/// what was written for it is given up.
public struct AssetWriter: ~Copyable {
    let store: Store
    /// What the asset is; may be changed until ``finish()``.
    public var description: AssetDescription
    /// When it was made; the moment at which it is finished when this is `nil`.
    var createdAt: Timestamp?
    let id: AssetID
    let content: ContentID
    /// Where it is put together, unseen, instead of the project it will belong to.
    let staging: StagedProject?
    var buffer: [UInt8] = []
    var payloads: [WrittenPayload] = []
    var hasher = ContentHasher()
    var byteCount = 0
    /// Why a part could not be written: without it, the rest is no asset.
    var failure: (any Error)?
    /// What is reserved and not written yet.
    var reservation: Reservation?
    private var unwrittenByteCount = 0

    init(
        _ store: Store, _ description: AssetDescription, id: AssetID,
        into staging: StagedProject? = nil, createdAt: Timestamp? = nil
    ) {
        self.store = store
        self.description = description
        self.id = id
        self.staging = staging
        self.createdAt = createdAt
        content = store.assetIDs.nextContent()
    }

    deinit {
        // Ranges that nobody will claim; `finish` empties the list.
        if !payloads.isEmpty { store.abandon(payloads) }
        reservation?.release()
    }

    /// Appends bytes. Blocks while they are written to disk, not until they are durable.
    ///
    /// - Throws: ``AssetError/Code/diskFull``, ``AssetError/Code/quotaExceeded``,
    ///   ``AssetError/Code/io``. Then every later call throws the same: start anew.
    public mutating func write(_ bytes: RawSpan) throws {
        if let failure { throw failure }
        var rest = bytes
        while !rest.isEmpty {
            // The last part carries the description, so a full one waits until more follows.
            if buffer.count == Limits.partByteCount { try flushBuffer() }
            let room = Limits.partByteCount - buffer.count
            if buffer.isEmpty, rest.byteCount > Limits.partByteCount {
                try writePart(rest.extracting(first: Limits.partByteCount))
            } else {
                let piece = rest.extracting(first: min(room, rest.byteCount))
                unsafe piece.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
            }
            rest = rest.extracting(droppingFirst: min(room, rest.byteCount))
        }
    }

    /// Reserves what is known to come, so that it is refused before a byte of it is written.
    ///
    /// - Throws: ``AssetError/Code/quotaExceeded``.
    mutating func reserve(_ byteCount: Int) throws {
        reservation = try store.admission.reserve(byteCount, project: payer)
        unwrittenByteCount = byteCount
    }

    /// Whose quota counts beside the store's. A staged project has none until it is published.
    var payer: String { staging?.reservedName ?? description.project }

    var home: ProjectHome {
        staging.map { .staged($0.number) } ?? .named(description.project)
    }

    private mutating func reserveStored(_ byteCount: Int) throws {
        let more = byteCount - min(byteCount, unwrittenByteCount)
        if let reservation {
            if more > 0 { try reservation.grow(by: more) }
        } else if more > 0 {
            reservation = try store.admission.reserve(more, project: payer)
        }
        unwrittenByteCount -= byteCount - more
    }

    /// Appends all of `source`.
    public mutating func write(contentsOf source: any RandomAccessBytes) throws {
        try source.forEachChunk { try write($0) }
    }

    private mutating func flushBuffer() throws {
        var part: [UInt8] = []
        swap(&part, &buffer)
        unsafe try writePart(part.span.bytes)
        part.removeAll(keepingCapacity: true)
        swap(&part, &buffer)
    }

    /// Writes a part; with `record`, the last one, and whether nothing else is to be entered.
    mutating func writePart(
        _ part: RawSpan, describedBy record: Asset.Record? = nil, isReplayable: Bool = false
    ) throws {
        let (owner, project) = (nextOwner, description.project)
        try failing { writer in
            let payload = try writer.store.writePayload(
                part, owner: owner, namespace: writer.description.namespace,
                isPackable: PayloadPacking.pays(for: writer.description.mediaType),
                description: record.map {
                    .asset(writer.id, project: project, $0, isReplayable: isReplayable)
                },
                isLast: record != nil, reserve: { try writer.reserveStored($0) })
            writer.payloads.append(payload)
        }
        guard record == nil else { return }
        hasher.update(part)
        byteCount += part.byteCount
    }

    /// Writes the only part and enters the asset with it, together with what others write; returns
    /// what came of that, `nil` when the part was only written.
    mutating func commitPart(
        _ part: RawSpan, describedBy record: Asset.Record,
        _ apply: @escaping @Sendable ([PayloadLocation]) -> Committer.Change
    ) throws -> Result<Void, any Error>? {
        let (owner, project) = (nextOwner, description.project)
        return try failing { writer in
            let (payload, outcome) = try writer.store.commitPayload(
                part, owner: owner, namespace: writer.description.namespace,
                isPackable: PayloadPacking.pays(for: writer.description.mediaType),
                description: .asset(writer.id, project: project, record, isReplayable: true),
                reserve: { byteCount in
                    try writer.reserveStored(byteCount)
                    return writer.reservation
                },
                apply: { apply([$0]) })
            writer.payloads.append(payload)
            return outcome
        }
    }

    private var nextOwner: RecordOwner {
        RecordOwner(PartKey(content: content, part: UInt32(payloads.count)))
    }

    /// Notes why nothing more can be written.
    private mutating func failing<Result>(
        _ body: (inout AssetWriter) throws -> Result
    ) throws -> Result {
        do {
            return try body(&self)
        } catch {
            failure = error
            throw error
        }
    }
}
