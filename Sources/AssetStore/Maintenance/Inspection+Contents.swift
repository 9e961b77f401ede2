// What is held against what: contents, their parts, and how many assets refer to them.

internal import Basics
internal import LMDB

extension Inspection {
    /// Contents and where their parts lie.
    func inspectContents(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.contents, piece, in: transaction) { id, record in
            var (stored, isWhole) = (0, true)
            for part in 0..<record.partCount {
                guard let location = try catalog.location(of: part, id, in: transaction) else {
                    note(id.description, part, "its record is gone")
                    isWhole = false
                    // A damaged length may claim parts without end.
                    break
                }
                stored += Int(location.storedByteCount)
                try inspectRange(
                    of: location, RecordOwner(PartKey(content: id, part: UInt32(part))),
                    id.description, part, in: transaction)
            }
            guard isWhole, stored != record.storedByteCount else { return }
            note(
                id.description, nil,
                "its parts have \(stored) stored bytes, not \(record.storedByteCount)"
            ) { [catalog] transaction, changes in
                var mended = record
                mended.storedByteCount = UInt64(stored)
                try transaction.put(catalog.contents, id, mended)
                let change = Usage(storedByteCount: stored) + -record.storedUsage
                try changes.count(change, .wholeStore, record.namespace, in: transaction)
            }
        }
    }

    /// How many assets refer to contents; the index by content is right by now.
    func inspectReferences(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.contents, piece, in: transaction) { id, record in
            var found = 0
            let prefix = ContentAssetKey.prefix(record.checksum)
            try transaction.scan(catalog.assetsByContent, prefix: prefix) { key, _ in
                if try transaction.get(catalog.assets, key.asset)?.content == id { found += 1 }
                return true
            }
            guard found != record.referenceCount else { return }
            let reason = "\(record.referenceCount) assets are said to have it, \(found) do"
            if doubtedContents.contains(id) { return note(id.description, nil, reason) }
            note(id.description, nil, reason) { [catalog] transaction, changes in
                if found == 0 {
                    return try catalog.remove(id, record, in: transaction, changes)
                }
                var record = record
                record.referenceCount = UInt64(found)
                try transaction.put(catalog.contents, id, record)
            }
        }
    }

    /// Parts that belong to no content.
    func inspectParts(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.parts, piece, in: transaction) { key, record in
            let content = try transaction.get(catalog.contents, key.content)
            if let content, (1..<content.partCount).contains(Int(key.part)) { return }
            let reason = "no content has such a part"
            if doubtedContents.contains(key.content) {
                return note(key.content.description, Int(key.part), reason)
            }
            note(key.content.description, Int(key.part), reason) {
                [catalog] transaction, changes in
                try transaction.delete(catalog.parts, key)
                try catalog.release(
                    record.location, heldFor: RecordOwner(key), in: transaction, changes)
            }
        }
    }

    /// Requires the range of a payload to be held for it.
    func inspectRange(
        of location: PayloadLocation, _ owner: RecordOwner, _ id: String, _ part: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        let held = try transaction.get(catalog.extents, location.extent)
        if held == ExtentRecord(byteCount: location.recordByteCount, owner: owner) { return }
        if let held, held.owner != owner,
            try catalog.payload(of: held.owner, in: transaction).0?.extent == location.extent
        {
            return note(
                id, part, "its range of pack \(location.extent.pack) is held for another too")
        }
        let isFree = try catalog.isFree(location, in: transaction)
        guard isFree || held != nil else {
            return note(
                id, part, "its range of pack \(location.extent.pack) overlaps one that is held")
        }
        note(id, part, "no range of pack \(location.extent.pack) is held for it") {
            [catalog] transaction, _ in
            try catalog.claim(location, for: owner, in: transaction)
        }
    }
}

extension Catalog {
    /// Removes a content that no asset refers to.
    fileprivate func remove(
        _ id: ContentID, _ record: ContentRecord, in transaction: borrowing WriteTransaction,
        _ changes: ChangeSet
    ) throws {
        if let first = record.firstPart {
            try release(
                first, heldFor: RecordOwner(PartKey(content: id, part: 0)), in: transaction,
                changes)
        }
        var parts: [(key: PartKey, location: PayloadLocation)] = []
        try transaction.scan(self.parts, prefix: id.keyBytes) { key, record in
            parts.append((key, record.location))
            return true
        }
        for part in parts {
            try transaction.delete(self.parts, part.key)
            try release(
                part.location, heldFor: RecordOwner(part.key), in: transaction, changes)
        }
        try transaction.delete(contents, id)
        try changes.count(-record.storedUsage, .wholeStore, record.namespace, in: transaction)
    }

    /// Whether no range is held that overlaps a payload's.
    fileprivate func isFree(
        _ location: PayloadLocation, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> Bool {
        let end = ExtentKey(
            pack: location.extent.pack, offset: location.extent.offset + location.recordByteCount)
        guard let last = try transaction.entry(before: end, in: extents),
            last.key.pack == end.pack
        else { return true }
        return last.key.offset + last.value.byteCount <= location.extent.offset
    }

    /// Gives a range up that is said to be an owner's, if it is held for it and for nobody else.
    fileprivate func release(
        _ location: PayloadLocation, heldFor owner: RecordOwner,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws {
        if try transaction.get(extents, location.extent)
            == ExtentRecord(byteCount: location.recordByteCount, owner: owner)
        {
            try release(location, in: transaction, changes)
        }
    }
}

extension ContentID: CustomStringConvertible {
    package var description: String { "content \(hex(high))\(hex(low))" }
}
