// Reads the objects of a scene file so strictly that a typing error is found, and says where.

internal import Basics

/// One object of a scene, whose keys are all known.
///
/// Errors name the path to the value, what is allowed there and what was found:
/// `layers[2].opacity: must be 0…1, found 3`.
struct SceneReader {
    private let container: KeyedDecodingContainer<SceneKey>
    private let path: [any CodingKey]

    /// Opens an object that may hold the given keys and no others.
    init(_ decoder: any Decoder, allowing keys: [String]) throws {
        path = decoder.codingPath
        container = try decoder.container(keyedBy: SceneKey.self)
        for key in container.allKeys.map(\.stringValue).sorted() where !keys.contains(key) {
            throw SceneFlaw.at(
                path,
                "has an unknown key \"\(key)\"; it may have "
                    + keys.sorted().map { "\"\($0)\"" }.joined(separator: ", "))
        }
    }

    /// Opens an object that may hold the keys of a type.
    init<Keys: CaseIterable & RawRepresentable<String>>(
        _ decoder: any Decoder, allowing keys: Keys.Type
    ) throws {
        try self.init(decoder, allowing: keys.allCases.map(\.rawValue))
    }

    /// A value of any type, or the default where the key is missing.
    func value<Value: Decodable>(_ key: String, default standard: Value) throws -> Value {
        try optional(key) ?? standard
    }

    /// A value that must be there.
    func value<Value: Decodable>(_ key: String) throws -> Value {
        guard let value: Value = try optional(key) else {
            throw flaw(key, "is missing; it is needed")
        }
        return value
    }

    /// A value, or nil where the key is missing or null.
    func optional<Value: Decodable>(_ key: String) throws -> Value? {
        try container.decodeIfPresent(Value.self, forKey: SceneKey(key))
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws -> Double {
        try inRange(value(key), key, range)
    }

    func number(
        _ key: String, in range: ClosedRange<Double>, default standard: Double
    ) throws -> Double {
        try inRange(value(key, default: standard), key, range)
    }

    /// A whole number within a range.
    func integer(
        _ key: String, in range: ClosedRange<Int>, default standard: Int
    ) throws -> Int {
        try inRange(integer(key) ?? standard, key, range)
    }

    /// A whole number, or nil where the key is missing or null.
    func integer(_ key: String) throws -> Int? {
        guard let number: Double = try optional(key) else { return nil }
        guard let whole = Int(exactly: number) else {
            throw flaw(key, "must be a whole number, found \(number)")
        }
        return whole
    }

    /// One of the names that a type has.
    func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, default standard: Choice
    ) throws -> Choice {
        guard let name: String = try optional(key) else { return standard }
        guard let choice = Choice(rawValue: name) else {
            let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw flaw(key, "must be one of \(names), found \"\(name)\"")
        }
        return choice
    }

    /// Text of limited length without NUL; it must be there when it has no default.
    func text(
        _ key: String, byteCountMax: Int, default standard: String? = nil
    ) throws -> String {
        let text: String
        if let standard {
            text = try value(key, default: standard)
        } else {
            text = try value(key)
        }
        guard text.utf8.count <= byteCountMax else {
            throw flaw(
                key, "must have at most \(byteCountMax) bytes of UTF-8, found \(text.utf8.count)")
        }
        guard !text.utf8.contains(0) else { throw flaw(key, "must not hold a NUL character") }
        return text
    }

    /// 1 to 32 colours in ascending order.
    func colorStops(_ key: String, default standard: [ColorStop]) throws -> [ColorStop] {
        let stops = try value(key, default: standard)
        guard (1...32).contains(stops.count) else {
            throw flaw(key, "must have 1…32 colours, found \(stops.count)")
        }
        for (index, pair) in zip(stops, stops.dropFirst()).enumerated()
        where pair.0.at > pair.1.at {
            throw flaw(
                "\(key)[\(index + 1)].at",
                "must not be below the one before (\(pair.0.at)), found \(pair.1.at)")
        }
        return stops
    }

    /// The error for a key of this object.
    func flaw(_ key: String, _ message: String) -> AssetError {
        SceneFlaw.at(path + [SceneKey(key)], message)
    }

    private func inRange<Value: Comparable>(
        _ value: Value, _ key: String, _ range: ClosedRange<Value>
    ) throws -> Value {
        guard range.contains(value) else {
            throw flaw(
                key,
                "must be \(brief(range.lowerBound))…\(brief(range.upperBound)), "
                    + "found \(brief(value))")
        }
        return value
    }

    /// A number without the `.0` of whole ones.
    private func brief<Value>(_ value: Value) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// Any key of an object.
struct SceneKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// Makes the errors about scene files.
enum SceneFlaw {
    /// The error for a place in a scene.
    static func at(_ path: [any CodingKey], _ message: String) -> AssetError {
        var place = ""
        for key in path {
            if let index = key.intValue {
                place += "[\(index)]"
            } else {
                place += (place.isEmpty ? "" : ".") + key.stringValue
            }
        }
        if place.isEmpty { place = "the scene" }
        return AssetError(.invalidArgument, "\(place): \(message)")
    }

    /// The error for what a decoder found wrong.
    static func from(_ error: any Error) -> AssetError {
        switch error {
        case let error as AssetError:
            return error
        case DecodingError.typeMismatch(let type, let context):
            return at(context.codingPath, "must be \(name(of: type)); \(context.debugDescription)")
        case DecodingError.valueNotFound(let type, let context):
            return at(context.codingPath, "must be \(name(of: type)), found null")
        case DecodingError.dataCorrupted(let context):
            let cause = context.underlyingError.map { " (\($0))" } ?? ""
            return at(context.codingPath, context.debugDescription + cause)
        default:
            return AssetError(.invalidArgument, "the scene can't be read: \(error)", cause: error)
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Double.Type: "a number"
        case is Int.Type: "a whole number"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }
}
