// Putting, finding, reading and removing assets.

public import Basics
internal import LMDB

extension Store {
    /// A writer for a new asset whose bytes come in pieces.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the description is not valid.
    public func makeWriter(for description: AssetDescription) throws -> AssetWriter {
        try description.validate()
        return AssetWriter(self, description, id: assetIDs.next())
    }

    /// Stores an asset and returns it once it is durable.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``, ``AssetError/Code/quotaExceeded``,
    ///   ``AssetError/Code/diskFull``, ``AssetError/Code/io``. Then nothing was stored.
    public func put(_ description: AssetDescription, _ bytes: RawSpan) throws -> Asset {
        var writer = try makeWriter(for: description)
        try admit(bytes.byteCount)
        try writer.write(bytes)
        return try writer.finish()
    }

    /// Stores all of `source` as an asset and returns it once it is durable. Takes one part of
    /// memory, whatever the length.
    public func put(
        _ description: AssetDescription, contentsOf source: any RandomAccessBytes
    ) throws -> Asset {
        var writer = try makeWriter(for: description)
        try admit(source.byteCount)
        try writer.write(contentsOf: source)
        return try writer.finish()
    }

    /// An asset, `nil` when it is not there.
    public func asset(_ id: AssetID) throws -> Asset? {
        try catalog.environment.read { transaction in
            try transaction.get(catalog.assets, id)?.asset(id)
        }
    }

    /// A reader of an asset's bytes, `nil` when it is not there.
    public func reader(for id: AssetID) throws -> AssetReader? {
        try asset(id).map { AssetReader(self, $0) }
    }

    /// Lends all bytes of an asset, checked; from the mapped pack where they lie in one part.
    /// `nil` when the asset is not there.
    ///
    /// - Throws: ``AssetError/Code/damaged``; ``AssetError/Code/invalidArgument`` when the asset
    ///   is longer than ``Limits/contiguousByteCountMax``.
    public func withBytes<Result>(
        of id: AssetID, _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        guard let reader = try reader(for: id) else { return nil }
        if reader.byteCount == 0 { return unsafe try body([UInt8]().span.bytes) }
        if reader.asset.partCount == 1 {
            var result: Result?
            try reader.forEachPiece { result = try body($0) }
            return result
        }
        guard reader.byteCount <= Limits.contiguousByteCountMax else {
            throw AssetError(
                .invalidArgument,
                "\(reader.subject) has \(reader.byteCount) bytes, too many to lend at once; "
                    + "read it in ranges")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(reader.byteCount)
        try reader.forEachPiece { piece in
            unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
        return unsafe try body(bytes.span.bytes)
    }

    /// Calls `body` with assets until it returns false: those of a project and a namespace, or
    /// all. They come in the order of their creation; those of a project by namespace first.
    ///
    /// Holds one snapshot meanwhile, so whoever does slow things with assets takes some, lets go,
    /// and goes on after the last one.
    ///
    /// - Parameter last: begin behind this asset of the same listing, whether or not it is still
    ///   there.
    /// - Complexity: O(assets of the project and namespace behind `last`).
    public func forEachAsset(
        project: String? = nil, namespace: Namespace? = nil, kind: String? = nil,
        after last: Asset? = nil, _ body: (Asset) throws -> Bool
    ) throws {
        try catalog.environment.read { transaction in
            func matches(_ asset: Asset) -> Bool {
                (namespace == nil || asset.namespace == namespace)
                    && (kind == nil || asset.description.kind == kind)
            }
            guard let project else {
                let start = last.map { $0.id.keyBytes + [0] }
                try transaction.scan(catalog.assets, from: start) { id, record in
                    let asset = record.asset(id)
                    return try !matches(asset) || body(asset)
                }
                return
            }
            let prefix = ProjectAssetKey.prefix(project: project, namespace: namespace)
            let start = last.map { last in
                ProjectAssetKey(
                    project: project, namespace: last.namespace.rawValue, asset: last.id
                ).keyBytes + [0]
            }
            try transaction.scan(
                catalog.assetsByProject, prefix: prefix, from: start
            ) { key, _ in
                guard let record = try transaction.get(catalog.assets, key.asset) else {
                    throw AssetError(
                        .damaged, "project \(project) lists asset \(key.asset), which is gone")
                }
                let asset = record.asset(key.asset)
                return try !matches(asset) || body(asset)
            }
        }
    }

    /// The assets of a project, by namespace and then in the order of their creation.
    public func assets(
        project: String, namespace: Namespace? = nil, kind: String? = nil
    ) throws -> [Asset] {
        var assets: [Asset] = []
        try forEachAsset(project: project, namespace: namespace, kind: kind) {
            assets.append($0)
            return true
        }
        return assets
    }

    /// The first asset of a project with exactly this content, `nil` when there is none.
    public func asset(
        withContent checksum: ContentChecksum, byteCount: Int, project: String,
        namespace: Namespace
    ) throws -> Asset? {
        try catalog.environment.read { transaction in
            var found: Asset?
            let prefix = ContentAssetKey.prefix(checksum)
            try transaction.scan(catalog.assetsByContent, prefix: prefix) { key, _ in
                if let asset = try transaction.get(catalog.assets, key.asset)?.asset(key.asset),
                    asset.project == project, asset.namespace == namespace,
                    asset.byteCount == byteCount
                {
                    found = asset
                }
                return found == nil
            }
            return found
        }
    }

    /// Removes an asset durably; says whether it was there. Its bytes become free.
    @discardableResult
    public func removeAsset(_ id: AssetID) throws -> Bool {
        let wasThere = Monitor(false)
        try committer.commit { [catalog] transaction in
            let removed = try catalog.remove(id, in: transaction)
            wasThere.withLock { $0 = removed }
        }
        return wasThere.withLock { $0 }
    }
}
