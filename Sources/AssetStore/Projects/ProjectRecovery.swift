// What there is to know before a project is taken up again: how far it came, who works on it, and
// whether everything it refers to is still there.

/// How thoroughly references are followed.
public enum RecoveryCheck: Sendable {
    /// Whether what is referred to is there. Reads no payload.
    case presence
    /// Whether its bytes are what was stored. Reads all of them.
    case content
}

/// What is known of a project that may be taken up again.
public struct ProjectRecovery: Equatable, Sendable {
    /// Something that a scene or checkpoint refers to and that is not as it was.
    public struct Defect: Equatable, Sendable, CustomStringConvertible {
        /// What refers to it.
        public enum Referrer: Hashable, Sendable {
            case scene(String)
            case checkpoint(Int)
        }

        public enum Kind: Sendable {
            case missing
            case damaged
        }

        public var kind: Kind
        public var referrer: Referrer
        /// What it is to the one that refers to it.
        public var name: String
        /// The asset; `nil` where it is a job that is missing. A damaged one is still there, with
        /// the parameters to make it again.
        public var asset: AssetID?
        /// The job; where ``asset`` is there too, what the job made.
        public var job: JobID?
        /// What is wrong, for people.
        public var reason: String

        /// One line: who misses what.
        public var description: String {
            switch referrer {
            case .scene(let id): "scene “\(id)”, \(name): \(reason)"
            case .checkpoint(let number): "checkpoint \(number), \(name): \(reason)"
            }
        }
    }

    public var project: Project
    /// The newest checkpoint: where to go on from.
    public var checkpoint: Checkpoint?
    /// The newest checkpoint that lacks nothing, and none before it does: where to go back to.
    public var intactCheckpoint: Checkpoint?
    /// Its jobs that wait for a worker.
    public var waitingJobs: [JobID] = []
    /// Its jobs whose worker died.
    public var orphanedJobs: [JobID] = []
    /// Its jobs that a living worker is at: then nothing was interrupted.
    public var runningJobs: [JobID] = []
    /// What scenes and checkpoints refer to and is not as it was; at most ``defectCountMax``.
    public var defects: [Defect] = []
    /// How many defects there are.
    public var defectCount = 0
    /// References that were followed.
    public var referencesChecked = 0
    /// Payload bytes that were read and compared with their checksums.
    public var bytesChecked = 0

    public static let defectCountMax = 1000

    /// Whether everything that its scenes and checkpoints refer to is there, and intact as far as
    /// it was checked.
    public var canRecover: Bool { defectCount == 0 }

    mutating func add(_ defect: Defect) {
        defectCount += 1
        if defects.count < Self.defectCountMax { defects.append(defect) }
    }
}
