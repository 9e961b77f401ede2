// The keys of what belongs to projects.

internal import Basics
internal import LMDB

/// A project in the index by status.
struct StatusProjectKey: TableKey {
    var status: UInt8
    var project: ProjectNumber

    func append(to key: inout ByteWriter) {
        key.append(status)
        project.append(to: &key)
    }

    init(_ status: ProjectStatus, _ project: ProjectNumber) {
        self.status = status.rawValue
        self.project = project
    }

    init(key: inout ByteReader) throws(AssetError) {
        status = try key.integer()
        project = try ProjectNumber(key: &key)
    }
}

/// A scene of a project.
struct SceneKey: TableKey {
    var project: ProjectNumber
    var scene: String

    func append(to key: inout ByteWriter) {
        project.append(to: &key)
        key.append(contentsOf: scene.utf8)
    }

    init(_ project: ProjectNumber, _ scene: String) {
        self.project = project
        self.scene = scene
    }

    init(key: inout ByteReader) throws(AssetError) {
        project = try ProjectNumber(key: &key)
        scene = try key.restOfName()
    }
}

/// A scene in the index by place.
struct PlacedSceneKey: TableKey {
    var project: ProjectNumber
    var index: UInt32
    var scene: String

    func append(to key: inout ByteWriter) {
        project.append(to: &key)
        key.appendBigEndian(index)
        key.append(contentsOf: scene.utf8)
    }

    init(_ project: ProjectNumber, _ scene: ProjectScene) {
        self.project = project
        index = UInt32(truncatingIfNeeded: scene.index)
        self.scene = scene.id
    }

    init(key: inout ByteReader) throws(AssetError) {
        project = try ProjectNumber(key: &key)
        index = try key.bigEndianInteger()
        scene = try key.restOfName()
    }
}

/// A checkpoint of a project.
struct CheckpointKey: TableKey {
    var project: ProjectNumber
    var number: UInt64

    func append(to key: inout ByteWriter) {
        project.append(to: &key)
        key.appendBigEndian(number)
    }

    init(_ project: ProjectNumber, _ number: Int) {
        self.project = project
        self.number = UInt64(number)
    }

    init(key: inout ByteReader) throws(AssetError) {
        project = try ProjectNumber(key: &key)
        number = try key.bigEndianInteger()
        guard number < UInt64(Int.max) else { throw key.damaged("an impossible checkpoint") }
    }
}

extension ByteReader {
    /// Reads what remains as a name.
    fileprivate mutating func restOfName() throws(AssetError) -> String {
        let utf8 = try array(count: remaining)
        guard let name = String(validating: utf8, as: UTF8.self) else {
            throw damaged("a name that is not UTF-8")
        }
        return name
    }
}
