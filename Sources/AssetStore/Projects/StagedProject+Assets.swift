// Storing assets in a staged project, under the identifiers that they had where they are free.

package import Basics
internal import LMDB

extension StagedProject {
    /// What becomes of an asset's identifier from elsewhere.
    package enum Place: Equatable, Sendable {
        /// It is stored already.
        case stored(Asset)
        /// It is to be stored under this identifier.
        case free(AssetID)
    }

    /// What becomes of the asset that was called `id`: it keeps its identifier where that is free,
    /// and otherwise has one that follows from it and from this project, and sorts like it.
    package func place(of id: AssetID) throws -> Place {
        let other = replacement(for: id)
        return try store.catalog.environment.read { transaction in
            if let asset = try asset(other, in: transaction) { return .stored(asset) }
            if let asset = try asset(id, in: transaction) { return .stored(asset) }
            let isTaken = try transaction.get(store.catalog.assets, id) != nil
            return .free(isTaken ? other : id)
        }
    }

    /// What the asset that was called `id` is called here; `id` when it is not in this project.
    package func reference(to id: AssetID) throws -> AssetID {
        switch try place(of: id) {
        case .stored(let asset): asset.id
        case .free: id
        }
    }

    /// The identifier that an asset has whose own one is taken.
    package func replacement(for id: AssetID) -> AssetID {
        var writer = ByteWriter()
        for half in [store.id.high, store.id.low, number.number, id.high, id.low] {
            writer.append(half)
        }
        let hash = unsafe checksum64(writer.bytes.span.bytes)
        // Time and counter stay, so that it sorts like the other one.
        return AssetID(high: id.high, low: 1 << 63 | hash >> 2)
    }

    private func asset(
        _ id: AssetID, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Asset? {
        guard let record = try transaction.get(store.catalog.assets, id),
            record.project == number
        else { return nil }
        return record.asset(id, project: name)
    }

    /// A writer of an asset that comes in pieces.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the description is not valid.
    package func makeWriter(
        for description: AssetDescription, id: AssetID, createdAt: Timestamp? = nil
    ) throws -> AssetWriter {
        var description = description
        description.project = name
        try description.validate()
        return AssetWriter(store, description, id: id, into: self, createdAt: createdAt)
    }

    /// Stores an asset of at most ``Limits/partByteCount`` bytes, which are not copied, and returns
    /// it once it is durable.
    package func put(
        _ description: AssetDescription, _ bytes: RawSpan, id: AssetID,
        createdAt: Timestamp? = nil
    ) throws -> Asset {
        precondition(bytes.byteCount <= Limits.partByteCount)
        let writer = try makeWriter(for: description, id: id, createdAt: createdAt)
        return try writer.finish(appending: bytes)
    }

    /// Like ``put(_:_:id:createdAt:)``, without waiting: see ``submit(_:completion:)``.
    package func submit(
        _ description: AssetDescription, _ bytes: RawSpan, id: AssetID, createdAt: Timestamp,
        completion: @escaping @Sendable (Result<Asset?, any Error>) -> Void
    ) throws {
        precondition(bytes.byteCount <= Limits.partByteCount)
        let writer = try makeWriter(for: description, id: id, createdAt: createdAt)
        try writer.submit(appending: bytes, completion: completion)
    }

    /// Finishes an asset without waiting: `completion` tells when it is durable, or why not, mostly
    /// on a committing thread: it must not block, nor call the store. It is told `nil` when
    /// something else came first, an asset with the same bytes or with the identifier: then this
    /// one is to be stored again.
    package func submit(
        _ writer: consuming AssetWriter,
        completion: @escaping @Sendable (Result<Asset?, any Error>) -> Void
    ) throws {
        try writer.submit(completion: completion)
    }

    /// Stores an asset with the bytes of one that the project has.
    ///
    /// - Returns: `nil` when the project has no asset `original`.
    /// - Throws: ``AssetError/Code/alreadyExists`` when `id` is taken,
    ///   ``AssetError/Code/invalidArgument`` when the description is not valid.
    /// - Complexity: O(log n), whatever the length.
    package func putCopy(
        of original: AssetID, _ description: AssetDescription, id: AssetID, createdAt: Timestamp
    ) throws -> Asset? {
        var named = description
        named.project = name
        try named.validate()
        named.project = ""
        let (catalog, number, nameless) = (store.catalog, number, named)
        let record = try store.committer.commitResult {
            transaction, changes -> Asset.Record? in
            guard var record = try transaction.get(catalog.assets, original),
                record.project == number
            else { return nil }
            try catalog.requireFree(id, in: transaction)
            record.description = nameless
            record.createdAt = createdAt
            try catalog.refer(to: record.content, in: transaction)
            try catalog.insert(id, record, into: .staged(number), in: transaction, changes)
            return record
        }
        return record?.asset(id, project: name)
    }
}
