// Scenes as JSON, the way they come in, and the one way they go out.

public import Basics
internal import FoundationEssentials

extension Scene {
    /// Reads a scene file.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when it is too large, no JSON, or no scene; the
    ///   message begins with the path to the value, as in `layers[2].opacity: must be 0…1, found 3`.
    public init(json: [UInt8]) throws(AssetError) {
        guard json.count <= Limits.sceneByteCountMax else {
            throw AssetError(
                .invalidArgument,
                "a scene may have \(Limits.sceneByteCountMax) bytes, this one has \(json.count)")
        }
        do {
            self = try JSONDecoder().decode(Scene.self, from: Data(json))
        } catch {
            throw SceneFlaw.from(error)
        }
    }

    /// The scene as JSON with sorted keys and all defaults written out: equal scenes give equal
    /// bytes, so this is what a job's identity is made of.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when a number is not finite.
    public func canonicalJSON() throws(AssetError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self))
        } catch {
            throw AssetError(
                .invalidArgument, "the scene can't be written; is a number not finite? \(error)",
                cause: error)
        }
    }

    /// Checks a scene that was put together in code as strictly as one from a file.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` naming the place of what is wrong.
    public func validate() throws(AssetError) {
        // Reading is where the rules are; so there is one set of them.
        _ = try Scene(json: canonicalJSON())
    }
}
