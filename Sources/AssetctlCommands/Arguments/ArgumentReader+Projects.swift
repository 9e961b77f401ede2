// Operands and options of the commands that are about projects.

internal import AssetStore
internal import Basics

/// What `project create` and `project set` can say of a project. An empty value takes away what
/// was said before.
struct ProjectOptions: Sendable {
    private let title: String?
    private let summary: String?
    private let status: ProjectStatus?
    private let stage: String?
    private let percent: String?
    private let error: String?
    private let specificationPath: String?

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        title = try arguments.option("title", allowsEmpty: true)
        summary = try arguments.option("summary", allowsEmpty: true)
        status = try arguments.projectStatus("status")
        stage = try arguments.option("stage", allowsEmpty: true)
        percent = try arguments.option("percent", allowsEmpty: true)
        error = try arguments.option("error", allowsEmpty: true)
        specificationPath = try arguments.option("specification", allowsEmpty: true)
        if let percent, !percent.isEmpty, !((decimal(percent[...]) ?? -1) >= 0) {
            throw UsageError("--percent \(percent): expected a number from 0 to 100")
        }
    }

    /// Whether nothing is said.
    var isEmpty: Bool {
        [title, summary, stage, percent, error, specificationPath].allSatisfy { $0 == nil }
            && status == nil
    }

    /// What to do to a description; files are read now.
    func change() throws -> @Sendable (inout ProjectDescription) -> Void {
        let specification = try specificationPath?.nonEmpty.map(readJSONFile)
        return { description in
            if let title { description.title = title.nonEmpty }
            if let summary { description.summary = summary.nonEmpty }
            if let status { description.status = status }
            if let stage { description.stage = stage.nonEmpty }
            if let percent { description.percent = decimal(percent[...]) }
            if let error { description.error = error.nonEmpty }
            if specificationPath != nil { description.specification = specification }
        }
    }
}

/// A quota as an operand: a size, or `none`.
enum QuotaOperand: Equatable, Sendable {
    case none
    case size(Int)

    var byteCount: Int? {
        switch self {
        case .none: nil
        case .size(let byteCount): byteCount
        }
    }
}

/// How old something has to be; without seconds, nothing ever is.
struct Age: Equatable, Sendable {
    var seconds: Double?

    /// Reads `90s`, `30m`, `24h`, `7d` or `never`.
    init?(_ text: String) {
        if text == "never" { return }
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = decimal(text.dropLast()),
            number * unit <= 1e11
        else { return nil }
        seconds = number * unit
    }
}

extension ArgumentReader {
    /// An age, as ``Age`` reads it.
    mutating func age(_ name: String) throws(UsageError) -> Age? {
        guard let text = try option(name) else { return nil }
        guard let age = Age(text) else {
            throw UsageError("--\(name) \(text): expected an age such as 30m, 24h or 7d, or never")
        }
        return age
    }

    /// The next operand, a project's name.
    mutating func projectName() throws(UsageError) -> String {
        try operand("the project's name")
    }

    /// One of the states that a project may be in.
    mutating func projectStatus(_ name: String) throws(UsageError) -> ProjectStatus? {
        try choice(
            name,
            of: [
                "idle": .idle, "inProgress": .inProgress, "complete": .complete,
                "failed": .failed, "cancelled": .cancelled,
            ])
    }

    /// The next operand, a quota; `nil` when there is none.
    mutating func quota() throws(UsageError) -> QuotaOperand? {
        guard let text = try optionalOperand("the quota") else { return nil }
        if text == "none" { return QuotaOperand.none }
        guard let byteCount = ByteSize.parse(text) else {
            throw UsageError("“\(text)” is no quota: expected a size such as 2GiB, or none")
        }
        guard byteCount > 0 else {
            throw UsageError("with a quota of 0 nothing would fit; “none” is for no quota")
        }
        return .size(byteCount)
    }
}
