// A picture: cover art, a logo, a photograph behind everything.

internal import Basics
internal import FrameCodecs

/// A picture from outside the scene, scaled into a rectangle.
public struct ImageLayer: LayerContent {
    /// How a picture of another shape fills the rectangle.
    public enum Fit: String, Codable, Sendable, CaseIterable {
        /// All of the picture, with space left over.
        case contain
        /// All of the rectangle, with the picture's edges cut off.
        case cover
        /// All of both, stretched.
        case fill
    }

    static let typeName = "image"
    static var keys: [String] { CodingKeys.allCases.map(\.rawValue) }

    /// What the renderer's images are looked up by.
    public var asset: String
    /// Where the picture goes.
    public var rectangle = RelativeRectangle.full
    /// How a picture of another shape fills the rectangle.
    public var fit = Fit.contain
    /// The radius of round corners, in parts of the shown picture's shorter side, 0…0.5.
    public var cornerRadius = 0.0

    /// A picture over the whole frame, all of it to be seen.
    public init(asset: String) { self.asset = asset }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case asset, rectangle, fit, cornerRadius
    }

    init(reading scene: SceneReader) throws {
        asset = try scene.text("asset", byteCountMax: Limits.nameByteCountMax)
        rectangle = try scene.value("rectangle", default: rectangle)
        fit = try scene.choice("fit", default: fit)
        cornerRadius = try scene.number("cornerRadius", in: 0...0.5, default: cornerRadius)
    }

    var imageReferences: [String] { [asset] }

    func prepare(for stage: Stage) throws(AssetError) -> PreparedLayer {
        guard let image = stage.images[asset] else {
            throw AssetError(
                .inputMissing,
                "the scene shows the image \"\(asset)\", which was not given; add it, or take the "
                    + "layer out")
        }
        guard image.frame.format == .bgraPremultiplied else {
            throw AssetError(
                .invalidArgument,
                "the image \"\(asset)\" is in the format \(image.frame.format); convert it to "
                    + "bgraPremultiplied first")
        }
        let area = rectangle.pixels(in: stage)
        let picture = placed(image.frame, in: area)
        // With `cover` the picture is larger than the rectangle, otherwise at most as large.
        let shown = fit == .cover ? area : picture
        let bounds = shown.wholePixels().intersection(stage.bounds)
        guard !bounds.isEmpty else { return .empty }
        var frame = try Frame(
            width: bounds.width, height: bounds.height, format: .bgraPremultiplied)
        let (left, top) = (Double(bounds.x), Double(bounds.y))
        let radius = cornerRadius * min(shown.width, shown.height)
        try Canvas.draw(on: &frame) { canvas throws(AssetError) in
            canvas.addRectangle(
                Area(
                    x: shown.x - left, y: shown.y - top, width: shown.width,
                    height: shown.height),
                radius: radius)
            canvas.clipToPath()
            canvas.draw(
                image.frame,
                in: Area(
                    x: picture.x - left, y: picture.y - top, width: picture.width,
                    height: picture.height))
        }
        return .still(Sprite(frame, x: bounds.x, y: bounds.y))
    }

    /// Where the whole picture lies.
    private func placed(_ frame: borrowing Frame, in area: Area) -> Area {
        let (across, down) = (
            area.width / Double(frame.width), area.height / Double(frame.height)
        )
        let scale: Double
        switch fit {
        case .fill: return area
        case .contain: scale = min(across, down)
        case .cover: scale = max(across, down)
        }
        let (width, height) = (Double(frame.width) * scale, Double(frame.height) * scale)
        return Area(
            x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2,
            width: width, height: height)
    }
}

extension Layer {
    /// A layer that shows a picture.
    public static func image(_ content: ImageLayer) -> Layer { Layer(content: content) }
}
