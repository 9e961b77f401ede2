// What one actor's part of a store holds: the model, and what is found.
//
// Each actor has projects of its own, which nobody else touches, so what it must find there is known
// without knowing what others do. Equal contents are shared all the same, as are packs, commits,
// counters of the store, and everything underneath.

internal import AssetStore

/// The part of a store that belongs to one actor.
struct ActorState: Sendable {
    struct StoredAsset: Equatable, Sendable {
        var project: String
        var name: String
        var content: Int
    }

    struct StoredJob: Equatable, Sendable {
        var project: String
        var state = JobState.pending
        var attempt = 0
        var output: AssetID?
        /// Contents by index.
        var frames: [Int: Int] = [:]
        var segments: [Int: Int] = [:]
    }

    /// Titles by name.
    var projects: [String: String] = [:]
    var assets: [AssetID: StoredAsset] = [:]
    var jobs: [JobID: StoredJob] = [:]
    /// The jobs that the actor works on; not to be seen in the store.
    var workers: Set<JobID> = []

    /// Whether the same is to be seen.
    func looksLike(_ other: ActorState) -> Bool {
        projects == other.projects && assets == other.assets && jobs == other.jobs
    }

    /// What it holds, in lines that can be compared.
    var lines: [String] {
        var lines = projects.map { "project \($0.key): “\($0.value)”" }
        lines += assets.map {
            "asset \($0.key) in \($0.value.project): “\($0.value.name)”, content \($0.value.content)"
        }
        for (id, job) in jobs {
            let frames = job.frames.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let segments = job.segments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            lines.append(
                "job \(id) in \(job.project): \(job.state) on attempt \(job.attempt), "
                    + "output \(job.output?.description ?? "none"), "
                    + "frames \(frames.joined(separator: " ")), "
                    + "segments \(segments.joined(separator: " "))")
        }
        return lines.sorted()
    }

    /// How what was found differs from what is expected, for people.
    func differences(from expected: ActorState) -> String {
        let (found, wanted) = (Set(lines), Set(expected.lines))
        let surplus = found.subtracting(wanted).sorted().prefix(4).map { "  found:    \($0)" }
        let missing = wanted.subtracting(found).sorted().prefix(4).map { "  expected: \($0)" }
        return (surplus + missing).joined(separator: "\n")
    }
}

extension ActorState {
    /// What the name of an actor's projects begins with.
    static func prefix(_ actor: Int) -> String { "p\(actor)-" }

    /// The actor that a project belongs to.
    static func actor(ofProject name: String) -> Int? {
        guard name.hasPrefix("p"), let end = name.firstIndex(of: "-") else { return nil }
        return Int(name[name.index(after: name.startIndex)..<end])
    }

    /// Reads what the actors hold at the moment of a snapshot, with every byte.
    ///
    /// - Throws: ``BrokenPromise`` where something is there for nobody; what the store throws.
    static func observe(_ snapshot: borrowing Snapshot) throws -> [Int: ActorState] {
        var states: [Int: ActorState] = [:]
        var names: [String] = []
        try snapshot.forEachProject { project in
            guard let actor = actor(ofProject: project.name) else {
                throw BrokenPromise("there is a project “\(project.name)” that nobody made")
            }
            names.append(project.name)
            states[actor, default: ActorState()].projects[project.name] =
                project.description.title ?? ""
            return true
        }
        for name in names {
            guard let actor = actor(ofProject: name) else { continue }
            var assets: [Asset] = []
            try snapshot.forEachAsset(project: name) {
                assets.append($0)
                return true
            }
            for asset in assets {
                let content = try snapshot.withBytes(of: asset.id) { Content.number(of: $0) }
                if content == Content.wrong {
                    throw BrokenPromise("P3: asset \(asset.id) has bytes that nobody stored")
                }
                states[actor]?.assets[asset.id] = StoredAsset(
                    project: name, name: asset.description.name, content: content ?? Content.wrong)
            }
        }
        for job in try snapshot.jobs() {
            guard let actor = actor(ofProject: job.description.project) else { continue }
            states[actor, default: ActorState()].jobs[job.id] = try observe(job, snapshot)
        }
        return states
    }

    private static func observe(
        _ job: Job, _ snapshot: borrowing Snapshot
    ) throws -> StoredJob {
        var stored = StoredJob(
            project: job.description.project, state: job.state, attempt: Int(job.attempt),
            output: job.output)
        var indexes: [Int] = []
        try snapshot.forEachFrame(of: job.id) {
            indexes.append($0.index)
            return true
        }
        for index in indexes {
            stored.frames[index] =
                try snapshot.withFrame(index, of: job.id) { Content.number(of: $1) }
        }
        for index in try snapshot.segmentIndexes(of: job.id, track: 0) {
            stored.segments[index] = try snapshot.withSegment(track: 0, index: index, of: job.id) {
                Content.number(of: $0)
            }
        }
        let contents = Array(stored.frames.values) + Array(stored.segments.values)
        if contents.contains(Content.wrong) {
            throw BrokenPromise("P3: job \(job.id) has a frame or segment that nobody stored")
        }
        return stored
    }
}

/// A promise of the store that was found broken.
struct BrokenPromise: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
