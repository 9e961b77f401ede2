// The value under which an asset stands in the catalog.

package import Basics
internal import LMDB

extension Asset {
    /// What the catalog knows of an asset.
    package struct Record: TableValue, Equatable {
        /// Its project's name is empty: the number says which one it is.
        var description: AssetDescription
        var project: ProjectNumber
        var content: ContentID
        var byteCount: UInt64
        var storedByteCount: UInt64
        var checksum: ContentChecksum
        var createdAt: Timestamp

        func asset(_ id: AssetID, project name: String) -> Asset {
            var description = description
            description.project = name
            return Asset(
                id: id, description: description, byteCount: Int(byteCount),
                storedByteCount: Int(storedByteCount), checksum: checksum, createdAt: createdAt,
                content: content)
        }

        var usage: Usage {
            Usage(count: 1, byteCount: Int(byteCount), storedByteCount: Int(storedByteCount))
        }
    }
}

extension Asset.Record {
    package func append(to value: inout ByteWriter) {
        value.append(UInt8(1))
        value.append(description.namespace.rawValue)
        value.append(byteCount)
        value.append(storedByteCount)
        value.append(checksum.high)
        value.append(checksum.low)
        value.append(createdAt.millisecondsSinceEpoch)
        value.append(project.number)
        value.append(content.high)
        value.append(content.low)
        value.append(description.kind)
        value.append(description.name)
        value.append(description.mediaType)
        value.append(optional: description.parameters)
        value.append(optional: description.facts.width.map(Int64.init))
        value.append(optional: description.facts.height.map(Int64.init))
        value.append(optional: description.facts.durationSeconds)
        value.append(optional: description.facts.frameRate)
        value.append(optional: description.facts.sampleRate.map(Int64.init))
        value.append(optional: description.facts.channelCount.map(Int64.init))
        value.append(UInt32(description.attributes.count))
        for (key, text) in description.attributes.sorted(by: { $0.key < $1.key }) {
            value.append(key)
            value.append(text)
        }
    }

    package init(value: inout ByteReader) throws(AssetError) {
        let head = try Head(value: &value)
        (project, content, checksum) = (head.project, head.content, head.checksum)
        (byteCount, storedByteCount) = (head.byteCount, head.storedByteCount)
        createdAt = head.createdAt
        description = try AssetDescription(
            value: &value, namespace: head.namespace, project: "")
    }

    /// The fields of fixed length, with which a record begins.
    fileprivate struct Head {
        let namespace: Namespace
        let byteCount: UInt64
        let storedByteCount: UInt64
        let checksum: ContentChecksum
        let createdAt: Timestamp
        let project: ProjectNumber
        let content: ContentID

        @inline(__always)
        init(value: inout ByteReader) throws(AssetError) {
            try value.requireVersion(1)
            namespace = try value.namespace()
            byteCount = try value.byteCount()
            storedByteCount = try value.byteCount()
            checksum = ContentChecksum(high: try value.integer(), low: try value.integer())
            createdAt = Timestamp(millisecondsSinceEpoch: try value.integer())
            project = ProjectNumber(number: try value.integer())
            content = ContentID(high: try value.integer(), low: try value.integer())
        }
    }
}

extension Asset {
    /// Reads a record as the asset that callers see; `nil` when its project has no name. Records
    /// are large values, and copying one takes as long as finding it.
    ///
    /// - Parameter name: the name of a project.
    @inline(__always)
    init?(
        _ id: AssetID, value: inout ByteReader,
        name: (ProjectNumber) throws(AssetError) -> String?
    ) throws(AssetError) {
        let head = try Record.Head(value: &value)
        guard let project = try name(head.project) else { return nil }
        let description = try AssetDescription(
            value: &value, namespace: head.namespace, project: project)
        try value.finish()
        self.init(
            id: id, description: description, byteCount: Int(head.byteCount),
            storedByteCount: Int(head.storedByteCount), checksum: head.checksum,
            createdAt: head.createdAt, content: head.content)
    }
}

extension AssetDescription {
    /// Reads what a record says behind its head.
    @inline(__always)
    fileprivate init(
        value: inout ByteReader, namespace: Namespace, project: String
    ) throws(AssetError) {
        let (kind, name) = (try value.string(), try value.string())
        let mediaType = try value.string()
        let parameters = try value.optionalString()
        let facts = try MediaFacts(value: &value)
        let count = try value.integer(UInt32.self)
        guard count <= Limits.attributeCountMax else { throw value.damaged("too many attributes") }
        var attributes: [String: String] = [:]
        for _ in 0..<count {
            let key = try value.string()
            attributes[key] = try value.string()
        }
        self.init(
            namespace: namespace, project: project, kind: kind, name: name,
            mediaType: mediaType, attributes: attributes, parameters: parameters, facts: facts)
    }
}

extension MediaFacts {
    @inline(__always)
    fileprivate init(value: inout ByteReader) throws(AssetError) {
        self.init(
            width: try value.optionalInt(), height: try value.optionalInt(),
            durationSeconds: try value.optionalDouble(), frameRate: try value.optionalDouble(),
            sampleRate: try value.optionalInt(), channelCount: try value.optionalInt())
    }
}

extension ByteReader {
    /// Reads text that may be absent.
    mutating func optionalString() throws(AssetError) -> String? {
        try optional { reader throws(AssetError) in try reader.string() }
    }

    @inline(__always)
    fileprivate mutating func optionalInt() throws(AssetError) -> Int? {
        try optional { reader throws(AssetError) in Int(try reader.integer(Int64.self)) }
    }

    @inline(__always)
    fileprivate mutating func optionalDouble() throws(AssetError) -> Double? {
        try optional { reader throws(AssetError) in try reader.double() }
    }
}
