// What takes long and is done again until it is done, whatever becomes of its process on the way.

internal import AssetStore
internal import Basics
internal import Exporting
internal import ProjectArchive

/// Something that a kill interrupts and the next process goes on with, or begins anew.
enum Operation: String, CaseIterable, Sendable {
    case render
    case exporting = "export"
    case importing = "import"
    case repairing = "repair"
    case salvaging = "salvage"
}

/// One of them, in the process that does it and dies. Everything is in `directory`: `disk` is what
/// it works on.
struct OperationRun {
    /// What the process is to do.
    enum Part: String {
        /// Makes what the operation begins with.
        case prepare
        /// Does it.
        case perform
        /// Looks at what a process that was killed has left.
        case look
    }

    let part: Part
    let operation: Operation
    let directory: String
    let seed: UInt64

    init(_ part: Part, _ operation: Operation, directory: String, seed: UInt64) {
        (self.part, self.operation, self.directory, self.seed) = (part, operation, directory, seed)
    }

    init(arguments: [String]) throws {
        guard arguments.count == 5, let part = Part(rawValue: arguments[1]),
            let operation = Operation(rawValue: arguments[2]), let seed = UInt64(arguments[4])
        else { throw Trouble("no such operation: \(arguments)") }
        self.init(part, operation, directory: arguments[3], seed: seed)
    }

    var arguments: [String] {
        ["operation", part.rawValue, operation.rawValue, directory, "\(seed)"]
    }

    var disk: String { "\(directory)/disk" }
    private var store: String { "\(disk)/store" }
    private var song: String { "\(directory)/song.wav" }
    private var archive: String { "\(directory)/archive.zip" }
    /// What comes of it: a file, or a store.
    var outcome: String {
        switch operation {
        case .render: "\(disk)/video.mp4"
        case .exporting: "\(disk)/project.zip"
        case .importing, .repairing: store
        case .salvaging: "\(disk)/salvaged"
        }
    }
    var isOutcomeAFile: Bool { operation == .render || operation == .exporting }
    /// What must come of it: what an undisturbed process makes.
    var expected: String { "\(directory)/expected" }
    /// How many frames the last look saw.
    private var progress: String { "\(directory)/progress" }

    private static let options = StoreOptions(reclaimsInBackground: false)
    private static let project = ActorState.prefix(0) + "a"

    /// - Throws: ``BrokenPromise``.
    func run() throws {
        do {
            switch part {
            case .prepare: try prepare()
            case .perform: try perform()
            case .look: try look()
            }
        } catch let error as AssetError {
            throw BrokenPromise(
                "\(part) \(operation): \(error.code): \(error.message) (\(error.location))")
        }
    }

    // MARK: What it begins with

    private func prepare() throws {
        try Files.makeDirectory(disk)
        switch operation {
        case .render: try Files.write(Self.wave(), to: song)
        case .exporting, .salvaging: try makeStore(store)
        case .importing:
            let source = "\(directory)/source"
            try makeStore(source)
            let store = try Store.open(at: source, options: Self.options)
            _ = try store.exportProject(Self.project, to: archive)
            try store.close()
            try Files.remove(source)
        case .repairing:
            try makeStore(store)
            try DamageToRepair.apply(to: store, scratch: "\(directory)/scratch", seed: seed)
        }
    }

    /// A store with a project of assets and a job, and gaps where others were.
    private func makeStore(_ path: String) throws {
        let store = try Store.openOrCreate(at: path, options: Self.options)
        var random = Random(seed, 0x0A)
        var ids: [AssetID] = []
        for number in 0..<30 {
            let content = Content.small.randomElement(using: &random)!
            let description = AssetDescription(
                namespace: .images, project: ActorState.prefix(0) + (number % 3 == 2 ? "b" : "a"),
                name: "name \(number)", mediaType: number % 2 == 0 ? "image/bmp" : "image/png")
            ids.append(try store.put(description, Content.bytes(content)).id)
        }
        for id in ids where random.oneIn(4) { _ = try store.removeAsset(id) }
        let job = try store.submit(
            JobDescription(
                project: Self.project, kind: "render", recipe: "{}", submission: "{}",
                frameCount: 40))
        let lease = try store.start(job.id)
        let writer = FrameWriter(lease)
        for index in 0..<24 {
            let bytes = Content.bytes(Content.small.randomElement(using: &random)!)
            unsafe try writer.append(
                index, FrameFacts(codec: 1, width: 2, height: 2), bytes.span.bytes)
        }
        try writer.flush()
        for index in 0..<3 {
            unsafe try lease.putSegment(track: 0, index: index, Content.bytes(7).span.bytes)
        }
        try lease.pause(nil)
        try store.close()
    }

    /// Two seconds of a song.
    private static func wave() -> [UInt8] {
        let (rate, seconds) = (8000, 2)
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let byteCount = rate * seconds * 2
        var bytes = Array("RIFF".utf8) + little(36 + byteCount, 4) + Array("WAVEfmt ".utf8)
        bytes += little(16, 4) + little(1, 2) + little(1, 2) + little(rate, 4)
        bytes += little(rate * 2, 4) + little(2, 2) + little(16, 2) + Array("data".utf8)
        bytes += little(byteCount, 4)
        for frame in 0..<rate * seconds {
            // A tone that climbs.
            bytes += little((frame * (40 + frame / 200)) % 24_000 - 12_000, 2)
        }
        return bytes
    }

    // MARK: Doing it

    private func perform() throws {
        switch operation {
        case .render: try render()
        case .exporting:
            let store = try Store.open(at: store, options: Self.options)
            _ = try store.exportProject(Self.project, to: outcome, overwrite: true)
            try store.close()
        case .importing:
            let store = try Store.openOrCreate(at: store, options: Self.options)
            // It may have been published when its process died.
            if try store.project(Self.project) == nil {
                _ = try store.importProject(from: archive)
            }
            try store.close()
        case .repairing:
            let store = try Store.open(at: store, options: Self.options)
            guard try store.verify(repairing: true).isIntact else {
                throw BrokenPromise("P3: what can be repaired was not")
            }
            try store.close()
        case .salvaging:
            if Files.exists(outcome) { return }
            _ = try Store.salvage(from: store, to: outcome)
        }
    }

    private func render() throws {
        let store = try Store.openOrCreate(at: store, options: Self.options)
        let request = RenderRequest(
            audio: .file(song), project: Self.project, width: 64, height: 36,
            frameRate: try FrameRate(numerator: 10), quality: .low, output: outcome,
            overwrite: true)
        let job = try RenderJob.submit(request, to: store)
        let missing = try Self.missingCount(of: job.id, job.frameCount, in: store)
        let result = try job.run(workerCount: 2)
        guard result.frames.rendered <= missing else {
            throw BrokenPromise(
                "P11: \(missing) frames were missing, \(result.frames.rendered) were drawn")
        }
        try store.close()
    }

    private static func missingCount(
        of job: JobID, _ frameCount: Int, in store: Store
    ) throws -> Int {
        try store.missingFrames(of: job, count: frameCount).reduce(0) { $0 + $1.count }
    }

    // MARK: What was left

    /// Whatever was being done, what is there is whole.
    private func look() throws {
        switch operation {
        case .render:
            try requireWholeFile()
            try requireProgress()
        case .exporting: try requireWholeFile()
        case .importing:
            guard try open(store) == nil || isExpected(store, orWithout: true) else {
                throw BrokenPromise("P2: a part of an import is visible")
            }
        case .repairing: _ = try Self.dump(store, verifying: false)
        case .salvaging:
            guard try !Files.exists(outcome) || isExpected(outcome) else {
                throw BrokenPromise("P2: a part of a salvaged store is visible")
            }
            _ = try Self.dump(store)
        }
    }

    /// A file has its name when it is complete.
    private func requireWholeFile() throws {
        if !isOutcomeAFile || !Files.exists(outcome) { return }
        guard try Files.read(outcome) == Files.read(expected) else {
            throw BrokenPromise("P2/P11: \(outcome) is not what an undisturbed process makes")
        }
    }

    /// Frames that were stored stay until the video is.
    private func requireProgress() throws {
        guard let store = try open(store) else { return }
        defer { try? store.close() }
        guard try store.verify().isIntact else {
            throw BrokenPromise("P3/P4: verifying finds damage")
        }
        guard let job = try store.jobs().first else { return }
        let count = job.state == .complete ? Int.max : job.frames.count
        let before = Files.exists(progress) ? Int(try Files.text(progress)) ?? 0 : 0
        guard count >= before else {
            throw BrokenPromise("P1: \(before) frames were stored, \(count) are")
        }
        try Files.write(Array("\(count)".utf8), to: progress)
    }

    /// The store, `nil` when there is none yet.
    private func open(_ path: String) throws -> Store? {
        do {
            return try Store.open(at: path, options: Self.options)
        } catch let error as AssetError where error.code == .notAStore {
            return nil
        }
    }

    /// Whether a store holds what it must in the end.
    private func isExpected(_ path: String, orWithout: Bool = false) throws -> Bool {
        let found = try Self.dump(path)
        return try found == Files.text(expected) || orWithout && found.isEmpty
    }

    /// Holds what was made against what an undisturbed process makes.
    func requireOutcome() throws {
        if isOutcomeAFile { return try requireWholeFile() }
        guard try isExpected(outcome) else {
            throw BrokenPromise("\(operation) came to something else than undisturbed")
        }
    }

    /// Notes what an undisturbed process made.
    func noteExpected() throws {
        if isOutcomeAFile {
            try Files.copy(outcome, to: expected)
        } else {
            try Files.write(Array(try Self.dump(outcome).utf8), to: expected)
        }
    }

    /// Everything in a store, as text.
    private static func dump(_ path: String, verifying: Bool = true) throws -> String {
        let store = try Store.open(at: path, options: options)
        let lines = try store.read { try ActorState.observe($0) }.sorted { $0.key < $1.key }
            .flatMap { $0.value.lines }
        if verifying, try !store.verify().isIntact {
            throw BrokenPromise("P3/P4: verifying \(path) finds damage")
        }
        try store.close()
        return lines.joined(separator: "\n")
    }
}
