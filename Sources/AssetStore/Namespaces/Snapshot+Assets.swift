// Finding and reading assets in a snapshot.

public import Basics
internal import LMDB

extension Snapshot {
    /// An asset, `nil` when it is not there. O(log n).
    public func asset(_ id: AssetID) throws -> Asset? {
        try transaction.get(catalog.assets, id) { value throws(AssetError) in
            try Asset(id, value: &value) { project throws(AssetError) in
                try name(of: project)
            }
        }
    }

    /// Lends all bytes of an asset, checked: from the mapped pack where they lie in one part (4 MiB)
    /// and are not packed, otherwise from memory. `nil` when the asset is not there.
    ///
    /// - Throws: ``AssetError/Code/damaged``; ``AssetError/Code/invalidArgument`` when the asset
    ///   is longer than ``Limits/contiguousByteCountMax``; what `body` throws.
    /// - Complexity: O(bytes).
    public func withBytes<Result>(
        of id: AssetID, _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        guard let asset = try asset(id) else { return nil }
        if asset.byteCount == 0 { return unsafe try body([UInt8]().span.bytes) }
        if asset.partCount == 1 { return try withPart(0, of: asset, body) }
        guard asset.byteCount <= Limits.contiguousByteCountMax else {
            // A length that is damaged is not the asset's.
            try withPart(asset.partCount - 1, of: asset) { _ in }
            throw AssetError(
                .invalidArgument,
                "\(asset.subject) has \(asset.byteCount) bytes, too many to lend at once; "
                    + "read it in ranges")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(asset.byteCount)
        for part in 0..<asset.partCount {
            try withPart(part, of: asset) { piece in
                unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
            }
        }
        return unsafe try body(bytes.span.bytes)
    }

    /// Lends one part's bytes.
    ///
    /// - Parameter isChecked: says whether the bytes at a place were compared with their checksum
    ///   before, and lie there still.
    func withPart<Result>(
        _ part: Int, of asset: Asset, isChecked: (ExtentKey) -> Bool = { _ in false },
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        guard let location = try catalog.location(of: part, asset.content, in: transaction)
        else {
            guard try self.asset(asset.id) != nil else {
                throw AssetError(
                    .inputMissing, "\(asset.subject) was removed while it was read")
            }
            throw AssetError(.damaged, "\(asset.subject), part \(part): its record is gone")
        }
        let expected = min(
            Limits.partByteCount, asset.byteCount - part * Limits.partByteCount)
        guard Int(location.byteCount) == expected else {
            throw AssetError(
                .damaged, "\(asset.subject), part \(part): its record has a wrong length")
        }
        return try store.packReader.withPayload(
            at: location, subject: "\(asset.subject), part \(part)",
            isChecked: isChecked(location.extent), body)
    }

    /// Calls `body` with assets until it returns false: those of a project and a namespace, or
    /// all. They come in the order of their creation; those of a project by namespace first.
    ///
    /// Whoever does slow things with assets takes some, lets go of the snapshot, and goes on after
    /// the last one.
    ///
    /// - Parameter last: begin behind this asset of the same listing, whether or not it is still
    ///   there.
    /// - Complexity: O(assets of the project and namespace behind `last`).
    public func forEachAsset(
        project: String? = nil, namespace: Namespace? = nil, kind: String? = nil,
        after last: Asset? = nil, _ body: (Asset) throws -> Bool
    ) throws {
        func matches(_ record: Asset.Record) -> Bool {
            (namespace == nil || record.description.namespace == namespace)
                && (kind == nil || record.description.kind == kind)
        }
        guard let project else {
            let start = last.map { $0.id.keyBytes + [0] }
            try transaction.scan(catalog.assets, from: start) { id, record in
                guard matches(record), let name = try name(of: record.project) else {
                    return true
                }
                return try body(record.asset(id, project: name))
            }
            return
        }
        guard let number = try catalog.project(named: project, in: transaction) else { return }
        let prefix = ProjectAssetKey.prefix(number, namespace: namespace)
        let start = last.map { last in
            ProjectAssetKey(
                project: number, namespace: last.namespace.rawValue, asset: last.id
            ).keyBytes + [0]
        }
        try transaction.scan(catalog.assetsByProject, prefix: prefix, from: start) { key, _ in
            guard let record = try transaction.get(catalog.assets, key.asset) else {
                throw AssetError(
                    .damaged, "project \(project) lists asset \(key.asset), which is gone")
            }
            return try !matches(record) || body(record.asset(key.asset, project: project))
        }
    }

    /// The assets of a project that have a name, in the order of their creation.
    ///
    /// - Complexity: O(log n + assets of that name).
    public func assets(project: String, named name: String) throws -> [Asset] {
        guard let number = try catalog.project(named: project, in: transaction) else { return [] }
        var found: [Asset] = []
        let prefix = NameAssetKey.prefix(number, name: name)
        try transaction.scan(catalog.assetsByName, prefix: prefix) { key, _ in
            if let record = try transaction.get(catalog.assets, key.asset),
                record.description.name == name
            {
                found.append(record.asset(key.asset, project: project))
            }
            return true
        }
        return found
    }

    /// An asset of a project with exactly this content, `nil` when there is none.
    ///
    /// - Complexity: O(log n + assets with this content).
    public func asset(
        withContent checksum: ContentChecksum, byteCount: Int, project: String,
        namespace: Namespace
    ) throws -> Asset? {
        guard let number = try catalog.project(named: project, in: transaction) else { return nil }
        var found: Asset?
        let prefix = ContentAssetKey.prefix(checksum)
        try transaction.scan(catalog.assetsByContent, prefix: prefix) { key, _ in
            if let record = try transaction.get(catalog.assets, key.asset),
                record.project == number, record.description.namespace == namespace,
                record.byteCount == byteCount
            {
                found = record.asset(key.asset, project: project)
            }
            return found == nil
        }
        return found
    }
}
