// Reading frames that lie in the page cache. Whoever reads also looks at every byte, by the same
// hash for all; the store checks its checksum before that.

internal import AssetStore
internal import Basics

/// The workload `warm-reads`.
struct WarmReads {
    private let payloads: Payloads
    /// The frames in the order in which they are read.
    private let order: [Int]

    static func measure(_ bench: Bench) throws -> [Row] {
        let count = bench.size(4096, smoke: 32)
        var random = SeededGenerator(seed: bench.seed)
        let reads = WarmReads(
            payloads: bench.payloads(), order: (0..<count).shuffled(using: &random))
        return try bench.workspace.withDirectory("warm-reads") { directory in
            try reads.measure(bench, in: directory)
        }
    }

    private func measure(_ bench: Bench, in directory: String) throws -> [Row] {
        let store = try OurStore(directory: directory)
        defer { try? store.store.close() }
        let files = FilesPeer(directory: directory, isDurable: false)
        try files.put(0..<order.count, of: payloads)
        let contestants = [
            try ours(store), self.files(files), try peer(LMDBPeer.self, in: directory),
            try peer(SQLitePeer.self, in: directory), try peer(RocksDBPeer.self, in: directory),
        ]
        return try bench.compare(contestants).rows(
            "warm-reads", unit: "frames/s", promises: [(.peer(FilesPeer.name), 1.5)])
    }

    private func ours(_ ours: OurStore) throws -> Contestant {
        let lease = try ours.startJob(frameCount: order.count)
        let writer = FrameWriter(lease)
        for index in order {
            try payloads.withBytes(index) {
                try writer.append(index, OurStore.frameFacts, $0)
            }
        }
        try writer.flush()
        return contestant(Contestant.ours) { index, body in
            let found: Void? = try ours.store.withFrame(index, of: lease.job) { body($1) }
            if found == nil { throw AssetError(.inputMissing, "frame \(index) is not there") }
        }
    }

    private func files(_ files: FilesPeer) -> Contestant {
        var buffer = [UInt8](repeating: 0, count: payloads.byteCount)
        return contestant(FilesPeer.name) { index, body in
            let count = try files.read(index, into: &buffer)
            body(unsafe buffer.span.bytes.extracting(first: count))
        }
    }

    private func peer<P: Peer>(_: P.Type, in directory: String) throws -> Contestant {
        let peer = try P(directory: try makeDirectory("\(directory)/\(P.name)"))
        try peer.put(0..<order.count, of: payloads, inGroupsOf: 64)
        return contestant(P.name) { try peer.withBytes($0, $1) }
    }

    private func contestant(
        _ name: String, _ read: @escaping (Int, (RawSpan) -> Void) throws -> Void
    ) -> Contestant {
        Contestant(name: name) {
            var sum = ContentSum()
            let effort = try Effort {
                for index in order { try read(index) { sum.add(index, $0) } }
            }
            return Sample(order.count, in: effort, hash: sum.value)
        }
    }
}
