// The value under which an asset stands in the catalog.

internal import Basics
internal import LMDB

extension Asset {
    /// What the catalog knows of an asset.
    struct Record: TableValue, Equatable {
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
    func append(to value: inout ByteWriter) {
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

    init(value: inout ByteReader) throws(AssetError) {
        try value.requireVersion(1)
        let namespace = try value.namespace()
        byteCount = try value.byteCount()
        storedByteCount = try value.byteCount()
        checksum = ContentChecksum(high: try value.integer(), low: try value.integer())
        createdAt = Timestamp(millisecondsSinceEpoch: try value.integer())
        project = ProjectNumber(number: try value.integer())
        content = ContentID(high: try value.integer(), low: try value.integer())
        description = AssetDescription(
            namespace: namespace, project: "", kind: try value.string(), name: try value.string(),
            mediaType: try value.string())
        description.parameters = try value.optionalString()
        description.facts.width = try value.optionalInt()
        description.facts.height = try value.optionalInt()
        description.facts.durationSeconds = try value.optional { reader throws(AssetError) in
            try reader.double()
        }
        description.facts.frameRate = try value.optional { reader throws(AssetError) in
            try reader.double()
        }
        description.facts.sampleRate = try value.optionalInt()
        description.facts.channelCount = try value.optionalInt()
        let count = try value.integer(UInt32.self)
        guard count <= Limits.attributeCountMax else { throw value.damaged("too many attributes") }
        for _ in 0..<count {
            let key = try value.string()
            description.attributes[key] = try value.string()
        }
    }
}

extension ByteReader {
    /// Reads text that may be absent.
    mutating func optionalString() throws(AssetError) -> String? {
        try optional { reader throws(AssetError) in try reader.string() }
    }

    fileprivate mutating func optionalInt() throws(AssetError) -> Int? {
        try optional { reader throws(AssetError) in Int(try reader.integer(Int64.self)) }
    }
}
