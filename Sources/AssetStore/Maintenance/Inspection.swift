// Holding every record of the catalog against its counterparts, and knowing what would mend it.
//
// Verifying and repairing walk the same ways. Verifying takes one snapshot and tells what it finds.
// Repairing walks in pieces: a piece in which something is found is inspected again in a write
// transaction, and mended there, so that what others wrote meanwhile is never undone.

internal import Basics
internal import LMDB

/// Something in the catalog that contradicts something else.
struct Fault {
    typealias Mend = (borrowing WriteTransaction, ChangeSet) throws -> Void

    /// As in ``VerificationReport/Damage``.
    var id: String
    var part: Int?
    var reason: String
    /// Makes it right, in the transaction in which it was found; `nil` where nobody can know how.
    var mend: Mend?
}

/// An inspection of the catalog. Belongs to one thread.
final class Inspection {
    /// What is inspected, in the order in which it is to be mended: each relies on those before.
    enum Walk: CaseIterable {
        case sequenceNumbers
        case contents, assets
        case frames, segments
        case assetsByProject, assetsByName, assetsByContent
        case references, parts
        case frameSequences, segmentSequences, jobs, jobsByState, jobsByProject, jobFrames
        case scenes, checkpoints, projects, projectsByName, projectsByStatus, scenesByIndex
        case packs, openPacks

        /// The most entries that are inspected in one write transaction.
        var pieceCountMax: Int {
            switch self {
            // Each takes entries of other tables with it, without bound.
            case .packs, .jobs, .frameSequences, .segmentSequences: 16
            default: 4096
            }
        }
    }

    let catalog: Catalog
    /// For what only the packs know; reads nothing where all is well.
    let packReader: PackReader
    /// Makes identifiers for what has to be made anew.
    let identifiers: AssetIDSource
    /// Whether the holders of ranges are inspected; verifying does it as it reads their payloads.
    let inspectsHolders: Bool
    /// Contents that assets refer to but that are not there, or say something else: what may be
    /// theirs is left alone.
    private(set) var doubtedContents: Set<ContentID> = []

    private(set) var faults: [Fault] = []
    private(set) var faultCount = 0
    private(set) var assetCount = 0
    private(set) var namedAssetCount = 0
    var missingProjects: Set<ProjectNumber> = []
    /// The sequences of frames and segments that jobs have or that are being cleared away.
    var ownedSequences: Set<SequenceID>?

    init(
        _ store: Store, inspectsHolders: Bool, doubtedContents: Set<ContentID> = []
    ) {
        catalog = store.catalog
        packReader = store.packReader
        identifiers = store.assetIDs
        self.inspectsHolders = inspectsHolders
        self.doubtedContents = doubtedContents
    }

    /// Walks on from a key, over at most `countMax` entries; returns where to go on, `nil` at the
    /// end.
    func run(
        _ walk: Walk, from start: [UInt8] = [], countMax: Int = .max,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws -> [UInt8]? {
        let piece = Piece(start: start, countMax: countMax)
        switch walk {
        case .sequenceNumbers: return try inspectSequenceNumbers(in: transaction)
        case .contents: return try inspectContents(piece, in: transaction)
        case .assets: return try inspectAssets(piece, in: transaction)
        case .frames: return try inspectFrames(piece, in: transaction)
        case .segments: return try inspectSegments(piece, in: transaction)
        case .assetsByProject: return try inspectAssetsByProject(piece, in: transaction)
        case .assetsByName: return try inspectAssetsByName(piece, in: transaction)
        case .assetsByContent: return try inspectAssetsByContent(piece, in: transaction)
        case .references: return try inspectReferences(piece, in: transaction)
        case .parts: return try inspectParts(piece, in: transaction)
        case .frameSequences: return try inspectFrameSequences(piece, in: transaction)
        case .segmentSequences: return try inspectSegmentSequences(piece, in: transaction)
        case .jobs: return try inspectJobs(piece, in: transaction)
        case .jobsByState: return try inspectJobsByState(piece, in: transaction)
        case .jobsByProject: return try inspectJobsByProject(piece, in: transaction)
        case .jobFrames: return try inspectJobFrames(piece, in: transaction)
        case .scenes: return try inspectScenes(piece, in: transaction)
        case .checkpoints: return try inspectCheckpoints(piece, in: transaction)
        case .scenesByIndex: return try inspectScenesByIndex(piece, in: transaction)
        case .projectsByStatus: return try inspectProjectsByStatus(piece, in: transaction)
        case .projects: return try inspectProjects(piece, in: transaction)
        case .projectsByName: return try inspectProjectsByName(piece, in: transaction)
        case .packs: return try inspectPacks(piece, in: transaction)
        case .openPacks: return try inspectOpenPacks(piece, in: transaction)
        }
    }

    /// Whether an index can have entries too many, when everything of which it is an index was
    /// walked over in `transaction` before: without it, verifying would look up each entry twice.
    func canHaveExcess(
        _ walk: Walk, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Bool {
        if faultCount > 0 { return true }
        switch walk {
        case .assetsByProject:
            return try transaction.count(catalog.assetsByProject) != assetCount
        case .assetsByName: return try transaction.count(catalog.assetsByName) != namedAssetCount
        case .assetsByContent:
            return try transaction.count(catalog.assetsByContent) != assetCount
        default: return true
        }
    }

    /// Where to begin, and how far to go.
    struct Piece {
        var start: [UInt8]
        var countMax: Int
    }

    func scan<Key, Value>(
        _ table: Table<Key, Value>, _ piece: Piece,
        in transaction: borrowing some Transaction & ~Copyable,
        _ body: (Key, Value) throws -> Void
    ) throws -> [UInt8]? {
        var (next, count): ([UInt8]?, Int) = (nil, 0)
        try transaction.scan(table, from: piece.start) { key, value in
            guard count < piece.countMax else {
                next = key.keyBytes
                return false
            }
            count += 1
            try body(key, value)
            return true
        }
        return next
    }

    func note(_ id: String, _ part: Int? = nil, _ reason: String, mend: Fault.Mend? = nil) {
        faultCount += 1
        // A snapshot in which everything is wrong would fill the memory.
        guard faults.count < VerificationReport.damageCountMax else { return }
        faults.append(Fault(id: id, part: part, reason: reason, mend: mend))
    }

    func doubt(_ content: ContentID) { doubtedContents.insert(content) }

    func countAsset(isNamed: Bool) {
        assetCount += 1
        if isNamed { namedAssetCount += 1 }
    }
}
