// A call of the system that fails, for every call and every error.
//
// One process does some steps to a new store, and one call fails, or some in a row: with ENOSPC, EIO,
// EDQUOT or EINTR, or a write is done by half. Six rounds are all of these at every call. What threw is there whole or not at all, what was
// acknowledged is there, and the store goes on, at the latest when it is opened again. Where a sync
// failed, the power is lost afterwards too: the kernel forgot what it was to write, and nothing that
// was acknowledged later may depend on it.

internal import CTrace
internal import Glibc

/// The attack `errors`.
struct ErrorsAttack: Attack {
    static let name = "errors"
    static let summary = "a call that fails, for every call of a workload and every error"
    static let unit = "errors"

    private let options: Options
    private var callCounts: [Int] = []
    private var fullDisks: [String] = []

    init(_ options: Options) throws { self.options = options }

    var remark: String {
        "of a workload with \(callCounts.map { "\($0)" }.joined(separator: ", ")) calls, "
            + (fullDisks.isEmpty
                ? "no full disk: that takes the right to mount"
                : "each with a full disk (\(fullDisks.joined(separator: ", ")))")
    }

    private struct Failure: Sendable {
        var name: String
        var action = UInt32(TORTURE_FAIL)
        var error: CInt = 0
        /// How many calls in a row fail.
        var length = 1
    }

    private static let failures = [
        Failure(name: "EIO", error: EIO),
        Failure(name: "ENOSPC", error: ENOSPC, length: 3),
        Failure(name: "EINTR", error: EINTR),
        Failure(name: "EDQUOT", error: EDQUOT),
        Failure(name: "half a write", action: UInt32(TORTURE_SHORT)),
        Failure(name: "EIO, five times", error: EIO, length: 5),
    ]

    mutating func round(
        _ seed: UInt64, in directory: String, isOver: (Int) -> Bool
    ) throws -> Int {
        let calls = try count(seed, "\(directory)/count")
        callCounts.append(calls)
        let fullDisk = try Attacked(Self.work(seed, "\(directory)/count"))
        fullDisks = try FullDisk.run(fullDisk, in: directory)
        let failures = Self.failures
        // Each call fails once in a round, and the errors take turns, another one first with each
        // seed: as many rounds as there are errors are all errors at all calls of one workload.
        // In any order, so that a round that ends early has some of each part of the workload.
        var random = Random(seed, 0xE0)
        let order = Array(1...calls).shuffled(using: &random)
        return try Slots.run(1...calls, at: options.processes, isOver: isOver) { place, slot in
            let call = order[place - 1]
            let failure = failures[(call + Int(seed)) % failures.count]
            try Self.inject(failure, at: call, seed, "\(directory)/\(slot)")
        }
    }

    private static func work(_ seed: UInt64, _ directory: String) -> Work {
        let number = 1 + seed / UInt64(failures.count)
        return Work(
            directory, mix: Mix(seed: number, hasLarge: number % 4 == 0, isAlone: true),
            actorCount: 1, stepCount: 110)
    }

    private static let classes = Control.changing | UInt32(TORTURE_CLASS_READ)

    /// How many calls the workload makes when nothing fails.
    private func count(_ seed: UInt64, _ directory: String) throws -> Int {
        try Files.makeDirectory(directory)
        let work = Self.work(seed, directory)
        let attacked = try Attacked(work)
        let control = try Control(work.control)
        control.arm(Control.Plan(classes: Self.classes))
        try attacked.expectEnd(
            of: try attacked.start(work, .init(isControlled: true)), "the workload")
        return control.count
    }

    private static func inject(
        _ failure: Failure, at call: Int, _ seed: UInt64, _ directory: String
    ) throws {
        try Files.remove(directory)
        try Files.makeDirectory(directory)
        let work = work(seed, directory)
        let attacked = try Attacked(work)
        try attacked.keepArguments()
        let control = try Control(work.control)
        control.arm(
            Control.Plan(
                at: call, last: call + failure.length - 1, classes: classes,
                action: failure.action, error: failure.error))
        let what = "\(failure.name) at call \(call)"
        let child = try attacked.start(work, .init(isTraced: true, isControlled: true))
        try attacked.expectEnd(of: child, what)
        let isSync =
            control.actedClasses & UInt32(TORTURE_CLASS_SYNC) != 0
            && failure.action == UInt32(TORTURE_FAIL)
        // After a sync that failed, the store may ask for a restart of the machine.
        try attacked.check(what, start: isSync ? 1 : 0)
        // A sync that was only interrupted is done again, and nothing is lost.
        guard isSync, failure.error != EINTR else { return }
        let share = 40
        let run = ImageRun(
            work, range: 0..<Int(UInt32.max), share: (call % share, share))
        let looking = try attacked.startLooking(run.arguments, root: run.root, start: 1)
        try attacked.expectEnd(of: looking, "\(what), then a loss of power")
    }
}
