// What an actor does next: by chance, but the same whenever seed, actor, number and state are.

internal import AssetStore
internal import Basics

/// One call of the store's API, or a few that belong together.
enum Step: Sendable {
    case put(AssetID, ActorState.StoredAsset, isPackable: Bool, isStreamed: Bool)
    case rename(AssetID, String)
    case remove(AssetID)
    case setTitle(project: String, String)
    case removeProject(String)
    case submit(JobID, JobDescription)
    case start(JobID)
    /// Of different indexes.
    case frames(JobID, [(index: Int, content: Int)])
    case segment(JobID, index: Int, content: Int)
    case complete(JobID, output: (id: AssetID, content: Int)?, keepingFrames: Bool)
    case fail(JobID)
    case pause(JobID)
    case cancel(JobID)
    case removeJob(JobID)
    case removeFrames(JobID)
    case reclaim
    case compact
    case backup
    case reopen
}

/// Which steps actors take.
struct Mix: Sendable {
    var seed: UInt64
    /// Whether contents of several parts are among them.
    var hasLarge = false
    /// Whether an actor has its process for itself, and may close the store.
    var isAlone = false
    /// Whether backups are made.
    var hasBackups = false

    func step(_ number: Int, actor: Int, _ state: ActorState) -> Step {
        var random = Random(seed, UInt64(actor), UInt64(number))
        let project = ActorState.prefix(actor) + ["a", "b"].randomElement(using: &random)!
        let asset = state.assets.keys.sorted().randomElement(using: &random)
        let hasRoom = state.assets.count < 14
        // Where nothing but assets is put, commits are flushed in another way.
        if seed % 3 != 2, number / 12 % 2 == 1 { return put(project, &random) }
        switch Int.random(in: 0..<100, using: &random) {
        case ..<(hasRoom ? 26 : 8): return put(project, &random)
        case ..<36:
            guard let asset else { return put(project, &random) }
            return .remove(asset)
        case ..<41:
            guard let asset else { return put(project, &random) }
            return .rename(asset, "name \(Int.random(in: 0..<9, using: &random))")
        case ..<45: return .setTitle(project: project, "title \(number)")
        case ..<47: return state.projects[project] == nil ? .reclaim : .removeProject(project)
        case ..<50: return .reclaim
        case ..<51: return .compact
        case ..<52: return hasBackups ? .backup : .compact
        case ..<54: return isAlone ? .reopen : .reclaim
        case ..<60:
            let recipe = "{\"actor\":\(actor),\"n\":\(Int.random(in: 0..<3, using: &random))}"
            let job = JobDescription(
                project: project, kind: "render", recipe: recipe, submission: "{}",
                frameCount: 40)
            return .submit(job.id, job)
        default: return work(project, state, &random)
        }
    }

    private func put(_ project: String, _ random: inout Random) -> Step {
        let id = AssetID(high: random.next() & ~0xF000 | 0x7000, low: random.next() >> 2 | 1 << 63)
        let asset = ActorState.StoredAsset(
            project: project, name: "name \(Int.random(in: 0..<9, using: &random))",
            content: content(&random))
        return .put(
            id, asset, isPackable: Bool.random(using: &random),
            isStreamed: Bool.random(using: &random))
    }

    private func content(_ random: inout Random) -> Int {
        if hasLarge, random.oneIn(12) { return Content.large.randomElement(using: &random)! }
        return Content.small.randomElement(using: &random)!
    }

    /// Something with a job.
    private func work(_ project: String, _ state: ActorState, _ random: inout Random) -> Step {
        let chosen =
            random.oneIn(4)
            ? state.jobs.keys.sorted().randomElement(using: &random)
            : state.workers.sorted().randomElement(using: &random)
        guard let job = chosen ?? state.jobs.keys.sorted().randomElement(using: &random) else {
            return put(project, &random)
        }
        guard state.workers.contains(job) else {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: return .removeJob(job)
            case 1: return .removeFrames(job)
            case 2: return .cancel(job)
            default: return .start(job)
            }
        }
        switch Int.random(in: 0..<20, using: &random) {
        case ..<12:
            let count = Int.random(in: 1...8, using: &random)
            let first = Int.random(in: 0..<30, using: &random)
            return .frames(job, (first..<first + count).map { ($0, content(&random)) })
        case ..<15:
            return .segment(
                job, index: Int.random(in: 0..<4, using: &random), content: content(&random))
        case 15: return .fail(job)
        case 16: return .pause(job)
        case 17: return .complete(job, output: nil, keepingFrames: Bool.random(using: &random))
        default:
            guard case .put(let id, let asset, _, _) = put(project, &random) else {
                return .reclaim
            }
            return .complete(
                job, output: (id, asset.content), keepingFrames: Bool.random(using: &random))
        }
    }
}

extension ActorState {
    /// Does a step.
    mutating func apply(_ step: Step) {
        switch step {
        case .put(let id, let asset, _, _):
            assets[id] = asset
            require(asset.project)
        case .rename(let id, let name): assets[id]?.name = name
        case .remove(let id): assets[id] = nil
        case .setTitle(let project, let title): projects[project] = title
        case .removeProject(let project):
            projects[project] = nil
            assets = assets.filter { $0.value.project != project }
            for (id, job) in jobs where job.project == project {
                jobs[id] = nil
                workers.remove(id)
            }
        case .submit(let id, let description):
            if jobs[id] == nil { jobs[id] = StoredJob(project: description.project) }
            require(description.project)
        case .start(let id):
            jobs[id]?.state = .processing
            jobs[id]?.attempt += 1
            jobs[id]?.output = nil
            workers.insert(id)
        case .frames(let id, let frames):
            for (index, content) in frames { jobs[id]?.frames[index] = content }
        case .segment(let id, let index, let content): jobs[id]?.segments[index] = content
        case .complete(let id, let output, let keepingFrames):
            jobs[id]?.state = .complete
            jobs[id]?.segments = [:]
            if !keepingFrames { jobs[id]?.frames = [:] }
            if let output, let project = jobs[id]?.project {
                jobs[id]?.output = output.id
                assets[output.id] = StoredAsset(
                    project: project, name: "output", content: output.content)
            }
            workers.remove(id)
        case .fail(let id): end(id, .error)
        case .pause(let id): end(id, .pending)
        case .cancel(let id):
            guard let state = jobs[id]?.state, state == .pending || state == .processing else {
                return
            }
            jobs[id]?.state = .cancelled
        case .removeJob(let id): jobs[id] = nil
        case .removeFrames(let id): jobs[id]?.frames = [:]
        case .reclaim, .compact, .backup: break
        case .reopen: workers = []
        }
    }

    private mutating func end(_ id: JobID, _ state: JobState) {
        jobs[id]?.state = state
        workers.remove(id)
    }

    /// Makes a project that is not there, as storing into it does.
    private mutating func require(_ project: String) {
        if projects[project] == nil { projects[project] = "" }
    }
}
