// What a project is.

public import Basics

/// Where a project, or a scene of it, stands. Raw values are stored and never renumbered.
public enum ProjectStatus: UInt8, Sendable, CaseIterable {
    /// Nothing is being made of it.
    case idle = 1
    /// It is being made, or was when its process died.
    case inProgress = 2
    case complete = 3
    /// Work on it ended without a result; its error says why.
    case failed = 4
    /// It was given up.
    case cancelled = 5

    /// The name on the command line and in JSON.
    public var name: String { "\(self)" }

    /// The status of this name, `nil` when there is none.
    public init?(name: String) {
        guard let status = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = status
    }

    /// Whether work on it is over, one way or the other.
    public var isEnd: Bool { self == .complete || self == .failed || self == .cancelled }
}

/// What a caller says of a project, and may change at any time.
public struct ProjectDescription: Equatable, Sendable {
    /// What people call it; at most ``Limits/textByteCountMax``, like the other texts.
    public var title: String?
    /// What it is about.
    public var summary: String?
    public var status: ProjectStatus
    /// What is being done, in the caller's own words; at most 255 bytes.
    public var stage: String?
    /// How far it is, 0–100.
    public var percent: Double?
    /// Why it failed.
    public var error: String?
    /// What is to be made: JSON of the caller's own, at most ``Limits/parametersByteCountMax``. The
    /// store does not interpret it.
    public var specification: String?
    /// The most stored bytes of the project; `nil` for no limit. What is stored already stays, also
    /// when it is more.
    public var quota: Int?

    public init(
        title: String? = nil, summary: String? = nil, status: ProjectStatus = .idle,
        stage: String? = nil, percent: Double? = nil, error: String? = nil,
        specification: String? = nil, quota: Int? = nil
    ) {
        self.title = title
        self.summary = summary
        self.status = status
        self.stage = stage
        self.percent = percent
        self.error = error
        self.specification = specification
        self.quota = quota
    }

    /// Checks every field against its limit.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``, naming the field.
    package func validate() throws(AssetError) {
        try validateText(title, "a project's title")
        try validateText(summary, "a project's summary")
        try validateText(error, "a project's error")
        try validateText(stage, "a project's stage", byteCountMax: Limits.nameByteCountMax)
        try validatePercent(percent)
        try validateText(
            specification, "a project's specification",
            byteCountMax: Limits.parametersByteCountMax)
        try validateQuota(quota)
    }
}

/// A project in the store.
public struct Project: Equatable, Sendable, Identifiable {
    public let name: String
    public let description: ProjectDescription
    /// What it holds, by namespace; without those that hold nothing. Each asset counts with all
    /// that its content takes, also where it shares that with others.
    public let usage: [Namespace: Usage]
    public let createdAt: Timestamp
    /// When its description, a scene or a checkpoint was last changed. Assets and jobs that come
    /// and go don't change it.
    public let updatedAt: Timestamp
    /// When it was complete, failed or was cancelled; `nil` while it is none of these.
    public let completedAt: Timestamp?

    public var id: String { name }
    public var status: ProjectStatus { description.status }
    public var quota: Int? { description.quota }

    /// What all namespaces hold; its count is that of assets, frames and jobs together.
    public var total: Usage { usage.values.reduce(Usage(), +) }
    /// How many images, videos and audio it holds.
    public var assetCount: Int {
        Namespace.assetNamespaces.reduce(0) { $0 + (usage[$1]?.count ?? 0) }
    }
    public var frameCount: Int { usage[.frames]?.count ?? 0 }
    public var jobCount: Int { usage[.jobs]?.count ?? 0 }
}

/// Checks the length of a text that may be absent.
///
/// - Throws: ``AssetError/Code/invalidArgument``.
func validateText(
    _ text: String?, _ field: String, byteCountMax: Int = Limits.textByteCountMax
) throws(AssetError) {
    if let text, text.utf8.count > byteCountMax {
        throw AssetError(
            .invalidArgument,
            "\(field) has \(text.utf8.count) bytes, more than the \(byteCountMax) that it may have")
    }
}

/// Checks that a percentage is one.
///
/// - Throws: ``AssetError/Code/invalidArgument``.
func validatePercent(_ percent: Double?) throws(AssetError) {
    // A comparison with what is no number is false.
    if let percent, !(percent >= 0 && percent <= 100) {
        throw AssetError(.invalidArgument, "a percentage is from 0 to 100, unlike \(percent)")
    }
}

/// Checks that a quota is one.
///
/// - Throws: ``AssetError/Code/invalidArgument``.
func validateQuota(_ byteCount: Int?) throws(AssetError) {
    if let byteCount, byteCount < 0 {
        throw AssetError(.invalidArgument, "a quota can't be less than nothing")
    }
}
