// A layer of a scene: what it shows, and how that meets what is below.

internal import Basics

/// One layer of a scene.
///
/// In a scene file a layer is one object: `"type"`, the keys below, and those of its kind.
public struct Layer: Sendable, Equatable, Codable {
    /// 0 (not to be seen) to 1; scales the alpha of all it shows.
    public var opacity = 1.0
    /// How its colours meet those below. In a scene file: `"blend"`.
    public var blendMode = BlendMode.normal
    /// Whether it is drawn at all. In a scene file: `"visible"`.
    public var isVisible = true
    /// What it shows.
    var content: any LayerContent

    init(content: any LayerContent) { self.content = content }

    /// What kind of layer it is: the value of `"type"` in a scene file.
    public var typeName: String { type(of: content).typeName }

    /// Whether both are of the same kind and equal in everything.
    public static func == (left: Layer, right: Layer) -> Bool {
        left.opacity == right.opacity && left.blendMode == right.blendMode
            && left.isVisible == right.isVisible && left.content.equals(right.content)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case type, opacity, blend, visible
    }

    /// Reads one layer, of whichever kind it says it is.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` naming the place of what is wrong.
    public init(from decoder: any Decoder) throws {
        let path = decoder.codingPath
        let object = try decoder.container(keyedBy: CodingKeys.self)
        let names = layerKinds.map { "\"\($0.typeName)\"" }.joined(separator: ", ")
        guard let name = try object.decodeIfPresent(String.self, forKey: .type) else {
            throw SceneFlaw.at(path + [CodingKeys.type], "is missing; it must be one of \(names)")
        }
        guard let kind = layerKinds.first(where: { $0.typeName == name }) else {
            throw SceneFlaw.at(
                path + [CodingKeys.type], "must be one of \(names), found \"\(name)\"")
        }
        let scene = try SceneReader(
            decoder, allowing: kind.keys + CodingKeys.allCases.map(\.rawValue))
        content = try kind.init(reading: scene)
        opacity = try scene.number("opacity", in: 0...1, default: opacity)
        blendMode = try scene.choice("blend", default: blendMode)
        isVisible = try scene.value("visible", default: isVisible)
    }

    /// Writes all keys, also those that have their default.
    public func encode(to encoder: any Encoder) throws {
        try content.encode(to: encoder)
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(typeName, forKey: .type)
        try object.encode(opacity, forKey: .opacity)
        try object.encode(blendMode, forKey: .blend)
        try object.encode(isVisible, forKey: .visible)
    }
}
