// What housekeeping may remove, and what it removed.

internal import Basics

/// What housekeeping may remove.
public struct HousekeepingPolicy: Equatable, Sendable {
    /// How long the frames and segments of a job that is not complete and has no living worker are
    /// kept after the last of them came, or the job was last begun or ended, and how long what an
    /// interrupted import had stored is kept; `nil` for ever.
    public var temporaryFrameAgeSeconds: Double?
    /// The kinds of jobs whose frames are only a means to an end, and can be made again; `nil` for
    /// all. Sequences of frames that came from outside are none of these.
    public var temporaryFrameKinds: Set<String>?
    /// How long a failed or cancelled project is kept after it was last changed, anything was
    /// stored in it, or one of its jobs was begun, went on or ended; `nil` for ever.
    public var endedProjectAgeSeconds: Double?
    /// Whether to find out only, and remove nothing.
    public var isDryRun: Bool

    /// A day for frames of renders, a week for projects.
    public init(
        temporaryFrameAgeSeconds: Double? = 24 * 3600,
        temporaryFrameKinds: Set<String>? = ["render"],
        endedProjectAgeSeconds: Double? = 7 * 24 * 3600, isDryRun: Bool = false
    ) {
        self.temporaryFrameAgeSeconds = temporaryFrameAgeSeconds
        self.temporaryFrameKinds = temporaryFrameKinds
        self.endedProjectAgeSeconds = endedProjectAgeSeconds
        self.isDryRun = isDryRun
    }

    func validate() throws(AssetError) {
        for age in [temporaryFrameAgeSeconds, endedProjectAgeSeconds] {
            // A comparison with what is no number is false.
            if let age, !(age >= 0 && age <= 1e12) {
                throw AssetError(.invalidArgument, "an age is 0 seconds or more, unlike \(age)")
            }
        }
    }
}

/// What housekeeping removed, or would remove.
public struct HousekeepingReport: Equatable, Sendable {
    /// Projects that went, by name; at most ``listedCountMax``.
    public var projects: [String] = []
    public var projectCount = 0
    /// Jobs that lost their frames and segments; at most ``listedCountMax``. The jobs stay.
    public var jobs: [JobID] = []
    public var jobCount = 0
    /// Assets that went with their projects.
    public var assetCount = 0
    /// Frames that went, alone or with their projects.
    public var frameCount = 0
    /// What all of that took, as far as quotas of projects go; content that others have too stays.
    public var storedByteCount = 0

    public static let listedCountMax = 1000

    public init() {}

    mutating func add(project: Project) {
        projectCount += 1
        if projects.count < Self.listedCountMax { projects.append(project.name) }
        assetCount += project.assetCount
        frameCount += project.frameCount
        storedByteCount += project.total.storedByteCount
    }

    mutating func add(job: JobID, _ sequence: SequenceRecord) {
        jobCount += 1
        if jobs.count < Self.listedCountMax { jobs.append(job) }
        frameCount += sequence.frames.count
        storedByteCount += sequence.frames.storedByteCount + sequence.segments.storedByteCount
    }
}
