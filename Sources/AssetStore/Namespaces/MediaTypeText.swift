// Media types as data URLs have them, escaped, and as everybody else has them, where values are
// quoted instead (RFC 2045).

internal import Basics

/// Media types between data URLs and RFC 2045, where values may be quoted.
enum MediaTypeText {
    /// The media type that the fields of a data URL's head say, each as it stands there.
    static func mediaType(of fields: [[UInt8]]) throws(AssetError) -> String {
        var result = ""
        for (index, field) in fields.enumerated() {
            let field = try PercentEncoding.decode(field)
            if index == 0 {
                if field.isEmpty, fields.count == 1 { return "text/plain;charset=US-ASCII" }
                result = field.isEmpty ? "text/plain" : try type(field)
            } else {
                result += ";" + (try parameter(field))
            }
        }
        guard result.utf8.count <= Limits.nameByteCountMax else {
            throw DataURL.unreadable(
                "has a media type of more than \(Limits.nameByteCountMax) bytes")
        }
        return result
    }

    private static func type(_ field: [UInt8]) throws(AssetError) -> String {
        let halves = field.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy({ isToken($0) }) else {
            throw DataURL.unreadable("has no media type of the form type/subtype in front")
        }
        return String(decoding: field, as: UTF8.self).lowercased()
    }

    private static func parameter(_ field: [UInt8]) throws(AssetError) -> String {
        guard let equals = field.firstIndex(of: UInt8(ascii: "=")), isToken(field[..<equals])
        else {
            throw DataURL.unreadable(
                "has a parameter that is not of the form name=value; write it so, or leave it out")
        }
        let name = String(decoding: field[..<equals], as: UTF8.self).lowercased()
        let value = unquoted(field[(equals + 1)...])
        if isToken(value[...]) { return name + "=" + String(decoding: value, as: UTF8.self) }
        guard let text = String(validating: value, as: UTF8.self),
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            throw DataURL.unreadable("has a parameter “\(name)” whose value is no text")
        }
        var quoted = ""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(character)
        }
        return "\(name)=\"\(quoted)\""
    }

    /// What a quoted string says; all of it when it is none.
    private static func unquoted(_ value: ArraySlice<UInt8>) -> [UInt8] {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        guard value.count >= 2, value.first == quote, value.last == quote else {
            return Array(value)
        }
        var (text, isEscaped) = ([UInt8](), false)
        for byte in value.dropFirst().dropLast() {
            if !isEscaped, byte == quote { return Array(value) }
            isEscaped = !isEscaped && byte == backslash
            if !isEscaped { text.append(byte) }
        }
        return isEscaped ? Array(value) : text
    }

    /// A media type as it stands in a data URL.
    static func escaped(_ mediaType: String) -> String {
        var (text, isQuoted, isEscaped) = ("", false, false)
        for byte in mediaType.utf8 {
            if !isEscaped, byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            isEscaped = isQuoted && !isEscaped && byte == UInt8(ascii: "\\")
            let isSeparator = byte == UInt8(ascii: ";") || byte == UInt8(ascii: "=")
            if isSeparator ? !isQuoted : PercentEncoding.isPlain(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    /// Whether bytes are a token of RFC 2045: at least one, and none that separates or is no
    /// printable ASCII.
    private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { (0x21...0x7E).contains($0) && !separators.contains($0) }
    }

    private static let separators = Set("()<>@,;:\\\"/[]?=".utf8)
}
