// Colours as people write them, in sRGB.

/// An sRGB colour with alpha, 8 bits a channel, not premultiplied.
///
/// In a scene file: `"#rgb"`, `"#rrggbb"` or `"#rrggbbaa"`, as in CSS.
public struct Color: Sendable, Equatable, Codable, CustomStringConvertible {
    /// 0…255.
    public var red: UInt8
    /// 0…255.
    public var green: UInt8
    /// 0…255.
    public var blue: UInt8
    /// 0 (transparent) to 255 (opaque).
    public var alpha: UInt8

    /// A colour of these channels, opaque unless told otherwise.
    public init(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }

    /// Reads `#rgb`, `#rrggbb` or `#rrggbbaa`; nil when the text is none of these.
    public init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "#") else { return nil }
        let digits = text.utf8.dropFirst().compactMap { Self.digit($0) }
        guard digits.count == text.utf8.count - 1 else { return nil }
        switch digits.count {
        case 3:
            self.init(red: digits[0] * 17, green: digits[1] * 17, blue: digits[2] * 17)
        case 6, 8:
            let bytes = stride(from: 0, to: digits.count, by: 2).map {
                digits[$0] * 16 + digits[$0 + 1]
            }
            self.init(
                red: bytes[0], green: bytes[1], blue: bytes[2],
                alpha: bytes.count == 4 ? bytes[3] : 255)
        default:
            return nil
        }
    }

    /// Reads the text form.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` naming the place, when it is none.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let color = Color(text) else {
            throw SceneFlaw.at(
                decoder.codingPath, "must be a colour such as \"#4f7cff\", found \"\(text)\"")
        }
        self = color
    }

    /// Writes ``description``.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// `#rrggbb`, or `#rrggbbaa` when the colour is not opaque.
    public var description: String {
        let bytes = alpha == 255 ? [red, green, blue] : [red, green, blue, alpha]
        return "#"
            + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Blue, green, red, alpha, 0…1, multiplied by alpha.
    var premultiplied: SIMD4<Float> {
        let opacity = Float(alpha) / 255
        return SIMD4(
            Float(blue) / 255 * opacity, Float(green) / 255 * opacity,
            Float(red) / 255 * opacity, opacity)
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// A colour at a place of a gradient.
public struct ColorStop: Sendable, Equatable, Codable {
    /// Where, 0 (start) to 1 (end).
    public var at: Double
    /// The colour there.
    public var color: Color

    /// A stop at a place, 0…1.
    public init(at: Double, color: Color) {
        self.at = at
        self.color = color
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case at, color }

    /// Reads `{"at": …, "color": …}`.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` naming the place of what is wrong.
    public init(from decoder: any Decoder) throws {
        let scene = try SceneReader(decoder, allowing: CodingKeys.self)
        at = try scene.number("at", in: 0...1)
        color = try scene.value("color")
    }
}
