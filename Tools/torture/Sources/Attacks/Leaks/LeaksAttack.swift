// What a process that works for long must not gather: open files, mappings, memory.
//
// One process does everything there is to do, over and over, with stores that are opened and closed
// and one that stays open; what it holds is counted after each cycle. Once it is warm, nothing grows.

internal import Glibc

/// The attack `leaks`.
struct LeaksAttack: Attack {
    static let name = "leaks"
    static let summary = "open files, mappings and memory of a process that works for long"
    static let unit = "cycles"

    private let options: Options
    private var last = ""

    init(_ options: Options) throws { self.options = options }

    var remark: String { last }

    /// How many cycles a process makes at most.
    private static let cycleCountMax = 2000

    mutating func round(
        _ seed: UInt64, in directory: String, isOver: (Int) -> Bool
    ) throws -> Int {
        let attacked = try Attacked(
            Work(directory, mix: Mix(seed: seed), actorCount: 1, stepCount: 0))
        let soak = Soak(directory: directory, seed: seed)
        let child = try attacked.startAlone(soak.arguments)
        while try child.poll() == nil {
            pause(seconds: 0.05)
            let count = try soak.measures().count
            // It ends by itself after the cycle that is under way.
            if isOver(count) || count >= Self.cycleCountMax {
                try Files.write([], to: soak.end)
                break
            }
        }
        try attacked.expectEnd(of: child, "working for long")
        let measures = try soak.measures()
        last = try Self.judge(measures)
        return measures.count
    }

    /// Holds the end against the beginning.
    private static func judge(_ measures: [Soak.Measure]) throws -> String {
        guard measures.count >= 30 else { return "too few to judge by" }
        let third = measures.count / 3
        // The first third is for warming up.
        let (before, after) = (measures[third..<2 * third], measures[(2 * third)...])
        func most(_ part: ArraySlice<Soak.Measure>, _ path: (Soak.Measure) -> Int) -> Int {
            part.map { path($0) }.max() ?? 0
        }
        let files = (most(before, \.fileCount), most(after, \.fileCount))
        let mappings = (most(before, \.mappingCount), most(after, \.mappingCount))
        let memory = (most(before, \.memoryByteCount), most(after, \.memoryByteCount))
        let words =
            "\(files.0) then \(files.1) files, \(mappings.0) then \(mappings.1) mappings, "
            + "\(memory.0 >> 10) then \(memory.1 >> 10) KiB of memory"
        // The C library keeps what was freed, and in another order each time.
        guard files.1 <= files.0, mappings.1 <= mappings.0 + 16,
            memory.1 <= memory.0 + memory.0 / 8 + 4 << 20
        else { throw BrokenPromise("P10: a process that works for long grows: \(words)") }
        return words
    }
}
