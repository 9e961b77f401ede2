// Reads JSON that the user hands in, such as `--parameters` files, keeping the order of keys and
// the digits of numbers. Strict (RFC 8259), bounded in depth, and never trapping.

/// What is wrong with a JSON text, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    /// The byte at which it was noticed, counted from 0.
    package let offset: Int

    package init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "not JSON: \(reason) at byte \(offset)" }
}

extension JSONValue {
    /// The deepest nesting that is read.
    package static let depthMax = 64

    /// Reads one JSON text.
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSONError(reason: "text that is not UTF-8", offset: 0)
        }
        var parser = JSONParser(bytes: bytes)
        return try parser.document()
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    var offset = 0

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: offset) }

    mutating func document() throws(JSONError) -> JSONValue {
        let result = try value(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw error("something follows the value") }
        return result
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            offset += 1
        }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard let byte = next, byte == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= JSONValue.depthMax else { throw error("nesting too deep") }
        if accept("{") { return .object(try members(depth: depth)) }
        if accept("[") { return .array(try elements(depth: depth)) }
        if accept("\"") { return .string(try string()) }
        for (word, value) in [("true", true), ("false", false)] as [(String, JSONValue)]
            + [("null", nil)]
        where bytes[offset...].starts(with: word.utf8) {
            offset += word.utf8.count
            return value
        }
        return .number(literal: try number())
    }

    private mutating func members(depth: Int) throws(JSONError) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if accept("}") { return members }
        repeat {
            guard accept("\"") else { throw error("a key is expected") }
            let key = try string()
            guard accept(":") else { throw error("a colon is expected") }
            members.append(JSONValue.Member(key: key, value: try value(depth: depth + 1)))
        } while accept(",")
        guard accept("}") else { throw error("a comma or } is expected") }
        guard Set(members.map(\.key)).count == members.count else {
            throw error("an object has a key twice")
        }
        return members
    }

    private mutating func elements(depth: Int) throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        if accept("]") { return elements }
        repeat { elements.append(try value(depth: depth + 1)) } while accept(",")
        guard accept("]") else { throw error("a comma or ] is expected") }
        return elements
    }

    private mutating func number() throws(JSONError) -> String {
        let start = offset
        if next == UInt8(ascii: "-") { offset += 1 }
        let leading = offset
        try digits()
        if bytes[leading] == UInt8(ascii: "0"), offset > leading + 1 {
            throw error("a number with a leading zero")
        }
        if next == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while let byte = next, (48...57).contains(byte) { offset += 1 }
        guard offset > start else { throw error("a value is expected") }
    }

    private mutating func string() throws(JSONError) -> String {
        var utf8: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: utf8, as: UTF8.self)
            case UInt8(ascii: "\\"): utf8 += Array(String(try escape()).utf8)
            case 0..<0x20: throw error("a control character in a string")
            default: utf8.append(byte)
            }
        }
        throw error("a string without an end")
    }

    private mutating func escape() throws(JSONError) -> Character {
        guard let byte = next else { throw error("a string without an end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Character(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw error("an unknown escape")
        }
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code), bytes[offset...].starts(with: "\\u".utf8) {
            offset += 2
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        let end = offset + 4
        guard end <= bytes.count,
            bytes[offset..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: bytes[offset..<end], as: UTF8.self), radix: 16)
        else { throw error("an escape without four digits") }
        offset = end
        return code
    }
}
