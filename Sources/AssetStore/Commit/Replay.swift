// Doing commits again that the catalog lost when the machine went down.
//
// A put waits for the disk once, for its record in a pack, and its commit is deferred: see
// Environment.writeDeferred. Such records follow each other in their pack, from where its committed
// part ends in the catalog that is left. Each says all that its commit entered, and those of one commit
// were durable before it; so they are read up to the first that is not whole, or is something else.

internal import Basics
internal import LMDB

/// Enters the assets again whose commits were undone. Run before anybody else uses the store.
struct Replay {
    let catalog: Catalog
    let packs: Packs

    /// Enters what follows the committed part of a pack. O(bytes of the records that are entered).
    func run(_ pack: PackID) throws {
        if let record = try catalog.environment.read({ try $0.get(catalog.packs, pack) }) {
            try replay(pack, from: record.committedEnd)
        }
        try catalog.environment.flushDeferred()
    }

    private func replay(_ pack: PackID, from end: UInt64) throws {
        let path = packs.path(of: pack)
        guard try FileSystem.kind(of: path) == .file,
            var scanner = try PackScanner(File(path))
        else { return }
        var offset = Int(end)
        while offset + RecordHeader.byteCount <= scanner.byteCount,
            case .record(
                let header, _, .asset(let id, let project, let asset, isReplayable: true)) =
                try scanner.finding(at: offset)
        {
            do {
                let extent = ExtentKey(pack: pack, offset: UInt64(offset))
                try enter(header, at: extent, id, project, asset)
            } catch let error as AssetError
                where [.alreadyExists, .quotaExceeded, .invalidArgument].contains(error.code)
            {
                // It was refused then, too, and nothing behind it was acknowledged.
                return
            } catch is ContentConflict {
                return
            }
            offset += Int(header.recordByteCount)
        }
    }

    private func enter(
        _ header: RecordHeader, at extent: ExtentKey, _ id: AssetID, _ project: String,
        _ described: Asset.Record
    ) throws {
        let content = ContentID(high: header.owner.high, low: header.owner.low)
        let location = PayloadLocation(
            extent: extent, byteCount: header.payloadByteCount,
            storedByteCount: UInt64(header.storedByteCount), packing: header.packing,
            checksum: header.checksum, descriptionByteCount: header.descriptionByteCount)
        var record = described
        record.content = content
        record.storedByteCount = location.storedByteCount
        try catalog.change(knownFrom: extent.pack) { transaction, changes in
            guard var pack = try transaction.get(catalog.packs, extent.pack) else { return }
            pack.committedEnd = extent.offset + location.recordByteCount
            pack.isSwept = false
            try transaction.put(catalog.packs, extent.pack, pack)
            try catalog.insert(
                id, record, parts: [location], unless: nil, into: .named(project),
                in: transaction, changes)
            try catalog.claim(location, for: header.owner, in: transaction)
        }
    }
}
