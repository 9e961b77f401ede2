// Going through a trace and checking what a loss of power at each of its moments could have left.
// Runs in a process of its own, because what it opens might crash it.

internal import CTrace
internal import Glibc

/// Images of one trace, numbered, of which this process makes a share.
struct ImageRun {
    let work: Work
    /// The first image to check, and the last one plus 1.
    var range: Range<Int>
    /// Only images whose number leaves this remainder.
    var share: (remainder: Int, divisor: Int)

    /// What this is on a command line, for ``init(arguments:)``.
    var arguments: [String] {
        ["images", "\(range.lowerBound)", "\(range.upperBound)", "\(share.remainder)"]
            + ["\(share.divisor)"] + work.arguments
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
    }

    var root: String { "\(work.directory)/images-\(share.remainder)" }
    /// Holds the number of the image being checked, then how many were.
    var progress: String { "\(work.directory)/progress-\(share.remainder)" }

    /// Checks them, and keeps the one that is not as it must be in ``root``.
    ///
    /// - Throws: ``BrokenPromise``, naming the image.
    func run() throws {
        let trace = try Trace(work.trace)
        var live: [String: [UInt8]] = [:]
        for path in try Files.tree(work.disk)
        where path.hasSuffix("lock.mdb") || path.hasSuffix("reservations") {
            live[path] = try Files.read("\(work.disk)/\(path)")
        }
        var histories = (0..<work.actorCount).map { ActorHistory(actor: $0, mix: work.mix) }
        var (disk, isMade, markCount) = (Disk(), false, UInt64(0))
        var seen: Set<UInt64> = []
        var (number, checkedCount) = (0, 0)
        for (index, record) in trace.records.enumerated() {
            if let mark = trace.mark(record) {
                for actor in histories.indices { try histories[actor].take(mark) }
                isMade = isMade || mark.kind == .opened
                markCount += 1
            } else {
                disk.take(record, trace.bytes)
            }
            for variant in DiskImage.Variant.allCases {
                let seed = work.mix.seed << 32 ^ UInt64(index)
                var image = DiskImage(disk, variant, seed: seed)
                guard seen.insert(image.key ^ markCount << 40).inserted else { continue }
                number += 1
                guard range.contains(number), number % share.divisor == share.remainder else {
                    continue
                }
                checkedCount += 1
                try note(number, checkedCount)
                try Files.remove(root)
                try Files.makeDirectory(root)
                try image.write(to: root, trace: trace.bytes, live: live)
                do {
                    try StoreCheck.run(
                        "\(root)/store", histories, isMade: isMade, goesOn: number % 4 == 0)
                } catch let error as BrokenPromise {
                    throw BrokenPromise(
                        "image \(number) (\(variant), before record \(index + 1) of "
                            + "\(trace.records.count)): \(error)")
                }
            }
        }
        try Files.remove(root)
        try note(-1, checkedCount)
    }

    private func note(_ number: Int, _ count: Int) throws {
        try Files.write(Array("\(number) \(count)".utf8), to: progress)
    }
}
