// A stored frame as `frames ls` prints it.

internal import AssetStore
internal import Basics
internal import FrameCodecs

extension StoredFrame {
    /// The object that `--json` prints.
    var json: JSONValue {
        [
            "index": .integer(index), "codec": .string(codecName),
            "width": .integer(facts.width), "height": .integer(facts.height),
            "byteCount": .integer(byteCount), "storedByteCount": .integer(storedByteCount),
            "checksum": .string(hex(checksum)),
        ]
    }

    /// The codec's name; its number where this version has no name for it.
    private var codecName: String {
        FrameCodec(rawValue: facts.codec).map { "\($0)" } ?? "\(facts.codec)"
    }

    /// The columns of a listing.
    static let table = TextTable(columns: [
        .init(title: "index", width: 8, isNumber: true), .init(title: "codec", width: 8),
        .init(title: "pixels", width: 11), .init(title: "size", width: 9, isNumber: true),
        .init(title: "checksum", width: 0),
    ])

    /// The line of a listing.
    var row: String {
        Self.table.row([
            "\(index)", codecName, "\(facts.width)×\(facts.height)", ByteSize.format(byteCount),
            hex(checksum),
        ])
    }
}
