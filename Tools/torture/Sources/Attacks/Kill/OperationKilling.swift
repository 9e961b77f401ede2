// Killing what takes long, again and again, until it is done all the same.

internal import CTrace
internal import Glibc

/// Kills an operation's processes. Belongs to one thread.
struct OperationKilling {
    let operation: Operation
    private let directory: String
    private let seed: UInt64
    private let attacked: Attacked
    private let control: Control
    private var random: Random
    /// The calls of an undisturbed process.
    let callCount: Int
    private let duration: Double

    private var disk: String { "\(directory)/disk" }
    private var pristine: String { "\(directory)/pristine" }
    private func run(_ part: OperationRun.Part) -> OperationRun {
        OperationRun(part, operation, directory: directory, seed: seed)
    }

    /// Makes what the operation begins with, and lets it come to its end once.
    init(_ operation: Operation, seed: UInt64, in directory: String) throws {
        (self.operation, self.directory, self.seed) = (operation, directory, seed)
        random = Random(seed, 0x0B)
        try Files.makeDirectory(directory)
        let work = Work(directory, mix: Mix(seed: seed), actorCount: 1, stepCount: 0)
        attacked = try Attacked(work)
        control = try Control(work.control)
        let first = OperationRun(.prepare, operation, directory: directory, seed: seed)
        try attacked.expectEnd(
            of: try attacked.startAlone(first.arguments), "preparing \(operation)", seconds: 600)
        try Files.copy("\(directory)/disk", to: "\(directory)/pristine")
        control.arm(Control.Plan(classes: Control.leavingTraces))
        let perform = OperationRun(.perform, operation, directory: directory, seed: seed)
        let start = monotonicSeconds()
        try attacked.expectEnd(
            of: try attacked.start(perform.arguments, .init(isControlled: true)), "\(operation)")
        duration = monotonicSeconds() - start
        callCount = control.count
        try perform.noteExpected()
        try reset()
    }

    /// Puts everything back to where it begins.
    private func reset() throws {
        try Files.remove(disk)
        try Files.copy(pristine, to: disk)
        try Files.remove("\(directory)/progress")
    }

    /// Lets a process go on, and kills it. Says at which call, 0 for some moment; `nil` when it came
    /// to its end before.
    ///
    /// - Parameter place: at which call, around those that there are; or only a number.
    mutating func kill(_ place: Int, atAnyMoment: Bool) throws -> Int? {
        let actions = [TORTURE_KILL_BEFORE, TORTURE_KILL_AFTER, TORTURE_KILL_HALFWAY]
        let call = atAnyMoment ? 0 : place % callCount + 1
        control.arm(
            Control.Plan(
                at: call, classes: Control.leavingTraces,
                action: UInt32(actions[place % actions.count])))
        let child = try attacked.start(run(.perform).arguments, .init(isControlled: true))
        if atAnyMoment {
            pause(seconds: Double.random(in: 0...duration, using: &random))
            child.kill()
        }
        let what = "\(operation), killed \(atAnyMoment ? "at some moment" : "at call \(call)")"
        guard try child.wait(seconds: 120) == .signal(SIGKILL) else {
            try attacked.expectEnd(of: child, what)
            try run(.perform).requireOutcome()
            try reset()
            return nil
        }
        try attacked.expectEnd(of: try attacked.startAlone(run(.look).arguments), what)
        return call
    }

    /// Lets it come to its end.
    func finish() throws {
        try attacked.expectEnd(of: try attacked.startAlone(run(.perform).arguments), "\(operation)")
        try run(.perform).requireOutcome()
    }
}
