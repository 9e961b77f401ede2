// Holds the lines of a manifest to their order, so that nothing stands there twice, and everything
// stands where whoever reads once through can use it.

internal import AssetStore
internal import Basics

/// What the lines so far allow the next one to be.
struct ManifestOrder {
    private enum Stage: Int {
        case start, assets, jobs, scenes, checkpoints, end
    }

    private(set) var project: ProjectLine?
    private(set) var counts = ManifestCounts()
    private var stage = Stage.start
    /// Assets come in two runs: the second is of those that once had the bytes of others.
    private var runs = 1
    private var lastAsset: (namespace: UInt8, id: AssetID)?
    private var lastJob: JobID?
    private var lastFrame: Int?
    private var lastSegment: (track: UInt8, index: Int)?
    private var lastScene: (index: Int, id: [UInt8])?
    private var lastCheckpoint = 0

    var isFinished: Bool { stage == .end }

    /// Takes in a line.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` with the reason alone, when it does not belong
    ///   there.
    mutating func add(_ line: ManifestLine) throws(AssetError) {
        guard stage != .end else { throw JSONLine.refused("it comes after the end") }
        if case .project(let line) = line {
            guard stage == .start else { throw JSONLine.refused("it is a second first line") }
            project = line
            stage = .assets
            return
        }
        guard stage != .start else { throw JSONLine.refused("it should tell of the project") }
        switch line {
        case .project: break
        case .asset(let line): try add(line)
        case .job(let line): try add(line)
        case .frame(let line):
            guard stage == .jobs, lastSegment == nil, line.index > lastFrame ?? -1 else {
                throw Self.misplaced
            }
            lastFrame = line.index
        case .segment(let line):
            guard stage == .jobs,
                lastSegment.map({ $0 < (line.track, line.index) }) ?? true
            else { throw Self.misplaced }
            lastSegment = (line.track, line.index)
        case .scene(let scene):
            try advance(to: .scenes)
            let place = (scene.index, Array(scene.id.utf8))
            if let last = lastScene {
                guard
                    last.index < place.0
                        || last.index == place.0 && last.id.lexicographicallyPrecedes(place.1)
                else { throw Self.misplaced }
            }
            lastScene = place
        case .checkpoint(let checkpoint):
            try advance(to: .checkpoints)
            guard checkpoint.number > lastCheckpoint,
                checkpoint.number <= project?.published.checkpointSequence ?? 0
            else { throw Self.misplaced }
            lastCheckpoint = checkpoint.number
        case .end(let line):
            guard line.counts == counts else {
                throw JSONLine.refused("it counts other lines than there are")
            }
            stage = .end
        }
        try counts.add(line)
    }

    private mutating func add(_ line: AssetLine) throws(AssetError) {
        guard stage == .assets else { throw Self.misplaced }
        let key = (line.description.namespace.rawValue, line.id)
        if let last = lastAsset, last >= key { runs += 1 }
        guard runs <= 2 else { throw Self.misplaced }
        lastAsset = key
    }

    private mutating func add(_ line: JobLine) throws(AssetError) {
        try advance(to: .jobs)
        guard lastJob.map({ $0 < line.id }) ?? true else { throw Self.misplaced }
        var description = line.facts.description
        description.project = project?.name ?? ""
        guard description.id == line.id else {
            throw JSONLine.refused("its identifier is not that of its recipe")
        }
        lastJob = line.id
        lastFrame = nil
        lastSegment = nil
    }

    private mutating func advance(to next: Stage) throws(AssetError) {
        guard stage.rawValue <= next.rawValue else { throw Self.misplaced }
        stage = next
    }

    private static var misplaced: AssetError {
        JSONLine.refused("it is not in the order that lines have, or is there twice")
    }
}
