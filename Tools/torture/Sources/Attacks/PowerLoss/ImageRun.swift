// Going through a trace and checking what a loss of power at each of its moments could have left.
// Runs in a process of its own, because what it opens might crash it.

internal import AssetStore
internal import CTrace
internal import Glibc

/// Images of one trace, numbered, of which this process makes a share.
struct ImageRun {
    let work: Work
    /// The first image to check, and the last one plus 1.
    var range: Range<Int>
    /// Only images whose number leaves this remainder.
    var share: (remainder: Int, divisor: Int)
    /// Whether the image, only one, is opened and closed, and power is lost again meanwhile.
    var isTwice = false

    /// What this is on a command line, for ``init(arguments:)``.
    var arguments: [String] {
        [isTwice ? "images-twice" : "images", "\(range.lowerBound)", "\(range.upperBound)"]
            + ["\(share.remainder)", "\(share.divisor)"] + work.arguments
    }

    init(_ work: Work, range: Range<Int>, share: (remainder: Int, divisor: Int)) {
        (self.work, self.range, self.share) = (work, range, share)
    }

    init(arguments: [String]) throws {
        let numbers = arguments.dropFirst().prefix(4).compactMap { Int($0) }
        guard numbers.count == 4, numbers[0] <= numbers[1] else {
            throw Trouble("no such images: \(arguments)")
        }
        self.init(
            try Work(arguments: Array(arguments.dropFirst(5))), range: numbers[0]..<numbers[1],
            share: (numbers[2], numbers[3]))
        isTwice = arguments[0] == "images-twice"
    }

    var root: String { "\(work.directory)/images-\(share.remainder)" }
    /// Holds the number of the image being checked, then how many were.
    var progress: String { "\(work.directory)/progress-\(share.remainder)" }
    /// Where what opening an image did is recorded.
    private var secondTrace: String { "\(work.directory)/trace-\(share.remainder)" }

    /// Checks them, and keeps the one that is not as it must be in ``root``.
    ///
    /// - Throws: ``BrokenPromise``, naming the image.
    func run() throws {
        var checkedCount = 0
        try forEachImage { number, image, trace, live, histories, isMade in
            try Files.remove(root)
            try Files.makeDirectory(root)
            var image = image
            try image.write(to: root, trace: trace, live: live)
            if isTwice {
                checkedCount += try loseAgain(histories, isMade: isMade)
                return
            }
            checkedCount += 1
            try note(number, checkedCount)
            try StoreCheck.run(
                "\(root)/store", histories, isMade: isMade, goesOn: number % 4 == 0)
        }
        try Files.remove(root)
        try note(-1, checkedCount)
    }

    private func forEachImage(
        _ body: (
            _ number: Int, DiskImage, _ trace: [UInt8], _ live: [String: [UInt8]],
            [ActorHistory], _ isMade: Bool
        ) throws -> Void
    ) throws {
        let trace = try Trace(work.trace)
        let live = try Self.live(work.disk)
        var histories = (0..<work.actorCount).map { ActorHistory(actor: $0, mix: work.mix) }
        var (disk, isMade, markCount) = (Disk(), false, UInt64(0))
        var seen: Set<UInt64> = []
        var number = 0
        for (index, record) in trace.records.enumerated() {
            if let mark = trace.mark(record) {
                for actor in histories.indices { try histories[actor].take(mark) }
                isMade = isMade || mark.kind == .opened
                markCount += 1
            } else {
                disk.take(record, trace.bytes)
            }
            for variant in DiskImage.Variant.allCases {
                let image = DiskImage(disk, variant, seed: work.mix.seed << 32 ^ UInt64(index))
                guard seen.insert(image.key ^ markCount << 40).inserted else { continue }
                number += 1
                guard range.contains(number), number % share.divisor == share.remainder else {
                    continue
                }
                do {
                    try body(number, image, trace.bytes, live, histories, isMade)
                } catch let error as BrokenPromise {
                    throw BrokenPromise(
                        "image \(number) (\(variant), before record \(index + 1) of "
                            + "\(trace.records.count)): \(error)")
                }
            }
            if number >= range.upperBound { return }
        }
    }

    /// What is in files that are written through memory.
    private static func live(_ root: String) throws -> [String: [UInt8]] {
        var live: [String: [UInt8]] = [:]
        for path in try Files.tree(root)
        where path.hasSuffix("lock.mdb") || path.hasSuffix("reservations") {
            live[path] = try Files.read("\(root)/\(path)")
        }
        return live
    }

    /// Lets another process open and close the image, and power be lost at each moment of that.
    ///
    /// - Returns: how many images that made.
    private func loseAgain(_ histories: [ActorHistory], isMade: Bool) throws -> Int {
        // Nothing was acknowledged yet: there may be no store.
        guard isMade else { return 0 }
        try Files.remove(secondTrace)
        var disk = try Disk(root)
        let attacked = try Attacked(work)
        let child = try attacked.startLooking(
            ["open", "\(root)/store"], root: root, start: 2, trace: secondTrace)
        try attacked.expectEnd(of: child, "opening it")
        let trace = try Trace(secondTrace)
        let live = try Self.live(root)
        var (seen, count) = (Set<UInt64>(), 0)
        for (index, record) in trace.records.enumerated() {
            disk.take(record, trace.bytes)
            for variant in DiskImage.Variant.allCases {
                var image = DiskImage(disk, variant, seed: work.mix.seed << 40 ^ UInt64(index))
                guard seen.insert(image.key).inserted else { continue }
                try Files.remove(root)
                try Files.makeDirectory(root)
                try image.write(to: root, trace: trace.bytes, live: live)
                count += 1
                do {
                    try StoreCheck.run(
                        "\(root)/store", histories, isMade: true, goesOn: count % 4 == 0)
                } catch let error as BrokenPromise {
                    throw BrokenPromise(
                        "then again (\(variant), before record \(index + 1) of "
                            + "\(trace.records.count)): \(error)")
                }
            }
        }
        return count
    }

    /// Opens and closes a store.
    static func open(_ path: String) throws {
        try Store.open(at: path, options: StoreOptions(reclaimsInBackground: false)).close()
    }

    private func note(_ number: Int, _ count: Int) throws {
        try Files.write(Array("\(number) \(count)".utf8), to: progress)
    }
}
