// Putting, finding, reading and removing assets.

public import Basics
internal import LMDB

extension Store {
    /// A writer for a new asset whose bytes come in pieces.
    ///
    /// - Parameter id: the identifier that the asset is to have; a new one when it is `nil`. When
    ///   an asset has it, ``AssetWriter/finish()`` throws ``AssetError/Code/alreadyExists``.
    /// - Throws: ``AssetError/Code/invalidArgument`` when the description is not valid.
    public func makeWriter(
        for description: AssetDescription, id: AssetID? = nil
    ) throws -> AssetWriter {
        try description.validate()
        return AssetWriter(self, description, id: id ?? assetIDs.next())
    }

    /// Stores an asset and returns it once it is durable: it survives the death of the process and
    /// the loss of power. Its project is made when it is not there. Callers that come at once share
    /// commits.
    ///
    /// - Parameter id: the identifier that the asset is to have; a new one when it is `nil`.
    /// - Throws: ``AssetError/Code/invalidArgument`` when the description is not valid or the store
    ///   is closed, ``AssetError/Code/alreadyExists`` when an asset has the identifier,
    ///   ``AssetError/Code/quotaExceeded``, ``AssetError/Code/diskFull``, ``AssetError/Code/io``.
    ///   Then nothing was stored.
    /// - Complexity: O(bytes), and one commit.
    public func put(
        _ description: AssetDescription, _ bytes: RawSpan, id: AssetID? = nil
    ) throws -> Asset {
        var writer = try makeWriter(for: description, id: id)
        if bytes.byteCount <= Limits.partByteCount {
            return try writer.finish(appending: bytes)
        }
        if !PayloadPacking.pays(for: description.mediaType) {
            try writer.reserve(bytes.byteCount)
        }
        try writer.write(bytes)
        return try writer.finish()
    }

    /// Stores an asset and returns it once it is durable; see ``put(_:_:id:)-(_,RawSpan,_)``.
    public func put(
        _ description: AssetDescription, _ bytes: [UInt8], id: AssetID? = nil
    ) throws -> Asset {
        unsafe try put(description, bytes.span.bytes, id: id)
    }

    /// Stores all of `source` as an asset and returns it once it is durable. Takes one part of
    /// memory, whatever the length.
    ///
    /// - Throws: like ``put(_:_:id:)-(_,RawSpan,_)``; what reading `source` throws.
    public func put(
        _ description: AssetDescription, contentsOf source: any RandomAccessBytes,
        id: AssetID? = nil
    ) throws -> Asset {
        var writer = try makeWriter(for: description, id: id)
        if !PayloadPacking.pays(for: description.mediaType) {
            try writer.reserve(source.byteCount)
        }
        try writer.write(contentsOf: source)
        return try writer.finish()
    }

    /// An asset, `nil` when it is not there. O(log n).
    public func asset(_ id: AssetID) throws -> Asset? { try read { try $0.asset(id) } }

    /// A reader of an asset's bytes, `nil` when it is not there.
    public func reader(for id: AssetID) throws -> AssetReader? {
        try asset(id).map { AssetReader(self, $0) }
    }

    /// Lends all bytes of an asset, checked; see ``Snapshot/withBytes(of:_:)``. `nil` when the asset
    /// is not there.
    ///
    /// - Throws: ``AssetError/Code/damaged``; ``AssetError/Code/invalidArgument`` when the asset
    ///   is longer than ``Limits/contiguousByteCountMax``; what `body` throws.
    public func withBytes<Result>(
        of id: AssetID, _ body: (RawSpan) throws -> Result
    ) throws -> Result? {
        try read { try $0.withBytes(of: id, body) }
    }

    /// A copy of all bytes of an asset, checked; `nil` when it is not there.
    ///
    /// - Throws: like ``withBytes(of:_:)``, which makes no copy.
    public func bytes(of id: AssetID) throws -> [UInt8]? {
        try withBytes(of: id) { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
    }

    /// Calls `body` with assets until it returns false; see
    /// ``Snapshot/forEachAsset(project:namespace:kind:after:_:)``.
    public func forEachAsset(
        project: String? = nil, namespace: Namespace? = nil, kind: String? = nil,
        after last: Asset? = nil, _ body: (Asset) throws -> Bool
    ) throws {
        try read { snapshot in
            try snapshot.forEachAsset(
                project: project, namespace: namespace, kind: kind, after: last, body)
        }
    }

    /// The assets of a project, by namespace and then in the order of their creation; none when it
    /// is not there. Many of them are better read one by one, by
    /// ``forEachAsset(project:namespace:kind:after:_:)``.
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

    /// The assets of a project that have a name, in the order of their creation.
    public func assets(project: String, named name: String) throws -> [Asset] {
        try read { try $0.assets(project: project, named: name) }
    }

    /// An asset of a project with exactly this content, `nil` when there is none; see
    /// ``Snapshot/asset(withContent:byteCount:project:namespace:)``.
    public func asset(
        withContent checksum: ContentChecksum, byteCount: Int, project: String,
        namespace: Namespace
    ) throws -> Asset? {
        try read { snapshot in
            try snapshot.asset(
                withContent: checksum, byteCount: byteCount, project: project,
                namespace: namespace)
        }
    }

    /// Changes what an asset says of itself; its bytes, its namespace and its project stay. Returns
    /// it as it is now, `nil` when it is not there.
    ///
    /// - Parameter body: depends on nothing but its argument; it may be called twice.
    /// - Throws: ``AssetError/Code/invalidArgument`` when the new description is not valid or
    ///   names another namespace or project; then nothing was changed.
    @discardableResult
    public func updateAsset(
        _ id: AssetID, _ body: @escaping @Sendable (inout AssetDescription) -> Void
    ) throws -> Asset? {
        let result = Monitor<Asset?>(nil)
        try committer.commit { [catalog] transaction, changes in
            let updated = try catalog.update(id, body, in: transaction, changes)
            result.withLock { $0 = updated }
        }
        return result.withLock { $0 }
    }

    /// Removes an asset durably; says whether it was there. Its bytes become free when no other
    /// asset has them; their disk blocks are given back afterwards, see
    /// ``reclaim(_:isCancelled:)``. Works when the disk or a quota is full.
    ///
    /// - Complexity: O(log n + parts of the asset), and one commit.
    @discardableResult
    public func removeAsset(_ id: AssetID) throws -> Bool {
        let wasThere = Monitor(false)
        try committer.commit { [catalog] transaction, changes in
            let removed = try catalog.remove(id, in: transaction, changes)
            wasThere.withLock { $0 = removed }
        }
        return wasThere.withLock { $0 }
    }
}

extension Catalog {
    fileprivate func update(
        _ id: AssetID, _ body: (inout AssetDescription) -> Void,
        in transaction: borrowing WriteTransaction, _ changes: ChangeSet
    ) throws -> Asset? {
        guard var record = try transaction.get(assets, id),
            let project = try name(of: record.project, in: transaction)
        else { return nil }
        let old = record.asset(id, project: project)
        var description = old.description
        body(&description)
        try description.validate()
        guard description.namespace == old.namespace, description.project == project else {
            throw AssetError(
                .invalidArgument,
                "\(old.subject) stays in its namespace and its project; store it again instead")
        }
        if description.name != old.description.name {
            if !old.description.name.isEmpty {
                try transaction.delete(
                    assetsByName,
                    NameAssetKey(project: record.project, name: old.description.name, asset: id))
            }
            if !description.name.isEmpty {
                try transaction.put(
                    assetsByName,
                    NameAssetKey(project: record.project, name: description.name, asset: id),
                    Presence())
            }
        }
        record.description = description
        record.description.project = ""
        try transaction.put(assets, id, record)
        changes.note(ChangeRecord(.updated, .asset(id)))
        return record.asset(id, project: project)
    }
}
