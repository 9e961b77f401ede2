// SIGKILL at every call of the system, and at any moment.
//
// Seeds take turns, by fours:
//
// 0  One process after the other works on a store, the first killed at its first call that leaves a
//    trace outside of it, the second at its second, and so on, before the call, after it, or in the
//    middle of a write. Nothing that a commit does leaves one without a call: what is between two
//    calls is as if it had died at the next one. (LMDB's lock file and the table of reservations are
//    memory, and change between calls that take and drop locks, which are among these calls.)
// 1  Several processes work on a store at once, each killed after some random time.
// 2  What takes long, and is done again until it is done: renders, exports, imports, repairing,
//    salvaging; each is killed at its first, second, third, … call.
// 3  The same, after some random time.
//
// Whoever comes next finds what was acknowledged; every few kills the whole store is verified and
// used.

internal import CTrace
internal import Glibc

/// The attack `kill`.
struct KillAttack: Attack {
    static let name = "kill"
    static let summary = "processes killed at every call and at random moments, whatever they do"
    static let unit = "kills"

    private let options: Options
    /// The calls at which each operation was killed, and how many there are.
    private let places = Lock<[Operation: (calls: Set<Int>, count: Int)]>([:])

    init(_ options: Options) throws { self.options = options }

    var remark: String {
        let parts = places.withLock { places in
            Operation.allCases.compactMap { operation in
                places[operation].map {
                    "\(operation.rawValue) at \($0.calls.count) of \($0.count) calls"
                }
            }
        }
        return parts.joined(separator: ", ")
    }

    mutating func round(
        _ seed: UInt64, in directory: String, isOver: (Int) -> Bool
    ) throws -> Int {
        switch seed % 4 {
        case 0: try atEveryCall(seed, directory, isOver)
        case 1: try atAnyMoment(seed, directory, isOver)
        default: try operations(seed, directory, isOver)
        }
    }

    // MARK: What takes long

    /// How often each is killed in a round.
    private static let operationKillCount = 16

    private func operations(
        _ seed: UInt64, _ directory: String, _ isOver: (Int) -> Bool
    ) throws -> Int {
        let count = Lock(0)
        let isEnoughNow = Lock(false)
        let isEnough = { (_: Int) in
            let isOver = isOver(count.withLock { $0 })
            isEnoughNow.withLock { $0 = isOver }
            return isOver
        }
        let (last, places) = (Operation.allCases.count - 1, places)
        _ = try Slots.run(0...last, at: options.processes, isOver: isEnough) { number, _ in
            var killing = try OperationKilling(
                Operation.allCases[number], seed: seed, in: "\(directory)/\(number)")
            // Rounds go on where those before stopped, around the calls that there are.
            let first = Int(seed / 4) * Self.operationKillCount
            for place in first..<first + Self.operationKillCount {
                if isEnoughNow.withLock({ $0 }) { return }
                let atAnyMoment = seed % 4 == 3
                // One that came to its end before that call begins anew, and gets there then.
                guard
                    let call = try killing.kill(place, atAnyMoment: atAnyMoment)
                        ?? killing.kill(place, atAnyMoment: atAnyMoment)
                else { continue }
                count.withLock { $0 += 1 }
                places.withLock { places in
                    var place = places[killing.operation] ?? ([], 0)
                    place.count = max(place.count, killing.callCount)
                    if call > 0 { place.calls.insert(call) }
                    places[killing.operation] = place
                }
            }
            try killing.finish()
        }
        return count.withLock { $0 }
    }

    // MARK: At every call

    /// Up to which call of a process; most have done their steps by then.
    private static let callCountMax = 600

    private func atEveryCall(
        _ seed: UInt64, _ directory: String, _ isOver: (Int) -> Bool
    ) throws -> Int {
        let slotCount = options.processes
        let count = Lock(0)
        let isEnoughNow = Lock(false)
        let isEnough = { (_: Int) in
            let isOver = isOver(count.withLock { $0 })
            isEnoughNow.withLock { $0 = isOver }
            return isOver
        }
        _ = try Slots.run(0...slotCount - 1, at: slotCount, isOver: isEnough) { slot, _ in
            // Each has every call for itself, in another order of steps.
            let work = Work(
                "\(directory)/\(slot)",
                mix: Mix(
                    seed: seed << 8 | UInt64(slot), hasLarge: slot % 4 == 3, isAlone: true,
                    hasBackups: true),
                actorCount: 1, stepCount: .max)
            try Files.makeDirectory(work.directory)
            let attacked = try Attacked(work)
            let control = try Control(work.control)
            let actions = [TORTURE_KILL_BEFORE, TORTURE_KILL_AFTER, TORTURE_KILL_HALFWAY]
            for call in 1...Self.callCountMax {
                if isEnoughNow.withLock({ $0 }) { break }
                let action = actions[(call + slot) % actions.count]
                control.arm(
                    Control.Plan(
                        at: call, classes: Control.leavingTraces, action: UInt32(action)))
                let child = try attacked.start(work, .init(isControlled: true))
                try Self.expectKill(of: child, attacked, "killed at call \(call)")
                count.withLock { $0 += 1 }
                if call % 10 == 0 { try attacked.check() }
            }
            try attacked.check()
        }
        return count.withLock { $0 }
    }

    /// Waits for a process that was killed, or will kill itself.
    private static func expectKill(of child: Child, _ attacked: Attacked, _ what: String) throws {
        let end = try child.wait(seconds: 120)
        if end == .signal(SIGKILL) { return }
        try attacked.judge(end, what)
        throw Trouble("\(what): the process ended by itself")
    }

    // MARK: At any moment

    private func atAnyMoment(
        _ seed: UInt64, _ directory: String, _ isOver: (Int) -> Bool
    ) throws -> Int {
        var random = Random(seed, 0x31)
        let actorsEach = Int.random(in: 1...3, using: &random)
        let processCount = 2
        let mix = Mix(seed: seed, hasLarge: seed % 4 == 1, hasBackups: true)
        let whole = Work(
            directory, mix: mix, actorCount: actorsEach * processCount, stepCount: .max)
        let attacked = try Attacked(whole)
        var killCount = 0
        for _ in 0..<10 {
            var children: [Child] = []
            for process in 0..<processCount {
                var work = whole
                work.actors = process * actorsEach..<(process + 1) * actorsEach
                children.append(try attacked.start(work, .init()))
            }
            // Some die while they open the store.
            for child in children.shuffled(using: &random) {
                pause(seconds: Double.random(in: 0...0.4, using: &random))
                child.kill()
                try Self.expectKill(of: child, attacked, "killed at some moment")
                killCount += 1
            }
            if random.oneIn(4) { try attacked.check() }
            if isOver(killCount) { break }
        }
        try attacked.check()
        return killCount
    }
}
