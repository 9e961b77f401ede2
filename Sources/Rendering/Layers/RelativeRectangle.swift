// Places in a picture of any size.

/// A rectangle in parts of the frame: x and width in frame widths, y and height in frame heights,
/// from the upper left corner.
public struct RelativeRectangle: Sendable, Equatable, Codable {
    /// The left edge, −1…2.
    public var x: Double
    /// The upper edge, −1…2.
    public var y: Double
    /// 0…3.
    public var width: Double
    /// 0…3.
    public var height: Double

    /// A rectangle in parts of the frame.
    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The whole frame.
    public static let full = RelativeRectangle(x: 0, y: 0, width: 1, height: 1)

    private enum CodingKeys: String, CodingKey, CaseIterable { case x, y, width, height }

    /// Reads `{"x": …, "y": …, "width": …, "height": …}`.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` naming the place of what is wrong.
    public init(from decoder: any Decoder) throws {
        let scene = try SceneReader(decoder, allowing: CodingKeys.self)
        x = try scene.number("x", in: -1...2)
        y = try scene.number("y", in: -1...2)
        width = try scene.number("width", in: 0...3)
        height = try scene.number("height", in: 0...3)
    }

    /// The rectangle in the pixels of a frame, at least a pixel wide and high.
    func pixels(in stage: Stage) -> Area {
        Area(
            x: x * Double(stage.width), y: y * Double(stage.height),
            width: max(1, width * Double(stage.width)),
            height: max(1, height * Double(stage.height)))
    }
}

/// A rectangle in pixels and parts of them.
struct Area: Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    /// The whole pixels that it touches, and `margin` around them.
    func wholePixels(margin: Double = 0) -> PixelRectangle {
        let left = Int((x - margin).rounded(.down))
        let top = Int((y - margin).rounded(.down))
        return PixelRectangle(
            x: left, y: top, width: Int((x + width + margin).rounded(.up)) - left,
            height: Int((y + height + margin).rounded(.up)) - top)
    }
}
