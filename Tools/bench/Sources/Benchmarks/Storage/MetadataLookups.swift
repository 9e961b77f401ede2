// Looking assets up by identifier, in random order. LMDB, called as C would, is the limit: it finds
// a value of the same size under the same key, and only its length and first bytes are looked at.

internal import AssetStore
internal import Basics

/// The workload `metadata-lookups`.
enum MetadataLookups {
    static func measure(_ bench: Bench) throws -> [Row] {
        let (assetCount, lookUpCount) = (
            bench.size(100_000, smoke: 100), bench.size(1_000_000, smoke: 200)
        )
        return try bench.workspace.withDirectory("metadata-lookups") { directory in
            let ours = try OurStore(directory: directory)
            defer { try? ours.store.close() }
            let assets = try fill(ours, count: assetCount, bench)
            let lmdb = try LMDBPeer(directory: try makeDirectory("\(directory)/lmdb"))
            try lmdb.write { transaction in
                for asset in assets {
                    try transaction.put(key(of: asset.id), unsafe value(of: asset).span.bytes)
                }
            }

            var random = SeededGenerator(seed: bench.seed)
            let ids = (0..<lookUpCount).map { _ in assets.randomElement(using: &random)!.id }
            return try bench.compare([
                Contestant(name: Contestant.ours) {
                    try sample(ids) { sum in
                        try ours.lookUp(ids) { sum.add($0, facts(of: $1)) }
                    }
                },
                Contestant(name: LMDBPeer.name) {
                    try sample(ids) { sum in
                        try lmdb.read { transaction in
                            for (index, id) in ids.enumerated() {
                                try transaction.withValue(of: key(of: id)) {
                                    sum.add(
                                        index,
                                        unsafe $0.unsafeLoadUnaligned(as: UInt64.self))
                                }
                            }
                        }
                    }
                },
            ]).rows(
                "metadata-lookups", unit: "look-ups/s", promises: [(.figure(1_000_000), 1)])
        }
    }

    private static func fill(_ ours: OurStore, count: Int, _ bench: Bench) throws -> [Asset] {
        let payloads = bench.payloads(byteCount: 64)
        let threadCount = 64
        bench.say("  storing \(count) assets")
        try onThreads(threadCount, forEach: 0..<count) { try ours.put($0, of: payloads) }
        return try ours.store.assets(project: "bench")
    }

    private static func key(of id: AssetID) -> (UInt64, UInt64) {
        (id.high.bigEndian, id.low.bigEndian)
    }

    /// What is compared of an asset: something of its own content, and all of its texts that say
    /// something.
    private static func facts(of asset: Asset) -> UInt64 {
        let description = asset.description
        var sum = asset.checksum.low ^ UInt64(asset.byteCount)
        for byte in description.project.utf8 { sum = sum &* 31 &+ UInt64(byte) }
        for byte in description.kind.utf8 { sum = sum &* 31 &+ UInt64(byte) }
        for byte in description.mediaType.utf8 { sum = sum &* 31 &+ UInt64(byte) }
        return sum &+ UInt64(description.attributes.count)
    }

    /// A value about as long as the catalog's, beginning with the facts.
    private static func value(of asset: Asset) -> [UInt8] {
        let length = 120
        return (0..<length).map { position in
            position < 8 ? UInt8(truncatingIfNeeded: facts(of: asset) >> (position * 8)) : 0
        }
    }

    private static func sample(
        _ ids: [AssetID], _ run: (inout ContentSum) throws -> Void
    ) throws -> Sample {
        var sum = ContentSum()
        let effort = try Effort { try run(&sum) }
        return Sample(ids.count, in: effort, hash: sum.value)
    }
}
