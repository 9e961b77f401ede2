// Assets and the contents they refer to, in the catalog: entering, referring, removing.

internal import Basics
internal import LMDB

/// What a request found different from what its caller knew, so that it has to look again.
enum ContentConflict: Error {
    /// A content with this checksum has come.
    case appeared
    /// The content that was to be referred to is gone.
    case vanished
}

extension Catalog {
    /// Enters an asset whose content is stored already.
    func insert(
        _ id: AssetID, _ record: Asset.Record, into home: ProjectHome,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws {
        var record = record
        record.project = try changes.project(home, in: transaction)
        let namespace = record.description.namespace
        try transaction.put(assets, id, record)
        try transaction.put(
            assetsByProject,
            ProjectAssetKey(project: record.project, namespace: namespace.rawValue, asset: id),
            Presence())
        if !record.description.name.isEmpty {
            try transaction.put(
                assetsByName,
                NameAssetKey(project: record.project, name: record.description.name, asset: id),
                Presence())
        }
        try transaction.put(
            assetsByContent, ContentAssetKey(checksum: record.checksum, asset: id), Presence())
        try changes.count(record.usage, record.project, namespace, in: transaction)
        try changes.count(record.usage.unstored, .wholeStore, namespace, in: transaction)
        if !home.isStaged { changes.note(ChangeRecord(.put, .asset(id))) }
    }

    /// Enters an asset with a content of its own.
    ///
    /// - Parameter different: a content with the same checksum and length that is another one.
    /// - Throws: ``ContentConflict/appeared`` when there is a content that may be the same.
    func insert(
        _ id: AssetID, _ record: Asset.Record, parts: [PayloadLocation],
        unless different: ContentID?, into home: ProjectHome,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws {
        try requireFree(id, in: transaction)
        let present = try content(
            with: record.checksum, byteCount: record.byteCount, in: transaction)
        guard present == nil || present == different else { throw ContentConflict.appeared }
        let entry = ContentRecord(
            referenceCount: 1, namespace: record.description.namespace,
            byteCount: record.byteCount, storedByteCount: record.storedByteCount,
            checksum: record.checksum, firstPart: parts.first)
        try insert(record.content, entry, parts: parts, in: transaction, changes)
        try insert(id, record, into: home, in: transaction, changes)
    }

    /// Enters a new content, for one asset.
    private func insert(
        _ id: ContentID, _ record: ContentRecord, parts locations: [PayloadLocation],
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws {
        try transaction.put(contents, id, record)
        for (part, location) in locations.enumerated().dropFirst() {
            try transaction.put(
                parts, PartKey(content: id, part: UInt32(part)), PayloadRecord(location: location))
        }
        try changes.count(record.storedUsage, .wholeStore, record.namespace, in: transaction)
    }

    /// Counts one more asset that has a content.
    func refer(
        to id: ContentID, in transaction: borrowing WriteTransaction
    ) throws {
        guard var record = try transaction.get(contents, id) else {
            throw ContentConflict.vanished
        }
        record.referenceCount += 1
        try transaction.put(contents, id, record)
    }

    /// A content with a checksum and a length; `nil` when there is none.
    func content(
        with checksum: ContentChecksum, byteCount: UInt64,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws -> ContentID? {
        var found: ContentID?
        let prefix = ContentAssetKey.prefix(checksum)
        try transaction.scan(assetsByContent, prefix: prefix) { key, _ in
            if let record = try transaction.get(assets, key.asset), record.byteCount == byteCount {
                found = record.content
            }
            return found == nil
        }
        return found
    }

    /// Removes an asset; says whether it was there. One of a project that is being cleared away
    /// counts for nothing any more.
    func remove(
        _ id: AssetID, ofRemovedProject isRemoved: Bool = false,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws -> Bool {
        guard let record = try transaction.get(assets, id) else { return false }
        if !isRemoved, try name(of: record.project, in: transaction) == nil { return false }
        let namespace = record.description.namespace
        try release(record.content, of: id, in: transaction, changes)
        try transaction.delete(assets, id)
        try transaction.delete(
            assetsByProject,
            ProjectAssetKey(project: record.project, namespace: namespace.rawValue, asset: id))
        if !record.description.name.isEmpty {
            try transaction.delete(
                assetsByName,
                NameAssetKey(project: record.project, name: record.description.name, asset: id))
        }
        try transaction.delete(
            assetsByContent, ContentAssetKey(checksum: record.checksum, asset: id))
        if !isRemoved {
            try changes.count(-record.usage, record.project, namespace, in: transaction)
            try changes.count(
                -record.usage.unstored, .wholeStore, namespace, in: transaction)
            changes.note(ChangeRecord(.removed, .asset(id)))
        }
        return true
    }

    /// Counts one asset less that has a content; the last one takes the bytes with it.
    private func release(
        _ id: ContentID, of asset: AssetID, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws {
        guard var record = try transaction.get(contents, id) else {
            throw AssetError(.damaged, "asset \(asset): the record of its content is gone")
        }
        if record.referenceCount > 1 {
            record.referenceCount -= 1
            try transaction.put(contents, id, record)
            return
        }
        if let first = record.firstPart { try release(first, in: transaction, changes) }
        var keys: [(PartKey, PayloadLocation)] = []
        try transaction.scan(parts, prefix: id.keyBytes) { key, record in
            keys.append((key, record.location))
            return true
        }
        for (key, location) in keys {
            try release(location, in: transaction, changes)
            try transaction.delete(parts, key)
        }
        try transaction.delete(contents, id)
        try changes.count(-record.storedUsage, .wholeStore, record.namespace, in: transaction)
    }

    /// Where a part of a content lies; `nil` when it is not there.
    func location(
        of part: Int, _ id: ContentID, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> PayloadLocation? {
        if part == 0 { return try transaction.get(contents, id)?.firstPart }
        let key = PartKey(content: id, part: UInt32(truncatingIfNeeded: part))
        return try transaction.get(parts, key)?.location
    }
}
