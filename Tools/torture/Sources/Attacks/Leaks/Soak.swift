// The process that works for long, and counts what it holds.

internal import AssetStore
internal import Basics
internal import Exporting
internal import Glibc
internal import ProjectArchive

/// Cycles of everything a store is used for.
struct Soak {
    let directory: String
    let seed: UInt64

    /// What a process holds between two cycles.
    struct Measure {
        var fileCount = 0
        var mappingCount = 0
        /// Anonymous memory that is in use.
        var memoryByteCount = 0
    }

    init(directory: String, seed: UInt64) { (self.directory, self.seed) = (directory, seed) }

    init(arguments: [String]) throws {
        guard arguments.count == 3, let seed = UInt64(arguments[2]) else {
            throw Trouble("no such soak: \(arguments)")
        }
        self.init(directory: arguments[1], seed: seed)
    }

    var arguments: [String] { ["soak", directory, "\(seed)"] }
    /// A file that says that it is enough.
    var end: String { "\(directory)/end" }
    private var log: String { "\(directory)/measures" }

    /// What was counted so far.
    func measures() throws -> [Measure] {
        guard Files.exists(log) else { return [] }
        return try Files.text(log).split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            guard numbers.count == 3 else { return nil }
            return Measure(
                fileCount: numbers[0], mappingCount: numbers[1], memoryByteCount: numbers[2])
        }
    }

    func run() throws {
        let options = StoreOptions(reclaimsInBackground: true)
        let kept = try Store.openOrCreate(at: "\(directory)/kept", options: options)
        var random = Random(seed, 0x1E)
        var text = ""
        while !Files.exists(end) {
            try work(kept, &random)
            let store = try Store.openOrCreate(at: "\(directory)/store", options: options)
            try work(store, &random)
            try carry(store)
            try store.close()
            let now = try Self.now()
            text += "\(now.fileCount) \(now.mappingCount) \(now.memoryByteCount)\n"
            try Files.write(Array(text.utf8), to: log)
        }
        try kept.close()
    }

    /// Stores, reads, removes, gives back.
    private func work(_ store: Store, _ random: inout Random) throws {
        var ids: [AssetID] = []
        for number in 0..<12 {
            let content = Content.small.randomElement(using: &random)!
            let description = AssetDescription(
                namespace: .images, project: "soak", name: "name \(number)",
                mediaType: number % 2 == 0 ? "image/bmp" : "image/png")
            let asset = try store.put(description, Content.bytes(content))
            ids.append(asset.id)
            guard try store.withBytes(of: asset.id, { Content.number(of: $0) }) == content else {
                throw BrokenPromise("P3: asset \(asset.id) reads differently")
            }
        }
        let job = try store.submit(
            JobDescription(
                project: "soak", kind: "render", recipe: "{}", submission: "{}", frameCount: 8))
        let lease = try store.start(job.id)
        let writer = FrameWriter(lease)
        for index in 0..<8 {
            let bytes = Content.bytes(index * 3)
            unsafe try writer.append(
                index, FrameFacts(codec: 1, width: 2, height: 2), bytes.span.bytes)
        }
        try writer.flush()
        try lease.complete(keepingFrames: random.oneIn(2))
        for id in ids where !random.oneIn(6) { _ = try store.removeAsset(id) }
        if random.oneIn(3) { _ = try store.removeJob(job.id) }
        if random.oneIn(4) { _ = try store.removeProject("soak") }
        if random.oneIn(4), try !store.verify().isIntact {
            throw BrokenPromise("P3/P4: verifying finds damage")
        }
        do {
            _ = try random.oneIn(2) ? store.compact(liveShare: 0.9).movedByteCount : 0
            _ = try store.reclaim()
        } catch let error as AssetError where error.code == .busy {
            // The background thread is at it.
        }
    }

    /// Takes a project out of the store and into it, and the store to another place.
    private func carry(_ store: Store) throws {
        if try store.project("soak") != nil {
            let archive = "\(directory)/soak.zip"
            _ = try store.exportProject("soak", to: archive, overwrite: true)
            _ = try store.importProject(from: archive, as: "carried")
            _ = try store.removeProject("carried")
        }
        let backup = "\(directory)/backup"
        try Files.remove(backup)
        _ = try store.backup(to: backup)
        try Store.open(at: backup).close()
    }

    private static func now() throws -> Measure {
        var measure = Measure()
        measure.fileCount = try Files.names(in: "/proc/self/fd").count
        measure.mappingCount = try Files.lines("/proc/self/maps").count
        for line in try Files.lines("/proc/self/status") where line.hasPrefix("RssAnon:") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            measure.memoryByteCount = (Int(words[1]) ?? 0) << 10
        }
        return measure
    }
}

extension Files {
    /// The lines of a file whose length the system doesn't tell.
    static func lines(_ path: String) throws -> [String] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Trouble(call: "open", path) }
        defer { _ = close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe Glibc.read(file, $0.baseAddress, $0.count)
            }
            guard count >= 0 else { throw Trouble(call: "read", path) }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
    }
}
