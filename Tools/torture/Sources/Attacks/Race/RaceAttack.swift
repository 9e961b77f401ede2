// Many threads and processes over one store.
//
// Actors do their steps at once, in two processes, while others take snapshots of everything: each
// shows every actor where it was at some time between the beginning and the end of the look, and
// nobody anywhere else. More of them fill a project with a quota, remove, and fill it again.

internal import CTrace
internal import Glibc

/// The attack `race`.
struct RaceAttack: Attack {
    static let name = "race"
    static let summary = "threads and processes at once, against a sequential model"
    static let unit = "steps"

    private let options: Options
    private var snapshotCount = 0

    init(_ options: Options) throws { self.options = options }

    var remark: String { "\(snapshotCount) snapshots" }

    mutating func round(
        _ seed: UInt64, in directory: String, isOver: (Int) -> Bool
    ) throws -> Int {
        let actorsEach = 1 + Int(seed % 4)
        let whole = Work(
            directory, mix: Mix(seed: seed, hasLarge: seed % 8 == 5, hasBackups: true),
            actorCount: 2 * actorsEach, stepCount: 100)
        let attacked = try Attacked(whole)
        var children: [Child] = []
        for process in 0..<2 {
            var work = whole
            work.actors = process * actorsEach..<(process + 1) * actorsEach
            children.append(try attacked.startAlone(["racer"] + work.arguments))
        }
        for child in children {
            try attacked.expectEnd(of: child, "a racing process", seconds: 600)
        }
        try attacked.check()
        let marks = try Trace(whole.trace).marks
        snapshotCount += marks.count { $0.kind == .looked }
        let stepCount = marks.count { $0.kind == .done }
        _ = isOver(stepCount)
        return stepCount
    }
}
