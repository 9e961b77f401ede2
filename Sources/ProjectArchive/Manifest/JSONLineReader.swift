// Reads one line of a manifest that anyone may have written: a JSON object of texts, numbers and
// objects of texts, and nothing else. A full JSON value of every line of millions would cost more
// than all the rest; here a line is a handful of members that are asked for by name.

internal import AssetStore
internal import Basics

/// The members of one line. Strict: what is not asked for, is there twice, or is of another type
/// than is asked for, is refused.
struct JSONLine {
    private enum Value {
        case text(String)
        /// The digits as they stand there.
        case number(String)
        case texts([(key: String, value: String)])
    }

    private var members: [(key: String, value: Value)] = []

    /// Reads an object that takes all of `bytes`.
    init(_ bytes: [UInt8]) throws(AssetError) {
        var scanner = JSONScanner(bytes: bytes)
        try scanner.require("{")
        if !scanner.accept("}") {
            repeat {
                let key = try scanner.text()
                try scanner.require(":")
                members.append((key, try Self.value(&scanner)))
                guard members.count <= 64 else { throw scanner.refused("it has too many members") }
            } while scanner.accept(",")
            try scanner.require("}")
        }
        try scanner.finish()
    }

    private static func value(_ scanner: inout JSONScanner) throws(AssetError) -> Value {
        switch scanner.next {
        case UInt8(ascii: "\""): return .text(try scanner.text())
        case UInt8(ascii: "{"): break
        default: return .number(try scanner.number())
        }
        try scanner.require("{")
        var texts: [(key: String, value: String)] = []
        if scanner.accept("}") { return .texts(texts) }
        repeat {
            let key = try scanner.text()
            try scanner.require(":")
            texts.append((key, try scanner.text()))
            guard texts.count <= 1 << 16 else { throw scanner.refused("it has too many members") }
        } while scanner.accept(",")
        try scanner.require("}")
        return .texts(texts)
    }

    // MARK: Taking members

    mutating func optionalText(_ key: String) throws(AssetError) -> String? {
        switch take(key) {
        case nil: return nil
        case .text(let text)?: return text
        default: throw Self.wrongType(key, "text")
        }
    }

    mutating func text(_ key: String) throws(AssetError) -> String {
        try present(try optionalText(key), key)
    }

    mutating func optionalInteger(_ key: String) throws(AssetError) -> Int? {
        switch take(key) {
        case nil: return nil
        case .number(let digits)?:
            guard let value = Int(digits) else { throw Self.wrongType(key, "a whole number") }
            return value
        default: throw Self.wrongType(key, "a number")
        }
    }

    mutating func integer(_ key: String) throws(AssetError) -> Int {
        try present(try optionalInteger(key), key)
    }

    /// A length or a count.
    mutating func count(_ key: String) throws(AssetError) -> Int {
        let value = try integer(key)
        guard value >= 0 else { throw Self.wrongType(key, "0 or more") }
        return value
    }

    mutating func optionalReal(_ key: String) throws(AssetError) -> Double? {
        let digits: String
        switch take(key) {
        case nil: return nil
        case .number(let number)?: digits = number
        case .text(let text)? where ["nan", "inf", "-inf"].contains(text): digits = text
        default: throw Self.wrongType(key, "a number")
        }
        guard let value = Double(digits) else { throw Self.wrongType(key, "a number") }
        return value
    }

    mutating func optionalTime(_ key: String) throws(AssetError) -> Timestamp? {
        try optionalInteger(key).map { Timestamp(millisecondsSinceEpoch: Int64($0)) }
    }

    mutating func time(_ key: String) throws(AssetError) -> Timestamp {
        try present(try optionalTime(key), key)
    }

    mutating func texts(_ key: String) throws(AssetError) -> [String: String] {
        guard case .texts(let members)? = take(key) else {
            throw Self.wrongType(key, "an object of texts")
        }
        var texts: [String: String] = [:]
        for (name, value) in members {
            guard texts.updateValue(value, forKey: name) == nil else {
                throw Self.refused("“\(key)” has a name twice")
            }
        }
        return texts
    }

    mutating func checksum(_ key: String) throws(AssetError) -> ContentChecksum {
        // The same digits as those of a job's identifier.
        guard let id = JobID(try text(key)) else {
            throw Self.wrongType(key, "32 hexadecimal digits")
        }
        return ContentChecksum(high: id.high, low: id.low)
    }

    mutating func optionalAsset(_ key: String) throws(AssetError) -> AssetID? {
        guard let text = try optionalText(key) else { return nil }
        guard let id = AssetID(text) else { throw Self.wrongType(key, "an asset's identifier") }
        return id
    }

    mutating func asset(_ key: String) throws(AssetError) -> AssetID {
        try present(try optionalAsset(key), key)
    }

    mutating func job(_ key: String) throws(AssetError) -> JobID {
        guard let id = JobID(try text(key)) else { throw Self.wrongType(key, "a job's identifier") }
        return id
    }

    mutating func namespace(_ key: String) throws(AssetError) -> Namespace {
        switch try text(key) {
        case "images": .images
        case "videos": .videos
        case "audio": .audio
        default: throw Self.wrongType(key, "a namespace of assets")
        }
    }

    /// Refuses what was not asked for.
    func finish() throws(AssetError) {
        if let (key, _) = members.first {
            throw Self.refused("it has a member “\(key.prefix(40))” that does not belong there")
        }
    }

    private mutating func take(_ key: String) -> Value? {
        // Lines have their members in the order in which they are asked for.
        if let first = members.first, first.key == key { return members.removeFirst().value }
        guard let index = members.firstIndex(where: { $0.key == key }) else { return nil }
        return members.remove(at: index).value
    }

    private func present<Result>(_ value: Result?, _ key: String) throws(AssetError) -> Result {
        guard let value else { throw Self.refused("it lacks “\(key)”") }
        return value
    }

    private static func wrongType(_ key: String, _ expected: String) -> AssetError {
        refused("“\(key)” is not \(expected)")
    }

    static func refused(_ reason: String) -> AssetError { AssetError(.inputUnreadable, reason) }
}

/// Reads the pieces of JSON (RFC 8259) from a line.
struct JSONScanner {
    let bytes: [UInt8]
    private var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The byte of the next piece.
    var next: UInt8? {
        mutating get {
            while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x09 {
                offset += 1
            }
            return offset < bytes.count ? bytes[offset] : nil
        }
    }

    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    mutating func require(_ character: Unicode.Scalar) throws(AssetError) {
        guard accept(character) else { throw refused("“\(character)” is expected") }
    }

    mutating func finish() throws(AssetError) {
        guard next == nil else { throw refused("something follows the object") }
    }

    func refused(_ reason: String) -> AssetError {
        AssetError(.inputUnreadable, "it is not JSON of the expected form: \(reason)")
    }

    mutating func number() throws(AssetError) -> String {
        _ = next
        let start = offset
        if peek == UInt8(ascii: "-") { offset += 1 }
        let leading = offset
        try digits()
        guard bytes[leading] != UInt8(ascii: "0") || offset == leading + 1 else {
            throw refused("a number begins with 0")
        }
        if peek == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if let byte = peek, byte | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if let sign = peek, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                offset += 1
            }
            try digits()
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func digits() throws(AssetError) {
        let start = offset
        while let byte = peek, (0x30...0x39).contains(byte) { offset += 1 }
        guard offset > start, offset - start <= 400 else { throw refused("a number is expected") }
    }

    mutating func text() throws(AssetError) -> String {
        try require("\"")
        let start = offset
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20
        {
            offset += 1
        }
        if peek == UInt8(ascii: "\"") {
            offset += 1
            return try validated(bytes[start..<offset - 1])
        }
        return try escapedText(from: start)
    }

    private func validated(_ utf8: some Collection<UInt8>) throws(AssetError) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw refused("a text is no UTF-8")
        }
        return text
    }

    /// The rest of a text that began at `start` and has escapes.
    private mutating func escapedText(from start: Int) throws(AssetError) -> String {
        var utf8 = Array(bytes[start..<offset])
        while let byte = peek {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return try validated(utf8)
            case UInt8(ascii: "\\"): utf8.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20: throw refused("a text has a control character")
            default: utf8.append(byte)
            }
        }
        throw refused("a text has no end")
    }

    private mutating func escape() throws(AssetError) -> Character {
        guard let byte = peek else { throw refused("a text has no end") }
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
        default: throw refused("a text has an unknown escape")
        }
        var code = try fourDigits()
        if (0xD800..<0xDC00).contains(code), bytes[offset...].starts(with: "\\u".utf8) {
            offset += 2
            let low = try fourDigits()
            guard (0xDC00..<0xE000).contains(low) else { throw refused("half a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw refused("half a surrogate pair") }
        return Character(scalar)
    }

    private mutating func fourDigits() throws(AssetError) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw refused("an escape without four digits") }
        var code: UInt32 = 0
        for byte in bytes[offset..<offset + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw refused("an escape without four digits")
            }
            code = code << 4 | UInt32(digit)
        }
        offset += 4
        return code
    }
}
