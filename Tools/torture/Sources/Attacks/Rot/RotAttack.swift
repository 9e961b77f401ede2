// Bits that flip, sectors that vanish or change places, files that end too early.
//
// A store is filled, closed and copied; each copy is damaged in one place, in a pack or in the
// catalog, and used: every byte that it gives out is right, everything else is a typed error, and
// what can be salvaged is right.

internal import Glibc

/// The attack `rot`.
struct RotAttack: Attack {
    static let name = "rot"
    static let summary = "damaged packs and catalogs: bits, sectors, lengths"
    static let unit = "damages"

    private let options: Options

    init(_ options: Options) throws { self.options = options }

    /// How often each store is damaged.
    private static let damageCount = 2000

    mutating func round(
        _ seed: UInt64, in directory: String, isOver: (Int) -> Bool
    ) throws -> Int {
        let work = Work(
            directory, mix: Mix(seed: seed, hasLarge: seed % 8 == 0, isAlone: true), actorCount: 1,
            stepCount: 40 + Int(seed % 5) * 40)
        let attacked = try Attacked(work)
        try attacked.expectEnd(of: try attacked.start(work, .init()), "the workload")
        let (least, processes) = (options.count ?? Self.damageCount, options.processes)
        let last = min(least, Self.damageCount)
        let doneCount = Lock(0)
        _ = try Slots.run(
            0...processes - 1, at: processes, isOver: { _ in isOver(doneCount.withLock { $0 }) },
            body: { share, _ in
                try Self.damage(work, attacked, share, processes, last, doneCount)
            })
        return doneCount.withLock { $0 }
    }

    private static func damage(
        _ work: Work, _ attacked: Attacked, _ share: Int, _ divisor: Int, _ last: Int,
        _ doneCount: Lock<Int>
    ) throws {
        // In pieces, so that it can end in time.
        for first in stride(from: 1, through: last, by: 100) {
            let run = RotRun(
                work, range: first..<min(first + 100, last + 1), share: (share, divisor))
            let child = try attacked.startLooking(run.arguments, root: run.root)
            let end = try child.wait(seconds: 120)
            let words = Files.exists(run.progress) ? try Files.text(run.progress) : "?"
            try attacked.judge(end, words.split(separator: "\n").last.map { String($0) } ?? "?")
            doneCount.withLock { $0 += run.range.count { $0 % divisor == share } }
        }
    }
}
