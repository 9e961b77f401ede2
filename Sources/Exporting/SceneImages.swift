// The pictures that a scene refers to: assets, by their ids.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import Media
internal import Rendering

/// The images of a scene.
enum SceneImages {
    /// The content checksum of each image that a scene refers to.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` naming the image that is not there.
    static func checksums(of scene: Scene, in store: Store) throws -> [String: String] {
        var checksums: [String: String] = [:]
        for reference in scene.imageReferences {
            checksums[reference] = try reader(for: reference, in: store).asset.checksum.description
        }
        return checksums
    }

    /// The decoded images of a scene, which must be those of the recipe.
    static func load(_ checksums: [String: String], from store: Store) throws
        -> [String: SharedFrame]
    {
        var images: [String: SharedFrame] = [:]
        for (reference, checksum) in checksums {
            let reader = try reader(for: reference, in: store)
            guard reader.asset.checksum.description == checksum else {
                throw AssetError(.damaged, "\(reader.subject) is not the image it was")
            }
            images[reference] = SharedFrame(try ImageDecoder.decode(reader))
        }
        return images
    }

    private static func reader(for reference: String, in store: Store) throws -> AssetReader {
        guard let id = AssetID(reference), let reader = try store.reader(for: id) else {
            throw AssetError(
                .inputMissing,
                "the scene's image “\(reference)” is not in the store; put it there with "
                    + "“assetctl put” and use the id that it prints")
        }
        return reader
    }
}
