// Starting processes under the interposer.

internal import CTrace

/// How processes of an attack are started.
struct Attacked {
    let work: Work
    /// Where the interposer lies: beside this program.
    private let interposer: String

    init(_ work: Work) throws {
        self.work = work
        let program = try Files.program()
        interposer = "\(parent(program))/libTortureInterposer.so"
        guard Files.exists(interposer) else {
            throw Trouble("\(interposer) is not there; start this program by Tools/torture/run")
        }
        try Files.makeDirectory(work.disk)
    }

    /// What a process sees of the interposer.
    struct Interposing {
        /// Whether to record what it does.
        var isTraced = false
        /// Whether it can be killed, or have calls fail, at a call.
        var isControlled = false
    }

    /// Starts the work.
    func start(_ work: Work, _ interposing: Interposing) throws -> Child {
        try start(work.arguments, interposing)
    }

    /// Starts whatever is told by its arguments.
    func start(_ arguments: [String], _ interposing: Interposing) throws -> Child {
        var environment = [
            "LD_PRELOAD": interposer, "TORTURE_ROOT": work.disk, "TORTURE_SPARSE": "1",
            "SWIFT_BACKTRACE": "enable=no",
        ]
        if interposing.isTraced { environment["TORTURE_TRACE"] = work.trace }
        if interposing.isControlled { environment["TORTURE_CONTROL"] = work.control }
        return try Child(arguments, environment: environment, output: work.output)
    }

    /// Starts a process that looks at stores in `root`.
    ///
    /// - Parameters:
    ///   - start: which start of the machine it is to be; another than this one after a loss of
    ///     power, 0 for this one.
    ///   - trace: where to record what it does.
    func startLooking(
        _ arguments: [String], root: String, start: Int = 0, trace: String? = nil
    ) throws -> Child {
        var environment = [
            "LD_PRELOAD": interposer, "TORTURE_ROOT": root, "TORTURE_SPARSE": "1",
            "SWIFT_BACKTRACE": "enable=no",
        ]
        if start > 0 {
            let file = "\(work.directory)/start-\(start)"
            let text = "00000000-0000-4000-8000-00000000000\(start)"
            try Files.write(Array(text.utf8), to: file)
            environment["TORTURE_START"] = file
        }
        if let trace { environment["TORTURE_TRACE"] = trace }
        return try Child(arguments, environment: environment, output: work.output)
    }

    /// Starts a process without the interposer, which may be another's library then.
    func startAlone(_ arguments: [String]) throws -> Child {
        try Child(arguments, environment: ["SWIFT_BACKTRACE": "enable=no"], output: work.output)
    }

    /// Waits for a process that is to end by itself.
    ///
    /// - Throws: ``BrokenPromise`` when it found one broken, crashed, or did not end.
    func expectEnd(of child: Child, _ what: String, seconds: Double = 120) throws {
        try judge(try child.wait(seconds: seconds), what)
    }

    /// Says what the end of a process means; `nil` when it had to be ended.
    func judge(_ end: Child.End?, _ what: String) throws {
        switch end {
        case .status(0)?: break
        case .status(TortureProgram.brokenPromise)?:
            throw BrokenPromise("\(what): \(try said())")
        case .status(let number)?:
            throw Trouble("\(what) ended with status \(number): \(try said())")
        case .signal(let number)?:
            throw BrokenPromise("P12: \(what) crashed with signal \(number): \(try said())")
        case nil: throw BrokenPromise("\(what): it did not end")
        }
    }

    /// Holds the store, which nobody has open, against what was acknowledged, in another process.
    ///
    /// - Parameter start: as in ``startLooking(_:root:start:trace:)``.
    func check(_ what: String = "checking", start: Int = 0) throws {
        let child = try startLooking(["check"] + work.arguments, root: work.disk, start: start)
        try expectEnd(of: child, "\(what), then a look at the store")
    }

    /// Notes what the work is, for a replay.
    func keepArguments() throws {
        let text = work.arguments.joined(separator: "\n")
        try Files.write(Array(text.utf8), to: "\(work.directory)/work")
    }

    /// The last that processes said.
    private func said() throws -> String {
        guard Files.exists(work.output) else { return "" }
        return try Files.text(work.output).split(separator: "\n").suffix(24)
            .joined(separator: "\n")
    }
}
