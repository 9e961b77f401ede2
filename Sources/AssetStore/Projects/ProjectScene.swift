// What a scene of a project is.

package import Basics
internal import LMDB

/// A scene of a project: a piece of what is made, with the assets that belong to it.
///
/// The store keeps it and does not interpret it. An asset that a scene refers to may be removed;
/// ``Store/recovery(ofProject:checking:progress:)`` names what is missing.
public struct ProjectScene: Equatable, Sendable, Identifiable {
    /// The scene's name within its project: 1–255 bytes of UTF-8 without a zero.
    public var id: String
    /// Its place among the scenes, from 0 to `Int32.max`; scenes with the same place stand by their
    /// ids.
    public var index: Int
    public var status: ProjectStatus
    /// What people call it; at most ``Limits/textByteCountMax``.
    public var title: String?
    /// What is to be made: JSON of the caller's own, at most ``Limits/parametersByteCountMax``.
    public var specification: String?
    /// Its assets, by what they are to it: image, voice, …; at most ``Limits/referenceCountMax``.
    public var assets: [String: AssetID]

    public init(
        id: String, index: Int, status: ProjectStatus = .idle, title: String? = nil,
        specification: String? = nil, assets: [String: AssetID] = [:]
    ) {
        self.id = id
        self.index = index
        self.status = status
        self.title = title
        self.specification = specification
        self.assets = assets
    }

    /// Checks every field against its limit.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``, naming the field.
    package func validate() throws(AssetError) {
        guard (1...Limits.nameByteCountMax).contains(id.utf8.count), !id.utf8.contains(0) else {
            throw AssetError(
                .invalidArgument,
                "a scene's id has 1–\(Limits.nameByteCountMax) bytes and no zero byte, unlike "
                    + "“\(id.prefix(40))”")
        }
        guard (0...Int(Int32.max)).contains(index) else {
            throw AssetError(
                .invalidArgument, "a scene's place is from 0 to \(Int32.max), unlike \(index)")
        }
        try validateText(title, "the title of scene “\(id)”")
        try validateText(
            specification, "the specification of scene “\(id)”",
            byteCountMax: Limits.parametersByteCountMax)
        try validateReferences(assets.keys, of: "scene “\(id)”")
    }

    /// The value under which a scene stands in the catalog.
    struct Record: TableValue, Equatable {
        /// Its id is empty: the key says it.
        var scene: ProjectScene

        init(_ scene: ProjectScene) {
            self.scene = scene
            self.scene.id = ""
        }

        func scene(_ id: String) -> ProjectScene {
            var scene = scene
            scene.id = id
            return scene
        }

        func append(to value: inout ByteWriter) {
            value.append(UInt8(1))
            value.append(UInt32(scene.index))
            value.append(scene.status.rawValue)
            value.append(optional: scene.title)
            value.append(optional: scene.specification)
            value.append(UInt32(scene.assets.count))
            value.append(references: scene.assets)
        }

        init(value: inout ByteReader) throws(AssetError) {
            try value.requireVersion(1)
            let index = try value.integer(UInt32.self)
            guard index <= Int32.max else { throw value.damaged("an impossible place") }
            scene = ProjectScene(id: "", index: Int(index))
            scene.status = try value.projectStatus()
            scene.title = try value.optionalString()
            scene.specification = try value.optionalString()
            scene.assets = try value.references(count: try value.integer())
        }
    }
}
