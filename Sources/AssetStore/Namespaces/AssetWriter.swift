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
    private let store: Store
    /// What the asset is; may be changed until ``finish()``.
    public var description: AssetDescription
    /// When it was made; the moment at which it is finished when this is `nil`.
    var createdAt: Timestamp?
    private let id: AssetID
    private let content: ContentID
    /// Where it is put together, unseen, instead of the project it will belong to.
    private let staging: StagedProject?
    private var buffer: [UInt8] = []
    private var payloads: [WrittenPayload] = []
    private var hasher = ContentHasher()
    private var byteCount = 0
    /// Why a part could not be written: without it, the rest is no asset.
    private var failure: (any Error)?
    /// What is reserved and not written yet.
    private var reservation: Reservation?
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
    private var payer: String { staging?.reservedName ?? description.project }

    private var home: ProjectHome {
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

    /// Makes the asset part of the store and returns it once it is durable.
    ///
    /// - Throws: ``AssetError/Code/alreadyExists`` when an asset has the identifier that was asked
    ///   for; what ``write(_:)`` throws.
    public consuming func finish() throws -> Asset {
        try finish(nil)
    }

    /// What else changes in the transaction that enters an asset.
    typealias Addition =
        @Sendable (AssetID, borrowing WriteTransaction, ChangeSet) throws -> Void

    /// Like ``finish()``, changing something else in the same transaction.
    consuming func finish(_ more: Addition?) throws -> Asset {
        if let failure { throw failure }
        var last: [UInt8] = []
        swap(&last, &buffer)
        return try unsafe finish(appending: last.span.bytes, more)
    }

    /// Finishes with the bytes of the last part, which are not copied.
    consuming func finish(
        appending last: RawSpan, _ more: Addition? = nil
    ) throws -> Asset {
        try description.validate()
        hasher.update(last)
        byteCount += last.byteCount
        var record = Asset.Record(
            description: description, project: .wholeStore, content: content,
            byteCount: UInt64(byteCount), storedByteCount: 0, checksum: hasher.value(),
            createdAt: createdAt ?? .now())
        let project = record.description.project
        record.description.project = ""
        var isWritten = last.isEmpty
        // With nothing else to change, the record says all that its commit enters.
        let isAlone =
            payloads.isEmpty && staging == nil && more == nil && store.committer.isQuiet
        var different: ContentID?
        while true {
            let candidate = try store.content(with: record.checksum, byteCount: byteCount)
            if let candidate, candidate != different {
                let isEqual = try store.isEqual(
                    candidate, payloads, last, isLastWritten: isWritten)
                if isEqual, try refer(to: candidate, &record, more) { break }
                if isEqual { continue }
                different = candidate
            }
            if !isWritten {
                record.storedByteCount = storedByteCount
                try writePart(last, describedBy: record, isAlone: isAlone)
                isWritten = true
            }
            record.content = content
            record.storedByteCount = storedByteCount
            let isReplayable = isAlone && different == nil && !last.isEmpty
            if try insert(record, unless: different, isReplayable: isReplayable, more) { break }
        }
        payloads = []
        return record.asset(id, project: project)
    }

    private var storedByteCount: UInt64 {
        payloads.reduce(0) { $0 + $1.location.storedByteCount }
    }

    /// Makes the asset one of those that have a content, giving up what was written; says whether
    /// the content was still there.
    private func refer(
        to content: ContentID, _ record: inout Asset.Record, _ more: Addition?
    ) throws -> Bool {
        guard let present = try store.contentRecord(content) else { return false }
        record.content = content
        record.storedByteCount = present.storedByteCount
        let (catalog, id, final, home) = (store.catalog, id, record, home)
        // The bytes count for the project alone; without it, what was reserved for both is held.
        var added: Reservation?
        if reservation == nil {
            added = try store.admission.reserve(
                Int(record.storedByteCount), project: payer, isStored: true)
        }
        defer { added?.release() }
        do {
            try store.committer.commit(
                reservation: reservation ?? added, abandoned: payloads
            ) { transaction, changes in
                try catalog.requireFree(id, in: transaction)
                try catalog.refer(to: content, in: transaction)
                try catalog.insert(id, final, into: home, in: transaction, changes)
                try more?(id, transaction, changes)
            }
            return true
        } catch ContentConflict.vanished {
            return false
        }
    }

    /// Enters the asset with a content of its own; says whether none had appeared that may be the
    /// same.
    private func insert(
        _ record: Asset.Record, unless different: ContentID?, isReplayable: Bool,
        _ more: Addition?
    ) throws -> Bool {
        let (catalog, id, parts, home) = (store.catalog, id, payloads.map(\.location), home)
        do {
            try store.committer.commit(
                payloads: payloads, reservation: reservation, isReplayable: isReplayable
            ) { transaction, changes in
                try catalog.insert(
                    id, record, parts: parts, unless: different, into: home, in: transaction,
                    changes)
                try more?(id, transaction, changes)
            }
            return true
        } catch ContentConflict.appeared {
            return false
        }
    }

    private mutating func flushBuffer() throws {
        var part: [UInt8] = []
        swap(&part, &buffer)
        unsafe try writePart(part.span.bytes)
        part.removeAll(keepingCapacity: true)
        swap(&part, &buffer)
    }

    /// Writes a part; with `record`, the last one, and whether nothing else is to be entered.
    private mutating func writePart(
        _ part: RawSpan, describedBy record: Asset.Record? = nil, isAlone: Bool = false
    ) throws {
        do {
            let owner = RecordOwner(PartKey(content: content, part: UInt32(payloads.count)))
            let project = description.project
            let payload = try store.writePayload(
                part, owner: owner, namespace: description.namespace,
                isPackable: PayloadPacking.pays(for: description.mediaType),
                description: record.map {
                    .asset(id, project: project, $0, isAlone: isAlone)
                },
                isLast: record != nil,
                reserve: { try reserveStored($0) })
            payloads.append(payload)
        } catch {
            failure = error
            throw error
        }
        guard record == nil else { return }
        hasher.update(part)
        byteCount += part.byteCount
    }
}

extension Catalog {
    /// Refuses an identifier that an asset has.
    func requireFree(
        _ id: AssetID, in transaction: borrowing WriteTransaction
    ) throws(AssetError) {
        if try transaction.get(assets, id) != nil {
            throw AssetError(.alreadyExists, "there is an asset \(id) already")
        }
    }
}

extension Store {
    /// A stored content with a checksum and a length.
    fileprivate func content(
        with checksum: ContentChecksum, byteCount: Int
    ) throws -> ContentID? {
        try catalog.environment.read { transaction in
            try catalog.content(
                with: checksum, byteCount: UInt64(byteCount), in: transaction)
        }
    }

    fileprivate func contentRecord(_ id: ContentID) throws -> ContentRecord? {
        try catalog.environment.read { try $0.get(catalog.contents, id) }
    }

    /// Whether a content's bytes are those that were written, and then `last`. Damaged bytes are
    /// equal to none.
    fileprivate func isEqual(
        _ content: ContentID, _ written: [WrittenPayload], _ last: RawSpan, isLastWritten: Bool
    ) throws -> Bool {
        try catalog.environment.read { transaction in
            do {
                for (part, payload) in written.enumerated() {
                    guard
                        let location = try catalog.location(
                            of: part, content, in: transaction),
                        location.byteCount == payload.location.byteCount,
                        try packReader.isEqual(location, payload.location)
                    else { return false }
                }
                if isLastWritten || last.isEmpty { return true }
                guard
                    let location = try catalog.location(
                        of: written.count, content, in: transaction)
                else { return false }
                return try packReader.withPayload(at: location, subject: "a content") {
                    $0.isEqual(to: last)
                }
            } catch let error as AssetError where error.code == .damaged {
                return false
            }
        }
    }
}
