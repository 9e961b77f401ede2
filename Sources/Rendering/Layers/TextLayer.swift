// A line of text: title, artist, anything.

internal import Basics
internal import FrameCodecs

/// One line of text in a rectangle, drawn once.
///
/// Text that is too long is made smaller, down to ``smallestScale``, and then cut with an ellipsis.
public struct TextLayer: LayerContent {
    /// How thick letters are.
    public enum Weight: String, Codable, Sendable, CaseIterable { case normal, bold }
    /// Where the line is in its rectangle, from left to right.
    public enum Alignment: String, Codable, Sendable, CaseIterable { case left, center, right }

    static let typeName = "text"
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

    /// The text, up to 1000 bytes of UTF-8; line breaks become spaces.
    public var text: String
    /// Where it goes; it is centred between the upper and lower edge.
    public var rectangle = RelativeRectangle(x: 0.08, y: 0.8, width: 0.84, height: 0.1)
    /// The family's name. Where it is not installed, fontconfig chooses another.
    public var font = "DejaVu Sans"
    /// How thick letters are.
    public var weight = Weight.normal
    /// The font's size in frame heights, 0.001…1.
    public var size = 0.05
    /// The letters' colour.
    public var color = Color(red: 255, green: 255, blue: 255)
    /// Where the line is in its rectangle, from left to right.
    public var alignment = Alignment.center
    /// The colour of a soft shadow; none when nil.
    public var shadow: Color?
    /// How soft the shadow is, in font sizes, 0…2.
    public var shadowBlur = 0.2

    /// How small long text may get, in parts of ``size``.
    public static let smallestScale = 0.6

    /// White text, centred in the lower part of the frame.
    public init(text: String) { self.text = text }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case text, rectangle, font, weight, size, color, alignment, shadow, shadowBlur
    }

    init(reading scene: SceneReader) throws {
        text = try scene.text("text", byteCountMax: 1000)
        rectangle = try scene.value("rectangle", default: rectangle)
        font = try scene.text("font", byteCountMax: Limits.nameByteCountMax, default: font)
        weight = try scene.choice("weight", default: weight)
        size = try scene.number("size", in: 0.001...1, default: size)
        color = try scene.value("color", default: color)
        alignment = try scene.choice("alignment", default: alignment)
        shadow = try scene.optional("shadow")
        shadowBlur = try scene.number("shadowBlur", in: 0...2, default: shadowBlur)
    }

    func prepare(for stage: Stage) throws(AssetError) -> PreparedLayer {
        let line = Self.oneLine(text)
        guard !line.isEmpty else { return .empty }
        let area = rectangle.pixels(in: stage)
        let pixels = size * Double(stage.height)
        let fitted = try TextLine(
            line, font: Font(family: font, isBold: weight == .bold, size: pixels),
            width: area.width, smallestScale: Self.smallestScale)
        let slack = area.width - fitted.extents.advance
        let x =
            switch alignment {
            case .left: area.x
            case .center: area.x + slack / 2
            case .right: area.x + slack
            }
        let height = fitted.extents.ascent + fitted.extents.descent
        let baseline = area.y + (area.height - height) / 2 + fitted.extents.ascent

        // Letters may reach beyond their advance, by less than the font's size.
        let blur = shadow == nil ? 0 : shadowBlur * pixels
        let bounds = Area(
            x: x, y: baseline - fitted.extents.ascent, width: fitted.extents.advance,
            height: height
        ).wholePixels(margin: pixels / 2 + 3 * blur).intersection(stage.bounds)
        guard !bounds.isEmpty else { return .empty }
        let (left, top) = (x - Double(bounds.x), baseline - Double(bounds.y))
        var frame = try Frame(
            width: bounds.width, height: bounds.height, format: .bgraPremultiplied)
        if let shadow {
            try fitted.draw(on: &frame, color: shadow, x: left, y: top + 0.06 * pixels)
            SoftBlur(radius: blur).apply(to: &frame)
        }
        try fitted.draw(on: &frame, color: color, x: left, y: top)
        return .still(Sprite(frame, x: bounds.x, y: bounds.y))
    }

    /// The text with every control character, line break and run of spaces made one space.
    private static func oneLine(_ text: String) -> String {
        text.split { $0.isWhitespace || $0.unicodeScalars.allSatisfy { $0.value < 32 } }
            .joined(separator: " ")
    }
}

/// A line of text that fits a width.
private struct TextLine {
    let text: String
    let font: Font
    let extents: TextExtents

    init(
        _ text: String, font: Font, width: Double, smallestScale: Double
    ) throws(AssetError) {
        var (text, font) = (text, font)
        var extents = TextExtents(advance: 0, ascent: 0, descent: 0)
        var scrap = try Frame(width: 1, height: 1, format: .bgraPremultiplied)
        try Canvas.draw(on: &scrap) { canvas throws(AssetError) in
            canvas.setFont(font)
            extents = canvas.extents(of: text)
            guard extents.advance > width else { return }
            font.size *= max(smallestScale, width / extents.advance)
            canvas.setFont(font)
            // Without hinting, widths grow in proportion, save for rounding.
            extents = canvas.extents(of: text)
            guard extents.advance > width * 1.001 else { return }
            // The longest beginning that fits, by bisection.
            let letters = Array(text)
            var (fits, tooLong) = (0, letters.count)
            while tooLong - fits > 1 {
                let middle = (fits + tooLong) / 2
                text = Self.cut(letters, to: middle)
                if canvas.extents(of: text).advance <= width {
                    fits = middle
                } else {
                    tooLong = middle
                }
            }
            text = Self.cut(letters, to: fits)
            extents = canvas.extents(of: text)
        }
        self.text = text
        self.font = font
        self.extents = extents
    }

    func draw(
        on frame: inout Frame, color: Color, x: Double, y: Double
    ) throws(AssetError) {
        try Canvas.draw(on: &frame) { canvas throws(AssetError) in
            canvas.setFont(font)
            canvas.setColor(color)
            canvas.show(text, x: x, y: y)
        }
    }

    private static func cut(_ letters: [Character], to count: Int) -> String {
        var kept = letters[..<count]
        while kept.last?.isWhitespace == true { kept.removeLast() }
        return String(kept) + "…"
    }
}

extension Layer {
    /// A layer that shows a line of text.
    public static func text(_ content: TextLayer) -> Layer { Layer(content: content) }
}
