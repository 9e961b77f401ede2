// An asset as `put`, `show`, `ls` and `rm` print it.

internal import AssetStore
internal import Basics

extension Asset {
    /// The object that `--json` prints. What isn't known of an asset has no key.
    var json: JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("id", .string(id.description)), ("namespace", .string(namespace.name)),
            ("project", .string(project)), ("kind", .string(description.kind)),
            ("name", .string(description.name)), ("mediaType", .string(description.mediaType)),
            ("byteCount", .integer(byteCount)), ("storedByteCount", .integer(storedByteCount)),
            ("checksum", .string(checksum.description)), ("createdAt", createdAt.json),
            (
                "attributes",
                .members(
                    description.attributes.sorted { $0.key < $1.key }
                        .map { (key: $0.key, value: JSONValue.string($0.value)) })
            ),
        ]
        let facts = description.facts
        let optional: [(key: String, value: JSONValue)] = [
            ("parameters", JSONValue(embedding: description.parameters)),
            ("width", JSONValue(facts.width)),
            ("height", JSONValue(facts.height)),
            ("durationSeconds", JSONValue(facts.durationSeconds)),
            ("frameRate", JSONValue(facts.frameRate)),
            ("sampleRate", JSONValue(facts.sampleRate)),
            ("channelCount", JSONValue(facts.channelCount)),
        ]
        members += optional.filter { $0.value != .null }
        return .members(members)
    }

    /// The columns of a listing.
    static let table = TextTable(columns: [
        .init(title: "id", width: 36), .init(title: "namespace", width: 9),
        .init(title: "project", width: 12), .init(title: "size", width: 8, isNumber: true),
        .init(title: "created", width: 19), .init(title: "kind", width: 9),
        .init(title: "what it is", width: 31), .init(title: "name", width: 0),
    ])

    /// The line of a listing.
    var row: String {
        Self.table.row([
            id.description, namespace.name, project, ByteSize.format(byteCount),
            createdAt.shortText, description.kind.isEmpty ? "-" : description.kind, factsText,
            description.name,
        ])
    }

    /// The page that `show` prints.
    var page: String {
        let attributes = description.attributes.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        return textPage([
            "id": id.description, "namespace": namespace.name, "project": project,
            "kind": description.kind.nonEmpty, "name": description.name.nonEmpty,
            "what it is": factsText,
            "size": "\(ByteSize.format(byteCount)) (\(byteCount) bytes)",
            "stored": "\(ByteSize.format(storedByteCount)) (\(storedByteCount) bytes)",
            "checksum": "\(checksum) (XXH3-128)", "created": "\(createdAt.shortText) UTC",
            "attributes": attributes.nonEmpty, "parameters": description.parameters,
        ])
    }

    /// `image/png 640×480`, `audio/ogg 3:12 44100 Hz stereo`.
    private var factsText: String {
        let facts = description.facts
        var parts = [description.mediaType]
        if let width = facts.width, let height = facts.height { parts.append("\(width)×\(height)") }
        if let rate = facts.frameRate { parts.append("\(decimals(rate)) fps") }
        if let seconds = facts.durationSeconds { parts.append(clockText(seconds: seconds)) }
        if let rate = facts.sampleRate { parts.append("\(rate) Hz") }
        switch facts.channelCount {
        case nil: break
        case 1: parts.append("mono")
        case 2: parts.append("stereo")
        case let count?: parts.append("\(count) channels")
        }
        return parts.joined(separator: " ")
    }

    /// At most three decimals, none that are zero.
    private func decimals(_ value: Double) -> String {
        let rounded = (value * 1000).rounded() / 1000
        return JSONValue.double(rounded).text
    }
}

extension String {
    /// The string, or `nil` when it is empty.
    var nonEmpty: String? { isEmpty ? nil : self }
}
