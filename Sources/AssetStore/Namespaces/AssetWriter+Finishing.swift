// The end of an asset's writing: it is entered into the catalog with a content of its own, or refers
// to equal bytes that the store holds.

internal import Basics
internal import LMDB

extension AssetWriter {
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
        var last: [UInt8] = []
        swap(&last, &buffer)
        return try unsafe finish(appending: last.span.bytes, more)
    }

    /// Finishes with the bytes of the last part, which are not copied.
    consuming func finish(
        appending last: RawSpan, _ more: Addition? = nil
    ) throws -> Asset {
        var record = try makeRecord(appending: last)
        try settle(&record, last, more)
        payloads = []
        return record.asset(id, project: description.project)
    }

    /// What the catalog is to know of the asset, whose last bytes these are.
    private mutating func makeRecord(appending last: RawSpan) throws -> Asset.Record {
        if let failure { throw failure }
        try description.validate()
        hasher.update(last)
        byteCount += last.byteCount
        var nameless = description
        nameless.project = ""
        return Asset.Record(
            description: nameless, project: .wholeStore, content: content,
            byteCount: UInt64(byteCount), storedByteCount: 0, checksum: hasher.value(),
            createdAt: createdAt ?? .now())
    }

    /// Writes the last part and enters the asset, unless there are equal bytes to refer to.
    private mutating func settle(
        _ record: inout Asset.Record, _ last: RawSpan, _ more: Addition?
    ) throws {
        var isWritten = last.isEmpty
        // The only record of an asset, with nothing else to change, says all that its commit enters.
        let isAlone = !isWritten && payloads.isEmpty && staging == nil && more == nil
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
            let isReplayable = isAlone && different == nil
            record.content = content
            record.storedByteCount = storedByteCount
            var outcome: Result<Void, any Error>?
            if !isWritten {
                isWritten = true
                if isReplayable, !store.committer.isQuiet {
                    outcome = try commitPart(last, describedBy: record, entering(record))
                } else {
                    try writePart(last, describedBy: record, isReplayable: isReplayable)
                }
                record.storedByteCount = storedByteCount
            }
            if try isEntered(outcome ?? insert(record, unless: different, isReplayable, more)) {
                break
            }
        }
    }

    /// Whether nothing had appeared that may be the same.
    private func isEntered(_ outcome: Result<Void, any Error>) throws -> Bool {
        do {
            try outcome.get()
            return true
        } catch ContentConflict.appeared {
            return false
        }
    }

    /// Like ``finish(appending:_:)``, without waiting until the asset is durable: `completion` tells
    /// when it is, or why not, mostly on a committing thread: it must not block, nor call the store.
    /// It is told `nil` when something else came first, an asset with the same bytes or with the
    /// identifier: then this one is to be stored again.
    consuming func submit(
        appending last: RawSpan,
        completion: @escaping @Sendable (Result<Asset?, any Error>) -> Void
    ) throws {
        var record = try makeRecord(appending: last)
        let project = description.project
        if try store.content(with: record.checksum, byteCount: byteCount) != nil {
            // Those are to be compared, and then there is hardly anything to wait for.
            do {
                try settle(&record, last, nil)
            } catch  where Self.isOvertaken(error) {
                return completion(.success(nil))
            }
            payloads = []
            return completion(.success(record.asset(id, project: project)))
        }
        if !last.isEmpty {
            record.storedByteCount = storedByteCount
            try writePart(last, describedBy: record)
        }
        record.storedByteCount = storedByteCount
        let (store, written, reservation) = (store, payloads, reservation)
        let asset = record.asset(id, project: project)
        let apply = entering(record)(written.map(\.location))
        // They are the request's from here on.
        payloads = []
        self.reservation = nil
        store.committer.submit(
            Committer.Request(payloads: written, reservation: reservation, apply: apply) { result in
                switch result {
                case .success: completion(.success(asset))
                case .failure(let error):
                    store.abandon(written)
                    reservation?.release()
                    completion(Self.isOvertaken(error) ? .success(nil) : .failure(error))
                }
            })
    }

    /// Like ``submit(appending:completion:)``, with what was written.
    consuming func submit(
        completion: @escaping @Sendable (Result<Asset?, any Error>) -> Void
    ) throws {
        var last: [UInt8] = []
        swap(&last, &buffer)
        try unsafe submit(appending: last.span.bytes, completion: completion)
    }

    /// Whether an asset could not be entered because of one that came first.
    private static func isOvertaken(_ error: any Error) -> Bool {
        error is ContentConflict || (error as? AssetError)?.code == .alreadyExists
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

    /// Enters the asset with a content of its own.
    private func insert(
        _ record: Asset.Record, unless different: ContentID?, _ isReplayable: Bool,
        _ more: Addition?
    ) -> Result<Void, any Error> {
        Result {
            try store.committer.commit(
                payloads: payloads, reservation: reservation, isReplayable: isReplayable,
                entering(record, unless: different, more)(payloads.map(\.location)))
        }
    }

    /// What enters the asset with a content of its own that lies there, and throws
    /// ``ContentConflict/appeared`` where one has come that may be the same.
    private func entering(
        _ record: Asset.Record, unless different: ContentID? = nil, _ more: Addition? = nil
    ) -> @Sendable ([PayloadLocation]) -> Committer.Change {
        let (catalog, id, home) = (store.catalog, id, home)
        return { parts in
            { transaction, changes in
                var record = record
                record.storedByteCount = parts.reduce(0) { $0 + $1.storedByteCount }
                try catalog.insert(
                    id, record, parts: parts, unless: different, into: home, in: transaction,
                    changes)
                try more?(id, transaction, changes)
            }
        }
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
