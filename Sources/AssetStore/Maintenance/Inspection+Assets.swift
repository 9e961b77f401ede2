// What is held against what: assets, their contents, and the indexes that lead to them.

internal import Basics
internal import LMDB

extension Inspection {
    func inspectAssets(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.assets, piece, in: transaction) { id, record in
            countAsset(isNamed: !record.description.name.isEmpty)
            try inspectContent(of: id, record, in: transaction)
            try inspectIndexes(of: id, record, in: transaction)
            try inspectProject(record.project, of: id.description, in: transaction)
        }
    }

    private func inspectContent(
        of id: AssetID, _ record: Asset.Record,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        guard let content = try transaction.get(catalog.contents, record.content) else {
            doubt(record.content)
            return note(id.description, nil, "the record of its content is gone")
        }
        if content.byteCount != record.byteCount || content.checksum != record.checksum {
            doubt(record.content)
            note(id.description, nil, "its record contradicts that of its content")
        } else if content.storedByteCount != record.storedByteCount {
            note(id.description, nil, "its record contradicts that of its content") {
                [catalog] transaction, _ in
                var record = record
                record.storedByteCount = content.storedByteCount
                try transaction.put(catalog.assets, id, record)
            }
        }
    }

    private func inspectIndexes(
        of id: AssetID, _ record: Asset.Record,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        try require(
            ProjectAssetKey(
                project: record.project, namespace: record.description.namespace.rawValue,
                asset: id),
            in: catalog.assetsByProject, id.description, "its project does not list it",
            transaction)
        try require(
            ContentAssetKey(checksum: record.checksum, asset: id), in: catalog.assetsByContent,
            id.description, "the index by content does not list it", transaction)
        if !record.description.name.isEmpty {
            try require(
                NameAssetKey(project: record.project, name: record.description.name, asset: id),
                in: catalog.assetsByName, id.description, "the index by name does not list it",
                transaction)
        }
    }

    /// Requires an index to have an entry.
    func require<Key>(
        _ key: Key, in table: Table<Key, Presence>, _ id: String, _ reason: String,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) {
        if try transaction.get(table, key) == nil {
            note(id, nil, reason) { transaction, _ in
                try transaction.put(table, key, Presence())
            }
        }
    }

    func inspectAssetsByProject(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.assetsByProject, piece, in: transaction) { key, _ in
            let record = try transaction.get(catalog.assets, key.asset)
            if record?.project == key.project,
                record?.description.namespace.rawValue == key.namespace
            {
                return
            }
            dismiss(key, of: catalog.assetsByProject, "the index of assets by project", key.asset)
        }
    }

    func inspectAssetsByName(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.assetsByName, piece, in: transaction) { key, _ in
            if let record = try transaction.get(catalog.assets, key.asset),
                !record.description.name.isEmpty,
                case let expected = NameAssetKey(
                    project: record.project, name: record.description.name, asset: key.asset),
                key.keyBytes == expected.keyBytes
            {
                return
            }
            dismiss(key, of: catalog.assetsByName, "the index of assets by name", key.asset)
        }
    }

    func inspectAssetsByContent(
        _ piece: Piece, in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        try scan(catalog.assetsByContent, piece, in: transaction) { key, _ in
            if try transaction.get(catalog.assets, key.asset)?.checksum == key.checksum { return }
            dismiss(key, of: catalog.assetsByContent, "the index of assets by content", key.asset)
        }
    }

    /// Notes an entry of an index that leads nowhere.
    func dismiss<Key>(
        _ key: Key, of table: Table<Key, Presence>, _ name: String,
        _ subject: some CustomStringConvertible
    ) {
        note(name, nil, "it lists \(subject), which is not there or not so") { transaction, _ in
            try transaction.delete(table, key)
        }
    }
}
