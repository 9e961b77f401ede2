// Following what a project's scenes and checkpoints refer to, in pages: no snapshot is held while
// bytes are read, and no list of everything is made.

internal import Basics
internal import LMDB

/// One thing that a scene or checkpoint refers to.
struct ProjectReference {
    enum Target: Hashable {
        case asset(AssetID)
        case job(JobID)
    }

    var referrer: ProjectRecovery.Defect.Referrer
    var name: String
    var target: Target
}

/// Goes through the references of a project: first the scenes' in their order, then the
/// checkpoints', the oldest first. Belongs to one thread.
struct ReferenceWalk {
    private let store: Store
    private let project: ProjectNumber
    private var position = Position.scenes(from: nil)

    private enum Position {
        case scenes(from: [UInt8]?)
        case checkpoints(from: [UInt8]?)
        case end
    }

    /// When a page is full; one more scene or checkpoint may go beyond it.
    private static let countMax = 4096

    init(_ store: Store, _ project: ProjectNumber) {
        self.store = store
        self.project = project
    }

    /// The next references; none at the end.
    mutating func next() throws -> [ProjectReference] {
        var page: [ProjectReference] = []
        while page.isEmpty {
            switch position {
            case .end: return []
            case .scenes(let start):
                position = .checkpoints(from: nil)
                try store.read { snapshot in
                    try snapshot.forEachScene(of: project, from: start) { key, scene in
                        guard page.count < Self.countMax else {
                            position = .scenes(from: key.keyBytes)
                            return false
                        }
                        page += scene.references
                        return true
                    }
                }
            case .checkpoints(let start):
                position = .end
                let (catalog, project) = (store.catalog, project)
                try catalog.environment.read { transaction in
                    try transaction.scan(
                        catalog.checkpoints, prefix: project.keyBytes, from: start
                    ) { key, record in
                        guard page.count < Self.countMax else {
                            position = .checkpoints(from: key.keyBytes)
                            return false
                        }
                        page += record.checkpoint(key.number).references
                        return true
                    }
                }
            }
        }
        return page
    }
}

extension ProjectScene {
    var references: [ProjectReference] {
        assets.sorted { $0.key < $1.key }.map { name, id in
            ProjectReference(referrer: .scene(self.id), name: name, target: .asset(id))
        }
    }
}

extension Checkpoint {
    var references: [ProjectReference] {
        let assets = description.assets.sorted { $0.key < $1.key }.map { name, id in
            ProjectReference(referrer: .checkpoint(number), name: name, target: .asset(id))
        }
        let jobs = description.jobs.sorted { $0.key < $1.key }.map { name, id in
            ProjectReference(referrer: .checkpoint(number), name: name, target: .job(id))
        }
        return assets + jobs
    }
}
