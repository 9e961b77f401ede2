// What a layer is made of, and the list of all kinds. To add a kind: a file like its neighbours,
// and a line in `layerKinds`.

internal import Basics
internal import FrameCodecs

/// All kinds of layers that a scene can hold.
let layerKinds: [any LayerContent.Type] = [
    GradientLayer.self,
    GlowLayer.self,
    ImageLayer.self,
    BarsLayer.self,
    WaveformLayer.self,
    TextLayer.self,
]

/// A kind of layer: its place in scene files, and how it gets ready to be drawn.
protocol LayerContent: Encodable, Sendable, Equatable {
    /// The value of `"type"` in a scene.
    static var typeName: String { get }
    /// The keys it has in a scene.
    static var keys: [String] { get }

    /// Reads its own keys; those that are missing have defaults.
    init(reading scene: SceneReader) throws

    /// The references to pictures that it needs.
    var imageReferences: [String] { get }

    /// Draws all that never changes, and says how the rest is drawn.
    func prepare(for stage: Stage) throws(AssetError) -> PreparedLayer
}

extension LayerContent {
    var imageReferences: [String] { [] }

    /// Whether `other` is of the same kind and equal.
    func equals(_ other: any LayerContent) -> Bool { other as? Self == self }
}

/// What a layer is prepared for: a frame size, and the pictures at hand.
struct Stage {
    let width: Int
    let height: Int
    let images: [String: SharedFrame]

    var bounds: PixelRectangle { PixelRectangle(width: width, height: height) }
}

/// All that a frame may depend on, besides the scene.
struct Moment {
    let frameIndex: Int
    /// Seconds from the start.
    let time: Double
    /// Seconds from one frame to the next.
    let delta: Double
    let analysis: AnalysisRow
}

/// A layer, ready to be drawn at any moment, in any order.
enum PreparedLayer {
    /// Shows nothing.
    case empty
    /// Always the same pixels.
    case still(Sprite)
    /// Always the same pixels, more or less opaque by the moment: 0…1.
    case pulsing(Sprite, strength: (Moment) -> Double)
    /// Drawn anew for each frame, source over, within `bounds`.
    case moving(
        bounds: PixelRectangle, draw: (inout Frame, Moment) throws(AssetError) -> Void)
}

/// Pixels with a place, in the frame that they are drawn for.
final class Sprite {
    let x: Int
    let y: Int
    let frame: Frame

    init(_ frame: consuming Frame, x: Int, y: Int) {
        self.frame = frame
        self.x = x
        self.y = y
    }

    /// Blends the pixels onto `target`.
    func blend(
        onto target: inout Frame, mode: BlendMode, opacity: Double
    ) throws(AssetError) {
        try Rendering.blend(
            source: frame, atX: x, y: y, onto: &target, mode: mode, opacity: opacity,
            region: PixelRectangle(width: target.width, height: target.height))
    }
}
