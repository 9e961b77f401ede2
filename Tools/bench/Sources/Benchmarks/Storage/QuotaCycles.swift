// A store that lives at its quota: filled until it refuses, half of it deleted at random, and
// again. Neither may it take more disk than what lives in it, nor become slower.
//
// A raw append runs beside it, once per cycle: where that became slower too, it was the disk.

internal import AssetStore
internal import Basics
internal import Synchronization

/// The workload `quota-cycles`.
struct QuotaCycles {
    private let bench: Bench
    private let payloads: Payloads
    private let ours: OurStore
    private let directory: String
    private let next = NextNumber()

    static let rowNames = ["quota-cycles-disk", "quota-cycles-speed"]
    private static let threadCount = 64

    /// What one cycle showed.
    private struct Cycle {
        var megabytesPerSecond: Double
        /// Of the raw append beside it.
        var rawMegabytesPerSecond: Double
        var diskByteCount: Int
        var liveByteCount: Int

        /// What the disk may hold beyond what lives.
        var diskByteCountMax: Double { 1.15 * Double(liveByteCount) + Double(64 << 20) }
        /// The part of what is allowed that is taken.
        var fullness: Double { Double(diskByteCount) / diskByteCountMax }
    }

    static func measure(_ bench: Bench) throws -> [Row] {
        let quota = bench.size(1 << 29, smoke: 4 << 20)
        return try bench.workspace.withDirectory("quota-cycles") { directory in
            let cycles = QuotaCycles(
                bench: bench, payloads: bench.payloads(),
                ours: try OurStore(directory: directory, quota: quota), directory: directory)
            defer { try? cycles.ours.store.close() }
            return try cycles.rows()
        }
    }

    private func rows() throws -> [Row] {
        var random = SeededGenerator(seed: bench.seed)
        var live: [Int] = []
        let cycles = try (0..<bench.size(100, smoke: 4)).map { number in
            let cycle = try run(&live, &random)
            bench.say(
                "  cycle \(number + 1): \(figureText(cycle.megabytesPerSecond)) MB/s, "
                    + "raw \(figureText(cycle.rawMegabytesPerSecond)) MB/s, "
                    + "disk \(cycle.diskByteCount >> 20) of "
                    + "\(Int(cycle.diskByteCountMax) >> 20) MiB")
            return cycle
        }
        let sum = try ours.contentSum(live)
        guard sum == payloads.contentSum(live),
            let worst = cycles.max(by: { $0.fullness < $1.fullness })
        else { throw AssetError(.damaged, "what was kept is not what was stored") }
        // The first cycle fills an empty store, the others half of one.
        let (first, last) = (cycles.dropFirst().prefix(10), cycles.suffix(10))
        return [
            Row(
                work: "quota-cycles-disk", unit: "MiB", better: .lower,
                ours: Double(worst.diskByteCount) / 1_048_576,
                peers: [("live", Double(worst.liveByteCount) / 1_048_576)],
                against: .figure(worst.diskByteCountMax / 1_048_576), target: 1,
                hash: sum.value),
            Row(
                work: "quota-cycles-speed", unit: "MB/s",
                ours: median(last.map(\.megabytesPerSecond)),
                peers: [
                    ("first-10", median(first.map(\.megabytesPerSecond))),
                    ("raw-first-10", median(first.map(\.rawMegabytesPerSecond))),
                    ("raw-last-10", median(last.map(\.rawMegabytesPerSecond))),
                ],
                against: .peer("first-10"), target: 0.9, hash: sum.value),
        ]
    }

    /// Fills the store, deletes half of it and gives the disk blocks back.
    private func run(_ live: inout [Int], _ random: inout SeededGenerator) throws -> Cycle {
        var stored: [Int] = []
        let time = try seconds {
            stored = try fill()
            live = (live + stored).shuffled(using: &random)
            let half = live.count / 2
            let doomed = Array(live[half...])
            live.removeSubrange(half...)
            let ours = ours
            try onThreads(Self.threadCount, forEach: doomed.indices) {
                try ours.remove(doomed[$0])
            }
            _ = try ours.store.reclaim()
        }
        return Cycle(
            megabytesPerSecond: Double(stored.count * payloads.byteCount) / time / 1e6,
            rawMegabytesPerSecond: try rawMegabytesPerSecond(),
            diskByteCount: try diskByteCount(of: directory),
            liveByteCount: live.count * payloads.byteCount)
    }

    private func rawMegabytesPerSecond() throws -> Double {
        try bench.workspace.withDirectory(RawPeer.name) { directory in
            let count = bench.size(640, smoke: 8)
            let raw = try RawPeer(
                directory: directory, count: count, byteCount: payloads.byteCount)
            let time = try seconds { try raw.put(0..<count, of: payloads, inGroupsOf: 64) }
            return Double(count * payloads.byteCount) / time / 1e6
        }
    }

    /// Puts assets until the quota refuses one; returns their numbers.
    private func fill() throws -> [Int] {
        let (ours, payloads, next) = (ours, payloads, next)
        let stored = Mutex<[Int]>([])
        try onThreads(Self.threadCount) { _ in
            while true {
                let index = next.take()
                do {
                    try ours.put(index, of: payloads)
                } catch let error as AssetError where error.code == .quotaExceeded {
                    return
                }
                stored.withLock { $0.append(index) }
            }
        }
        return stored.withLock { $0 }
    }
}

/// Hands numbers out, each once. Thread-safe.
private final class NextNumber: Sendable {
    private let number = Atomic(0)
    func take() -> Int { number.add(1, ordering: .relaxed).oldValue }
}
