// A soft light that swells with the music.

internal import Basics
internal import FrameCodecs

/// An ellipse of light whose strength follows the level of a frequency band.
///
/// Its pixels are drawn once; each frame blends them more or less opaquely, which costs little.
public struct GlowLayer: LayerContent {
    static let typeName = "glow"
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

    /// The light's colour; its alpha is the light's greatest strength.
    public var color = Color(red: 120, green: 80, blue: 255)
    /// The centre, in frame widths.
    public var centerX = 0.5
    /// The centre, in frame heights.
    public var centerY = 0.5
    /// Half its width, in frame widths.
    public var radiusX = 0.4
    /// Half its height, in frame heights.
    public var radiusY = 0.5
    /// The band it listens to, in hertz.
    public var lowFrequency = 30.0
    /// The band's upper end, in hertz.
    public var highFrequency = 150.0
    /// Its strength in silence, 0…1.
    public var rest = 0.25
    /// How steeply strength grows with level: 1 evenly, more for only the loudest.
    public var contrast = 2.0

    /// A violet light in the middle that follows the bass.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case color, centerX, centerY, radiusX, radiusY, lowFrequency, highFrequency, rest, contrast
    }

    init(reading scene: SceneReader) throws {
        color = try scene.value("color", default: color)
        centerX = try scene.number("centerX", in: -1...2, default: centerX)
        centerY = try scene.number("centerY", in: -1...2, default: centerY)
        radiusX = try scene.number("radiusX", in: 0.001...3, default: radiusX)
        radiusY = try scene.number("radiusY", in: 0.001...3, default: radiusY)
        lowFrequency = try scene.number("lowFrequency", in: 0...100_000, default: lowFrequency)
        highFrequency = try scene.number("highFrequency", in: 0...100_000, default: highFrequency)
        rest = try scene.number("rest", in: 0...1, default: rest)
        contrast = try scene.number("contrast", in: 0.1...10, default: contrast)
    }

    func prepare(for stage: Stage) throws(AssetError) -> PreparedLayer {
        let (reachX, reachY) = (
            radiusX * Double(stage.width), radiusY * Double(stage.height)
        )
        let (middleX, middleY) = (
            centerX * Double(stage.width), centerY * Double(stage.height)
        )
        let area = Area(
            x: middleX - reachX, y: middleY - reachY, width: 2 * reachX, height: 2 * reachY
        ).wholePixels().intersection(stage.bounds)
        guard !area.isEmpty else { return .empty }
        var frame = try Frame(
            width: area.width, height: area.height, format: .bgraPremultiplied)
        let (offsetX, offsetY) = (Float(Double(area.x) - middleX), Float(Double(area.y) - middleY))
        let (scaleX, scaleY) = (1 / Float(reachX), 1 / Float(reachY))
        GradientRaster(fading: color).fill(&frame) { x, y in
            let (dx, dy) = ((x + offsetX) * scaleX, (y + offsetY) * scaleY)
            return (dx * dx + dy * dy).squareRoot()
        }
        let (rest, contrast) = (rest, contrast)
        let (low, high) = (lowFrequency, highFrequency)
        return .pulsing(Sprite(frame, x: area.x, y: area.y)) { moment in
            let level = moment.analysis.level(from: low, to: high)
            return rest + (1 - rest) * shaped(level, by: contrast)
        }
    }
}

extension Layer {
    /// A layer that shows a light that swells with the music.
    public static func glow(_ content: GlowLayer) -> Layer { Layer(content: content) }
}
