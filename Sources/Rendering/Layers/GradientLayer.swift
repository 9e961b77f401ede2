// A background: colours that run along a line or out from a point.

internal import Basics
internal import FrameCodecs

/// A gradient over the whole frame.
public struct GradientLayer: LayerContent {
    /// How colours run.
    public enum Shape: String, Codable, Sendable, CaseIterable {
        /// Along a line through the frame's middle.
        case linear
        /// From ``GradientLayer/centerX``, ``GradientLayer/centerY`` outwards.
        case radial
    }

    static let typeName = "gradient"
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

    /// How colours run.
    public var shape = Shape.linear
    /// Linear: the direction in degrees as in CSS; 0 runs upwards, 90 to the right, 180 down.
    public var angle = 180.0
    /// Radial: the centre, in frame widths.
    public var centerX = 0.5
    /// Radial: the centre, in frame heights.
    public var centerY = 0.5
    /// Radial: where the last colour is reached, in frame heights.
    public var radius = 1.0
    /// From 1 to 32 colours, their places ascending.
    public var stops = [
        ColorStop(at: 0, color: Color(red: 11, green: 13, blue: 26)),
        ColorStop(at: 1, color: Color(red: 43, green: 22, blue: 66)),
    ]

    /// A dark gradient from top to bottom.
    public init() {}

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case shape, angle, centerX, centerY, radius, stops
    }

    init(reading scene: SceneReader) throws {
        shape = try scene.choice("shape", default: shape)
        angle = try scene.number("angle", in: -360...360, default: angle)
        centerX = try scene.number("centerX", in: -1...2, default: centerX)
        centerY = try scene.number("centerY", in: -1...2, default: centerY)
        radius = try scene.number("radius", in: 0.01...4, default: radius)
        stops = try scene.colorStops("stops", default: stops)
    }

    func prepare(for stage: Stage) throws(AssetError) -> PreparedLayer {
        var frame = try Frame(
            width: stage.width, height: stage.height, format: .bgraPremultiplied)
        fill(&frame)
        return .still(Sprite(frame, x: 0, y: 0))
    }

    private func fill(_ frame: inout Frame) {
        let (width, height) = (Float(frame.width), Float(frame.height))
        let raster = GradientRaster(stops)
        switch shape {
        case .linear:
            let direction = Direction(degrees: angle)
            // CSS: the line is as long as it takes for the corners to get the end colours.
            let length = abs(width * direction.x) + abs(height * direction.y)
            raster.fill(&frame) { x, y in
                ((x - width / 2) * direction.x + (y - height / 2) * direction.y) / length + 0.5
            }
        case .radial:
            let (middleX, middleY) = (Float(centerX) * width, Float(centerY) * height)
            let reach = Float(radius) * height
            raster.fill(&frame) { x, y in
                let (dx, dy) = (x - middleX, y - middleY)
                return (dx * dx + dy * dy).squareRoot() / reach
            }
        }
    }
}

extension Layer {
    /// A layer that shows a gradient.
    public static func gradient(_ content: GradientLayer) -> Layer { Layer(content: content) }
}
