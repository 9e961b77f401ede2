// What all attacks have in common.

internal import Glibc

/// A way to attack a store, in rounds; each round is told by its seed.
protocol Attack {
    static var name: String { get }
    /// A line of the help.
    static var summary: String { get }
    /// What is counted.
    static var unit: String { get }

    init(_ options: Options) throws

    /// Does a round in a directory that is there and empty, and says how much was done.
    ///
    /// - Parameter isOver: asked now and then; true when enough was done, with what was done so far
    ///   in this round.
    /// - Throws: ``BrokenPromise``; then what is in the directory is kept.
    mutating func round(
        _ seed: UInt64, in directory: String, isOver: (_ done: Int) -> Bool
    ) throws -> Int

    /// More to say about what was done.
    var remark: String { get }
}

extension Attack {
    var remark: String { "" }
}

/// The attacks there are.
enum Attacks {
    static var all: [any Attack.Type] {
        [PowerLossAttack.self, KillAttack.self, ErrorsAttack.self]
    }
}

/// Runs rounds of an attack.
struct Siege {
    let options: Options
    let say: (String) -> Void

    /// Runs an attack; returns the verdict, and whether all promises were kept.
    func run(_ type: any Attack.Type) throws -> (verdict: String, isKept: Bool) {
        var attack = try type.init(options)
        let start = monotonicSeconds()
        let deadline = options.seconds ?? (options.count == nil ? 60 : .infinity)
        let enough = options.count ?? .max
        let directory = "\(options.directory)/torture-\(getpid())-\(type.name)"
        try Files.remove(directory)
        var (done, rounds, seed, said) = (0, 0, options.seed, start)
        func elapsed() -> Double { monotonicSeconds() - start }
        func verdict(_ end: String) -> String {
            let seconds = Int(elapsed().rounded())
            let seeds = rounds == 1 ? "seed \(options.seed)" : "seeds \(options.seed)–\(seed - 1)"
            let remark = attack.remark.isEmpty ? "" : ", \(attack.remark)"
            return "\(type.name): \(done) \(type.unit) in \(rounds) rounds (\(seeds))\(remark), "
                + "\(seconds) s: \(end)"
        }
        repeat {
            try Files.makeDirectory(directory)
            do {
                rounds += 1
                seed += 1
                let before = done
                done += try attack.round(seed - 1, in: directory) { more in
                    if monotonicSeconds() > said + 5 {
                        said = monotonicSeconds()
                        say("\(type.name): seed \(seed - 1), \(before + more) \(type.unit)")
                    }
                    return elapsed() > deadline || before + more >= enough
                }
            } catch let error as BrokenPromise {
                say("\(type.name), seed \(seed - 1): \(error)")
                say("what shows it is kept in \(directory)")
                return (verdict("A PROMISE IS BROKEN"), false)
            }
            try Files.remove(directory)
        } while elapsed() < deadline && done < enough
        return (verdict("all promises kept"), true)
    }
}
