// What a store of many assets costs: listing one project's, opening it, putting one more; and
// whether that is the same as when it was small.
//
// The store is filled with assets of 64 bytes, a hundred to a project, and looked at twice on the
// way: small, and full.

internal import AssetStore
internal import Basics
internal import Synchronization

/// The workload `large-catalog`.
struct LargeCatalog {
    private let bench: Bench
    private let directory: String
    /// How many puts are timed when the store has reached a size.
    private let timedCount: Int

    static let rowNames = [
        "list-project", "open-store", "put-at-scale", "list-at-scale", "open-at-scale",
    ]
    private static let assetsPerProject = 100

    /// What is measured of a store of some size.
    private struct Costs {
        var putsPerSecond: Double
        var listMilliseconds: Double
        var openMilliseconds: Double
        /// Of what was listed.
        var hash: UInt64
    }

    static func measure(_ bench: Bench) throws -> [Row] {
        let smallCount = bench.size(100_000, smoke: 400)
        let largeCount = bench.assetCount ?? bench.size(1_000_000, smoke: 1600)
        guard largeCount > smallCount else {
            throw AssetError(
                .invalidArgument, "a large store has more than \(smallCount) assets")
        }
        return try bench.workspace.withDirectory("large-catalog") { directory in
            let catalog = LargeCatalog(
                bench: bench, directory: directory, timedCount: smallCount / 10)
            let small = try catalog.costs(growingFrom: 0, to: smallCount)
            let large = try catalog.costs(growingFrom: smallCount, to: largeCount)
            return rows(small, large, peer: "at-\(smallCount)")
        }
    }

    /// - Parameter peer: how the figures of the small store are called.
    private static func rows(_ small: Costs, _ large: Costs, peer: String) -> [Row] {
        func row(
            _ work: String, _ unit: String, _ better: Row.Better, _ figure: (Costs) -> Double,
            limit: Double? = nil
        ) -> Row {
            var row = Row(
                work: work, unit: unit, better: better, ours: figure(large), hash: large.hash)
            if let limit {
                row.against = .figure(limit)
                row.target = 1
            } else {
                // At the same cost per operation within twice.
                row.peers = [(peer, figure(small))]
                row.against = .peer(peer)
                row.target = 0.5
            }
            return row
        }
        return [
            row("list-project", "ms", .lower, \.listMilliseconds, limit: 1),
            row("open-store", "ms", .lower, \.openMilliseconds, limit: 50),
            row("put-at-scale", "assets/s", .higher, \.putsPerSecond),
            row("list-at-scale", "ms", .lower, \.listMilliseconds),
            row("open-at-scale", "ms", .lower, \.openMilliseconds),
        ]
    }

    private func costs(growingFrom start: Int, to end: Int) throws -> Costs {
        bench.say("  storing \(end - start) assets")
        let putTime: Double
        do {
            let ours = try OurStore(directory: directory)
            try put(start..<end - timedCount, into: ours)
            putTime = try seconds { try put(end - timedCount..<end, into: ours) }
            try ours.store.close()
        }
        let openTime = try openSeconds()
        let (listTime, sum) = try listSeconds(assetCount: end)
        let costs = Costs(
            putsPerSecond: Double(timedCount) / putTime, listMilliseconds: listTime * 1000,
            openMilliseconds: openTime * 1000, hash: sum.value)
        bench.say(
            "  \(end) assets: \(figureText(costs.putsPerSecond)) puts/s, "
                + "list \(figureText(costs.listMilliseconds)) ms, "
                + "open \(figureText(costs.openMilliseconds)) ms, catalog "
                + "\(figureText(Double(try diskByteCount(of: directory)) / 1e6)) MB")
        return costs
    }

    private func put(_ indexes: Range<Int>, into ours: OurStore) throws {
        let seed = bench.seed
        try onThreads(64, forEach: indexes) { index in
            try withTinyContent(index, seed: seed) {
                _ = try ours.put($0, project: Self.project(index / Self.assetsPerProject))
            }
        }
    }

    /// The median of opening the store again and again.
    private func openSeconds() throws -> Double {
        median(
            try (0..<bench.size(21, smoke: 3)).map { _ in
                var ours: OurStore?
                let time = try seconds { ours = try OurStore(directory: directory) }
                try ours?.store.close()
                return time
            })
    }

    /// The median of listing projects here and there, and the sum of what was listed.
    private func listSeconds(assetCount: Int) throws -> (seconds: Double, sum: ContentSum) {
        let ours = try OurStore(directory: directory)
        var random = SeededGenerator(seed: bench.seed)
        var sum = ContentSum()
        let times = try (0..<bench.size(1001, smoke: 5)).map { round in
            let project = Int.random(
                in: 0..<assetCount / Self.assetsPerProject, using: &random)
            var assets: [Asset] = []
            let time = try seconds {
                assets = try ours.store.assets(project: Self.project(project))
            }
            guard assets.count == Self.assetsPerProject else {
                throw AssetError(
                    .damaged,
                    "project \(project) lists \(assets.count) assets, not "
                        + "\(Self.assetsPerProject)")
            }
            for asset in assets { sum.add(round, asset.checksum.low) }
            return time
        }
        try ours.store.close()
        return (median(times), sum)
    }

    private static func project(_ number: Int) -> String { "project-\(number)" }
}

/// Lends 64 bytes that no other number has.
private func withTinyContent<Result>(
    _ index: Int, seed: UInt64, _ body: (RawSpan) throws -> Result
) rethrows -> Result {
    var random = SeededGenerator(seed: mixed(seed) ^ UInt64(index))
    let words = SIMD8<UInt64>((0..<8).map { _ in random.next() })
    return try unsafe withUnsafeBytes(of: words) { unsafe try body($0.bytes) }
}
