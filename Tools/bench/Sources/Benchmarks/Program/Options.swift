// What is asked for on the command line.

/// The command line of `assetbench`, read.
struct Options: Equatable {
    var suites: [String] = []
    var isSmoke = false
    var isJSON = false
    var only: String?
    var directory: String?
    var repetitions: Int?
    var seed: UInt64 = 1
    var assetCount: Int?
    var media: [String] = []
    var plot: String?
    var isAlone = false
    var wantsHelp = false

    /// - Throws: ``UsageError`` when it can't be understood.
    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        var operands: [String] = []
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-") else {
                operands.append(argument)
                continue
            }
            let halves = argument.split(separator: "=", maxSplits: 1)
            let name = String(halves[0])
            switch name {
            case "--smoke", "--json", "--alone", "--help":
                guard halves.count == 1 else { throw UsageError("\(name) takes no value") }
                if name == "--smoke" { isSmoke = true }
                if name == "--json" { isJSON = true }
                if name == "--alone" { isAlone = true }
                if name == "--help" { wantsHelp = true }
            case "--only", "--directory", "--repetitions", "--seed", "--assets", "--media",
                "--plot":
                guard let value = halves.count == 2 ? String(halves[1]) : rest.popFirst() else {
                    throw UsageError("\(name) needs a value")
                }
                try set(name, value)
            default: throw UsageError("there is no option \(name)")
            }
        }
        if wantsHelp { return }
        try choose(operands)
    }

    private mutating func set(_ name: String, _ value: String) throws(UsageError) {
        switch name {
        case "--only": only = value
        case "--directory": directory = value
        case "--repetitions": repetitions = try number(name, value, in: 1...1000)
        case "--media": media.append(value)
        case "--plot": plot = value
        case "--assets": assetCount = try number(name, value, in: 1000...1_000_000_000)
        default:
            guard let number = UInt64(value) else {
                throw UsageError("\(name) takes a number, not “\(value)”")
            }
            seed = number
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

    private mutating func choose(_ operands: [String]) throws(UsageError) {
        let names = Suite.all.map(\.name)
        guard operands.count == 1, let operand = operands.first else {
            throw UsageError("give one suite: \((names + ["all"]).joined(separator: ", "))")
        }
        guard operand == "all" || names.contains(operand) else {
            throw UsageError(
                "there is no suite \(operand); give \((names + ["all"]).joined(separator: " or "))")
        }
        suites = operand == "all" ? names : [operand]
        guard let only else { return }
        let works = Suite.all.filter { suites.contains($0.name) }.flatMap(\.works)
        guard works.contains(where: { $0.isNamed(only) }) else {
            throw UsageError(
                "there is no work \(only) in \(operand); give one of "
                    + works.map(\.name).joined(separator: ", "))
        }
    }

    /// The text of `--help`.
    static var help: String {
        var lines = [
            "usage: assetbench <\((Suite.all.map(\.name) + ["all"]).joined(separator: "|"))> "
                + "[--smoke] [--json] [--only W]",
            "",
            "Measures the store beside its peers, in turn, and prints the medians.",
            "",
            "  --smoke            everything as small as it can be: says whether it works, not how fast",
            "  --json             one JSON object per row on stdout",
            "  --only W           this work alone",
            "  --directory D      work in a new directory in D; otherwise among temporary files",
            "  --repetitions N    how often each is measured (5; 1 with --smoke)",
            "  --seed N           for all that is random (1)",
            "  --alone            the store without its peers, for a profiler",
            "  --assets N         how many assets make a large store (1000000)",
            "  --media FILE       measure frame codecs on this video, song, picture or folder of",
            "                     pictures, or on what is drawn under this name ("
                + "\(Material.drawn.map(\.name).joined(separator: ", ")));",
            "                     may be given again; otherwise on all that is drawn",
            "  --plot FILE        draw speed against ratio of lossless-encode as SVG",
            "  --help             this text",
        ]
        for suite in Suite.all {
            lines += ["", "\(suite.name): \(suite.summary)"]
            lines += suite.works.map { work in
                let padding = String(repeating: " ", count: max(0, 18 - work.name.count))
                return "  \(work.name)\(padding) \(work.summary)"
            }
        }
        lines += ["", "example: assetbench storage --only warm-reads"]
        return lines.joined(separator: "\n")
    }
}

/// A command line that can't be understood, and why.
struct UsageError: Error, Equatable {
    var message: String
    init(_ message: String) { self.message = message }
}
