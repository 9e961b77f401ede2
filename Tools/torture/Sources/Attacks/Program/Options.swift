// What is asked for on the command line.

/// The command line of `torture`, read.
struct Options: Equatable, Sendable {
    var attack = ""
    var seed: UInt64 = 1
    /// How long to begin new rounds.
    var seconds: Double?
    /// How many rounds.
    var rounds: Int?
    /// How many images, kills, errors, … are enough.
    var count: Int?
    /// Where stores are made; in memory when it is not said.
    var directory = "/dev/shm"
    /// Where what shows a broken promise is kept; where it is when it is not said.
    var keep: String?
    /// How many processes work at once.
    var processes = 2
    /// What an earlier run left of a broken promise.
    var replay: String?
    var image: Int?
    var wantsHelp = false

    static let help = """
        usage: torture <attack> [options]

        Attacks a store and holds what is left of it against what was acknowledged.

        ATTACKS
        \(Attacks.all.map { line($0) }.joined(separator: "\n"))
          all         each of them, one after the other

        OPTIONS
          --seed <n>         the first seed; each round takes the next (1)
          --seconds <n>      end after so long (60 when nothing says how much is enough)
          --rounds <n>       end after so many rounds
          --count <n>        end when there were so many images, kills, errors, …
          --directory <dir>  make the stores there (/dev/shm)
          --keep <dir>       keep what shows a broken promise there
          --processes <n>    work with so many processes at once (2)
          --replay <dir>     powerloss: look again at what was kept there
          --image <n>        powerloss: at this image only
          --help             this text

        The first line is the seed, the last one the verdict. The first broken promise ends it: what
        shows it is kept, and told is what it is, where, and the command that repeats it. Exit status:
        0 all promises kept, 1 one was broken, 2 the torture itself failed, 64 usage.
        example: torture powerloss --seed 7 --seconds 30
        """

    private static func line(_ attack: any Attack.Type) -> String {
        let gap = String(repeating: " ", count: max(1, 12 - attack.name.utf8.count))
        return "  \(attack.name)\(gap)\(attack.summary)"
    }

    /// - Throws: ``UsageError`` when it can't be understood.
    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-") else {
                guard attack.isEmpty else { throw UsageError("there is one attack at a time") }
                attack = argument
                continue
            }
            if argument == "--help" {
                wantsHelp = true
                continue
            }
            let halves = argument.split(separator: "=", maxSplits: 1).map { String($0) }
            guard let value = halves.count == 2 ? halves[1] : rest.popFirst() else {
                throw UsageError("\(argument) needs a value")
            }
            try set(halves[0], value)
        }
        if wantsHelp || replay != nil { return }
        guard attack == "all" || Attacks.all.contains(where: { $0.name == attack }) else {
            throw UsageError(attack.isEmpty ? "name an attack" : "there is no attack \(attack)")
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(UsageError) {
        switch name {
        case "--seed": seed = UInt64(try number(name, value, in: 0...1 << 31))
        case "--seconds": seconds = Double(try number(name, value, in: 1...1_000_000))
        case "--rounds": rounds = try number(name, value, in: 1...1_000_000)
        case "--keep": keep = value
        case "--count": count = try number(name, value, in: 1...1 << 40)
        case "--processes": processes = try number(name, value, in: 1...64)
        case "--image": image = try number(name, value, in: 1...1 << 40)
        case "--directory": directory = value
        case "--replay": replay = value
        default: throw UsageError("there is no option \(name)")
        }
    }

    private func number(
        _ name: String, _ text: String, in range: ClosedRange<Int>
    ) throws(UsageError) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw UsageError(
                "\(name) takes a number from \(range.lowerBound) to \(range.upperBound), "
                    + "not “\(text)”")
        }
        return value
    }
}

/// A command line that can't be understood.
struct UsageError: Error {
    var message: String
    init(_ message: String) { self.message = message }
}
