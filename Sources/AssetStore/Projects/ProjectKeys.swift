// The keys of what belongs to projects.

package import Basics
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
