// Which operation comes next: by chance, weighted so that a store neither stays empty nor grows.

internal import AssetStore
internal import Basics
internal import TestSupport

extension Operation {
    private static let projects = ["a", "b", "ab", "c", "ä"]
    private static let names = ["", "n", "name", "nam"]

    /// An operation that suits what is there, most of the time.
    ///
    /// - Parameter isSequential: leave out what is not one step to who looks at the store.
    package static func random(
        _ random: inout some RandomNumberGenerator, _ model: ModelStore, isSequential: Bool
    ) -> Operation {
        let project = projects.randomElement(using: &random)!
        // About 150 assets and a dozen jobs are enough to get in each other's way.
        let isFull = model.assets.count > 150
        switch Int.random(in: 0..<200, using: &random) {
        case 0..<(isFull ? 15 : 40): return .put(newAsset(&random, model, project))
        case 0..<50: return .removeAsset(asset(&random, model))
        case ..<58:
            return .updateAsset(
                asset(&random, model), name: names.randomElement(using: &random)!,
                attributes: ["key": "\(Int.random(in: 0..<5, using: &random))"])
        case ..<62: return .createProject(project, description(&random))
        case ..<66: return .updateProject(project, description(&random))
        case ..<70:
            let used = model.usage(of: project).values.reduce(0) { $0 + $1.storedByteCount }
            return .setProjectQuota(project, quota(&random, used))
        case ..<72:
            let used = model.usage().values.reduce(0) { $0 + $1.storedByteCount }
            return .setQuota(quota(&random, used))
        case ..<74: return .removeProject(project)
        case ..<79:
            let scene = ProjectScene(
                id: "s\(Int.random(in: 0..<6, using: &random))",
                index: Int.random(in: 0..<4, using: &random), title: "title",
                assets: ["image": asset(&random, model)])
            return .putScene(scene, project)
        case ..<81: return .removeScene("s\(Int.random(in: 0..<6, using: &random))", project)
        case ..<85: return .addCheckpoint(checkpoint(&random, model), project)
        case ..<87: return .revert(project, Int.random(in: 1...8, using: &random))
        case ..<95:
            return .submit(
                JobDescription(
                    project: project, kind: "render",
                    recipe: "{\"n\":\(Int.random(in: 0..<4, using: &random))}",
                    submission: "{\"m\":\(Int.random(in: 0..<3, using: &random))}",
                    frameCount: 60))
        case ..<97:
            return Bool.random(using: &random)
                ? .reclaim : .compact(liveShare: Double.random(in: 0...1, using: &random))
        case ..<99:
            return .requeueOrphans(
                Bool.random(using: &random) ? project : nil,
                markingAsError: Bool.random(using: &random))
        case ..<101:
            // Its jobs are taken one after another.
            if isSequential, model.evictable(project).count > 1 { return .reclaim }
            return .evict(isSequential || Bool.random(using: &random) ? project : nil)
        default: return work(&random, model)
        }
    }

    /// Something with a job: what its worker does, if it has one.
    private static func work(
        _ random: inout some RandomNumberGenerator, _ model: ModelStore
    ) -> Operation {
        let chosen =
            Bool.random(using: &random)
            ? model.workers.keys.sorted().randomElement(using: &random)
            : model.jobs.keys.sorted().randomElement(using: &random)
        let none = JobID(high: 1, low: 2)
        let job = chosen ?? none
        switch Int.random(in: 0..<100, using: &random) {
        case ..<6: return .cancel(job)
        case ..<12: return .removeJob(job)
        case ..<16: return .removeFrames(job)
        case ..<20: return .start(job)
        default: break
        }
        guard let worker = model.workers[job] else { return .start(job) }
        switch Int.random(in: 0..<100, using: &random) {
        case ..<45:
            let count = Int.random(in: 0..<16, using: &random)
            let frames = (0..<count).map { _ in
                (
                    index: Int.random(in: 0..<60, using: &random),
                    content: smallContent(&random)
                )
            }
            return .frames(job, frames)
        case ..<65:
            return .segment(
                job, track: UInt8.random(in: 0..<2, using: &random),
                index: Int.random(in: 0..<4, using: &random),
                content: smallContent(&random))
        case ..<72: return .fail(job, "no")
        case ..<80: return .pause(job, Bool.random(using: &random) ? "later" : nil)
        case ..<86: return .abandon(job)
        default:
            let keepingFrames = Bool.random(using: &random)
            guard Bool.random(using: &random) else {
                return .complete(job, nil, keepingFrames: keepingFrames)
            }
            var output = newAsset(&random, model, worker.project)
            output.isStreamed = true
            return .complete(job, output, keepingFrames: keepingFrames)
        }
    }

    private static func newAsset(
        _ random: inout some RandomNumberGenerator, _ model: ModelStore, _ project: String
    ) -> NewAsset {
        // Sometimes one that is there, and then it is refused.
        let isTaken = Int.random(in: 0..<30, using: &random) == 0
        let id = isTaken ? asset(&random, model) : newID(&random)
        let isLarge = Int.random(in: 0..<60, using: &random) == 0
        return NewAsset(
            id: id,
            description: AssetDescription(
                namespace: Namespace.assetNamespaces.randomElement(using: &random)!,
                project: project, kind: ["", "scene"].randomElement(using: &random)!,
                name: names.randomElement(using: &random)!,
                mediaType: ["image/bmp", "image/png"].randomElement(using: &random)!,
                attributes: ["a": "1"], parameters: "{}",
                facts: MediaFacts(width: 1, durationSeconds: 0.5)),
            content: isLarge
                ? ModelContent.large.randomElement(using: &random)! : smallContent(&random),
            isStreamed: Bool.random(using: &random))
    }

    /// Every tenth is of no bytes.
    private static func smallContent(_ random: inout some RandomNumberGenerator) -> Int {
        let number = ModelContent.small.randomElement(using: &random)!
        return number % 10 == 0 ? 0 : number
    }

    private static func newID(_ random: inout some RandomNumberGenerator) -> AssetID {
        AssetID(high: random.next() & ~0xF000 | 0x7000, low: random.next() >> 2 | 1 << 63)
    }

    /// One that is there, or else one that is not.
    private static func asset(
        _ random: inout some RandomNumberGenerator, _ model: ModelStore
    ) -> AssetID {
        model.assets.keys.sorted().randomElement(using: &random) ?? newID(&random)
    }

    private static func description(_ random: inout some RandomNumberGenerator)
        -> ProjectDescription
    {
        ProjectDescription(
            title: "title", status: ProjectStatus.allCases.randomElement(using: &random)!,
            percent: Double(Int.random(in: 0...100, using: &random)),
            quota: Int.random(in: 0..<4, using: &random) == 0 ? 200_000 : nil)
    }

    private static func checkpoint(
        _ random: inout some RandomNumberGenerator, _ model: ModelStore
    ) -> CheckpointDescription {
        CheckpointDescription(
            stage: "stage \(Int.random(in: 0..<9, using: &random))", completedCount: 1,
            totalCount: 2, percent: Bool.random(using: &random) ? 50 : nil,
            assets: ["made": asset(&random, model)])
    }

    /// None half of the time, otherwise one that is reached soon, or exceeded already.
    private static func quota(_ random: inout some RandomNumberGenerator, _ used: Int) -> Int? {
        if Bool.random(using: &random) { return nil }
        return max(0, used + Int.random(in: -2000...30_000, using: &random))
    }
}
