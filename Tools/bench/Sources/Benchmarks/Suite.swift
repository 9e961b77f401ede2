// Suites of benchmarks. A suite is a file that lists its works and a line in `Suite.all`; a work is
// a name and a function from the circumstances to rows.

/// Works that are measured together.
struct Suite: Sendable {
    var name: String
    var summary: String
    var works: [Work]

    /// All suites, in the order in which `all` runs them.
    static let all = [storage, frames]
}

/// Something to measure.
struct Work: Sendable {
    var name: String
    var summary: String
    /// The names of its rows.
    var rowNames: [String]
    var measure: @Sendable (Bench) throws -> [Row]

    /// - Parameter rows: the names of its rows, when it has others than its own.
    init(
        _ name: String, _ summary: String, rows: [String]? = nil,
        _ measure: @escaping @Sendable (Bench) throws -> [Row]
    ) {
        self.name = name
        self.summary = summary
        self.rowNames = rows ?? [name]
        self.measure = measure
    }

    /// Whether `--only` with this text means it.
    func isNamed(_ text: String) -> Bool { name == text || rowNames.contains(text) }
}

/// The circumstances of a run.
struct Bench: Sendable {
    /// Whether everything is as small as it can be, for tests.
    var isSmoke: Bool
    /// How often each contestant is measured.
    var repetitions: Int
    var seed: UInt64
    /// Whether the peers are left out.
    var isAlone = false
    /// How many assets make a large store; `nil` for the usual number.
    var assetCount: Int?
    /// Files and folders that frames are made of; none for those drawn here.
    var media: [String] = []
    var workspace: Workspace
    /// Tells people how it goes on.
    var say: @Sendable (String) -> Void

    /// A size: the first for real, the second in a smoke test.
    func size(_ real: Int, smoke: Int) -> Int { isSmoke ? smoke : real }
}
