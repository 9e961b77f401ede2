// What a video shows: a description that says the same picture for every frame, on any worker.

internal import Basics

/// A scene: layers from bottom to top over a background, and how the audio is listened to.
///
/// A scene is a value. A frame is a pure function of it, of the audio's analysis and of the frame's
/// number; nothing in a scene keeps time.
public struct Scene: Codable, Sendable, Equatable {
    /// The version of the scene format that this package reads and writes.
    public static let formatVersion = 1

    /// What is seen where no layer is.
    public var background = Color(red: 0, green: 0, blue: 0)
    /// How the audio is listened to.
    public var analysis = AnalysisSettings()
    /// From bottom to top, at most ``Limits/layerCountMax``.
    public var layers: [Layer] = []

    /// A scene that shows nothing but its background.
    public init() {}

    /// The references of all visible layers to pictures, each once, in order.
    public var imageReferences: [String] {
        var references: [String] = []
        for layer in layers where layer.isVisible {
            for reference in layer.content.imageReferences where !references.contains(reference) {
                references.append(reference)
            }
        }
        return references
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case version, background, analysis, layers
    }

    /// Reads a scene; everything but `version` and `layers` has a default.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` naming the place of what is wrong.
    public init(from decoder: any Decoder) throws {
        let scene = try SceneReader(decoder, allowing: CodingKeys.self)
        guard let version = try scene.integer("version") else {
            throw scene.flaw("version", "is missing; it must be \(Self.formatVersion)")
        }
        guard version == Self.formatVersion else {
            throw scene.flaw(
                "version",
                "must be \(Self.formatVersion), found \(version); a newer version of this program "
                    + "may read it")
        }
        background = try scene.value("background", default: background)
        analysis = try scene.value("analysis", default: analysis)
        layers = try scene.value("layers")
        try checkLayerCount()
    }

    /// Writes all keys, also those that have their default.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(Self.formatVersion, forKey: .version)
        try object.encode(background, forKey: .background)
        try object.encode(analysis, forKey: .analysis)
        try object.encode(layers, forKey: .layers)
    }

    private func checkLayerCount() throws(AssetError) {
        guard layers.count <= Limits.layerCountMax else {
            throw AssetError(
                .invalidArgument,
                "layers: must be at most \(Limits.layerCountMax), found \(layers.count)")
        }
    }
}
