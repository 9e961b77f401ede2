// What the attacked processes do: actors at work on a store.

internal import AssetStore
internal import Basics
internal import Glibc

/// A workload, as it stands on the command line of the process that does it.
struct Work: Sendable {
    /// The directory that everything of the attack is in.
    var directory: String
    var mix: Mix
    /// All actors of the attack.
    var actorCount: Int
    /// Those of this process.
    var actors: Range<Int>
    /// Up to which step.
    var stepCount: Int

    /// What the interposer looks at.
    var disk: String { "\(directory)/disk" }
    var store: String { "\(directory)/disk/store" }
    var trace: String { "\(directory)/trace" }
    var control: String { "\(directory)/control" }
    var output: String { "\(directory)/output" }

    /// What this is on a command line, for ``init(arguments:)``.
    var arguments: [String] {
        [
            "work", directory, "\(mix.seed)", mix.hasLarge ? "1" : "0",
            mix.isAlone ? "1" : "0", mix.hasBackups ? "1" : "0",
            "\(actorCount)", "\(actors.lowerBound)", "\(actors.upperBound)", "\(stepCount)",
        ]
    }

    init(
        _ directory: String, mix: Mix, actorCount: Int, actors: Range<Int>? = nil, stepCount: Int
    ) {
        self.directory = directory
        self.mix = mix
        self.actorCount = actorCount
        self.actors = actors ?? 0..<actorCount
        self.stepCount = stepCount
    }

    init(arguments: [String]) throws {
        let numbers = arguments.dropFirst(2).compactMap { UInt64($0) }
        guard arguments.count == 10, numbers.count == 8 else {
            throw Trouble("no such work: \(arguments)")
        }
        self.init(
            arguments[1],
            mix: Mix(
                seed: numbers[0], hasLarge: numbers[1] == 1, isAlone: numbers[2] == 1,
                hasBackups: numbers[3] == 1),
            actorCount: Int(numbers[4]), actors: Int(numbers[5])..<Int(numbers[6]),
            stepCount: Int(numbers[7]))
    }

    /// The histories of all actors, as the trace has them now.
    func histories() throws -> (all: [ActorHistory], isMade: Bool) {
        let marks = try Trace(trace).marks
        return (
            try ActorHistory.all(actors: 0..<actorCount, mix: mix, marks),
            marks.contains { $0.kind == .opened }
        )
    }

    /// Holds the store, which nobody has open, against what was acknowledged.
    func check() throws {
        let (histories, isMade) = try histories()
        try StoreCheck.run(store, histories, isMade: isMade, goesOn: true)
    }

    /// Does it, in this process.
    func run() throws {
        let control = unsafe getenv("TORTURE_CONTROL") == nil ? nil : try Control(control)
        let options = StoreOptions(reclaimsInBackground: mix.seed % 2 == 0)
        let (store, seed) = (store, mix.seed)
        let open = { @Sendable () throws -> Store in
            if seed % 3 == 0 { return try Store.openOrCreate(at: store, options: options) }
            return Files.exists("\(store)/catalog/data.mdb")
                ? try Store.open(at: store, options: options)
                : try Store.openOrCreate(at: store, options: options)
        }
        let (histories, isMade) = try histories()
        let marks = try MarkWriter(trace)
        var actors: [Actor] = []
        for history in histories where self.actors.contains(history.actor) {
            let opening = isMade ? open : { try Store.openOrCreate(at: store, options: options) }
            let store = try retrying(control, opening)
            if actors.isEmpty { try marks.write(Mark(.opened)) }
            actors.append(
                Actor(
                    history, store, marks: marks, control: control, backups: directory,
                    reopening: open))
        }
        let failure = Lock<(any Error)?>(nil)
        var threads: [Thread] = []
        for actor in actors {
            let stepCount = stepCount
            threads.append(
                try Thread {
                    do {
                        try actor.begin()
                        while actor.history.number < stepCount { try actor.advance() }
                        try actor.end()
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                    }
                })
        }
        for thread in threads { thread.join() }
        if let failure = failure.take(nil) { throw failure }
    }

    /// An injected error may make opening take two tries.
    private func retrying(_ control: Control?, _ open: () throws -> Store) throws -> Store {
        do {
            return try open()
        } catch let error as AssetError {
            guard let control, control.actedCount > 0, error.code != .damaged else { throw error }
            control.disarm()
            return try open()
        }
    }
}
