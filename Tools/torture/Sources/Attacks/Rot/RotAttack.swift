// Bits that flip, sectors that vanish or change places, files that end too early.
//
// A store is filled, closed and copied; each copy is damaged in one place, in a pack or in the
// catalog, before it is opened or while it is open, and used: every byte that it gives out is right, everything else is a typed error, and
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
        let (doneCount, isEnough) = (Lock(0), Lock(false))
        _ = try Slots.run(
            0...processes - 1, at: processes,
            isOver: { _ in
                let isOver = isOver(doneCount.withLock { $0 })
                isEnough.withLock { $0 = isOver }
                return isOver
            },
            body: { share, _ in
                // In pieces, so that it can end in time.
                for first in stride(from: 1, through: last, by: 50)
                where !isEnough.withLock({ $0 }) {
                    let run = RotRun(
                        work, range: first..<min(first + 50, last + 1),
                        share: (share, processes))
                    try Self.damage(run, attacked)
                    doneCount.withLock {
                        $0 += run.range.count { $0 % processes == share }
                    }
                }
            })
        return doneCount.withLock { $0 }
    }

    private static func damage(_ run: RotRun, _ attacked: Attacked) throws {
        let child = try attacked.startLooking(run.arguments, root: run.root)
        let end = try child.wait(seconds: 120)
        let words = Files.exists(run.progress) ? try Files.text(run.progress) : "?"
        try attacked.judge(end, words.split(separator: "\n").last.map { String($0) } ?? "?")
    }
}
