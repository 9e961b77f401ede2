// One line of the manifest: a JSON object, written member by member.

internal import Basics

/// Writes an object with the members in the order in which they are added. What is `nil` has no
/// member. The same members give the same bytes.
struct JSONLineWriter {
    /// The object so far, without its end.
    private var bytes: [UInt8] = []

    init(kind: String) {
        bytes.append(UInt8(ascii: "{"))
        add("type", kind)
    }

    /// The whole line, with its end of line.
    func line() -> [UInt8] { bytes + [UInt8(ascii: "}"), UInt8(ascii: "\n")] }

    mutating func add(_ key: String, _ value: String?) {
        guard let value else { return }
        addKey(key)
        Self.append(value, to: &bytes)
    }

    mutating func add(_ key: String, _ value: Int?) {
        guard let value else { return }
        addKey(key)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// The shortest digits that give the same number again; what is no number in JSON as text.
    mutating func add(_ key: String, _ value: Double?) {
        guard let value else { return }
        guard value.isFinite else { return add(key, "\(value)") }
        addKey(key)
        bytes.append(contentsOf: "\(value)".utf8)
    }

    mutating func add(_ key: String, _ value: Timestamp?) {
        add(key, value.map { Int($0.millisecondsSinceEpoch) })
    }

    mutating func add(_ key: String, _ value: ContentChecksum) { add(key, value.description) }

    /// An object of texts, by ascending key.
    mutating func add(_ key: String, _ members: [String: String]) {
        addKey(key)
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.append(member.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            Self.append(member.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func addKey(_ key: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        Self.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
