// The loss of power at any moment.
//
// A workload is recorded, call by call: with one actor or several, killed now and then and started
// again, and with syncs that fail. From the record are made the disks that a loss of power could
// have left, before and after every call; each is opened, verified, held against what was
// acknowledged by then, and used.

internal import CTrace
internal import Glibc

/// The attack `powerloss`.
struct PowerLossAttack: Attack {
    static let name = "powerloss"
    static let summary = "what a loss of power could leave, of every moment of a workload"
    static let unit = "images"

    private let options: Options
    private var recordCount = 0

    init(_ options: Options) throws { self.options = options }

    var remark: String { "\(recordCount) calls and marks recorded" }

    /// What is recorded with a seed.
    private static func work(_ seed: UInt64, _ directory: String) -> Work {
        let actorCount = [1, 2, 1, 4][Int(seed % 4)]
        return Work(
            directory,
            mix: Mix(seed: seed, hasLarge: seed % 5 == 0, isAlone: actorCount == 1),
            actorCount: actorCount, stepCount: 120 / actorCount)
    }

    mutating func round(
        _ seed: UInt64, in directory: String, isOver: (Int) -> Bool
    ) throws -> Int {
        let work = Self.work(seed, directory)
        let attacked = try Attacked(work)
        try attacked.keepArguments()
        try record(work, attacked)
        recordCount += try Trace(work.trace).records.count
        return try check(work, attacked, isOver)
    }

    private func record(_ work: Work, _ attacked: Attacked) throws {
        var random = Random(work.mix.seed, 0x10)
        let control = try Control(work.control)
        var interposing = Attacked.Interposing(isTraced: true, isControlled: true)
        for _ in 0..<Int.random(in: 0..<3, using: &random) {
            let actions = [TORTURE_KILL_BEFORE, TORTURE_KILL_AFTER, TORTURE_KILL_HALFWAY]
            control.arm(
                Control.Plan(
                    at: Int.random(in: 1..<800, using: &random),
                    action: UInt32(actions.randomElement(using: &random)!)))
            let child = try attacked.start(work, interposing)
            if try child.wait(seconds: 120) == .signal(SIGKILL) { continue }
            try attacked.expectEnd(of: child, "the workload")
        }
        // A pack whose sync failed is sealed, so that there are packs to compact and to remove.
        control.arm(Control.Plan())
        if work.mix.isAlone, !random.oneIn(3) {
            control.arm(
                Control.Plan(
                    at: Int.random(in: 20..<120, using: &random),
                    classes: UInt32(TORTURE_CLASS_SYNC), action: UInt32(TORTURE_FAIL), error: EIO))
        } else {
            interposing.isControlled = false
        }
        try attacked.expectEnd(of: try attacked.start(work, interposing), "the workload")
    }

    private func check(
        _ work: Work, _ attacked: Attacked, _ isOver: (Int) -> Bool
    ) throws -> Int {
        let runs = (0..<options.processes).map {
            ImageRun(work, range: 0..<Int(UInt32.max), share: ($0, options.processes))
        }
        var children = try runs.map {
            try attacked.startLooking($0.arguments, root: $0.root)
        }
        var done = runs.map { _ in 0 }
        var (last, moved) = (done, monotonicSeconds())
        while !children.isEmpty {
            usleep(20_000)
            for (index, run) in runs.enumerated() { done[index] = try progress(run).count }
            if done != last { (last, moved) = (done, monotonicSeconds()) }
            if isOver(done.reduce(0, +)) { return done.reduce(0, +) }
            guard monotonicSeconds() < moved + 60 else {
                throw BrokenPromise(
                    "P12: nothing moves at images \(try runs.map { try progress($0).number })")
            }
            var running: [Child] = []
            for child in children {
                if try child.poll() == nil {
                    running.append(child)
                } else {
                    let numbers = try runs.map { try progress($0).number }.filter { $0 >= 0 }
                    try attacked.expectEnd(of: child, "checking, at one of images \(numbers)")
                }
            }
            children = running
        }
        for (index, run) in runs.enumerated() { done[index] = try progress(run).count }
        return done.reduce(0, +)
    }

    /// The image that a process is at, and how many it has checked.
    private func progress(_ run: ImageRun) throws -> (number: Int, count: Int) {
        guard Files.exists(run.progress) else { return (0, 0) }
        let words = try Files.text(run.progress).split(separator: " ").compactMap { Int($0) }
        return words.count == 2 ? (words[0], words[1]) : (0, 0)
    }

    /// Looks again at what a run kept, at one image or all; the image stays there.
    static func replay(_ directory: String, image: Int?) throws {
        var arguments = try Files.text("\(directory)/work").split(separator: "\n").map {
            String($0)
        }
        arguments[1] = directory
        let work = try Work(arguments: arguments)
        let range = image.map { $0..<$0 + 1 } ?? 0..<Int(UInt32.max)
        try ImageRun(work, range: range, share: (0, 1)).run()
    }
}
