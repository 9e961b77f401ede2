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
        [
            PowerLossAttack.self, KillAttack.self, ErrorsAttack.self, RotAttack.self,
            RaceAttack.self, LeaksAttack.self,
        ]
    }
}

/// Runs rounds of an attack.
struct Siege {
    let options: Options
    let say: (String) -> Void

    /// Runs an attack; returns what was done, line by line, the verdict last, and whether all
    /// promises were kept.
    func run(_ type: any Attack.Type) throws -> (lines: [String], isKept: Bool) {
        var attack = try type.init(options)
        let start = monotonicSeconds()
        let hasEnd = options.count != nil || options.rounds != nil
        let deadline = options.seconds ?? (hasEnd ? .infinity : 60)
        let (enough, roundsEnough) = (options.count ?? .max, options.rounds ?? .max)
        let directory = "\(options.directory)/torture-\(getpid())-\(type.name)"
        try Files.remove(directory)
        var (done, rounds, seed, said) = (0, 0, options.seed, start)
        func elapsed() -> Double { monotonicSeconds() - start }
        func lines(broken: Int) -> [String] {
            let remark = attack.remark.isEmpty ? "" : ", \(attack.remark)"
            let seeds = rounds == 1 ? "seed \(options.seed)" : "seeds \(options.seed)–\(seed - 1)"
            return [
                "\(type.name): \(done) \(type.unit)\(remark), \(seeds), "
                    + "\(Int(elapsed().rounded())) s",
                "\(type.name): \(rounds) rounds, \(done) checks, \(broken) broken promises "
                    + "(seed \(options.seed))",
            ]
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
                say("what shows it is kept in \(try keep(directory, type.name, seed - 1))")
                say(
                    "to repeat it: Tools/torture/run \(type.name) --seed \(seed - 1) --rounds 1 "
                        + "--processes \(options.processes)")
                return (lines(broken: 1), false)
            }
            try Files.remove(directory)
        } while elapsed() < deadline && done < enough && rounds < roundsEnough
        return (lines(broken: 0), true)
    }

    /// Puts what shows a broken promise where it is to be kept, and says where that is.
    private func keep(_ directory: String, _ name: String, _ seed: UInt64) throws -> String {
        guard let keep = options.keep else { return directory }
        try Files.makeDirectory(keep)
        let path = "\(keep)/\(name)-seed-\(seed)"
        try Files.remove(path)
        try Files.copy(directory, to: path)
        try Files.remove(directory)
        return path
    }
}
