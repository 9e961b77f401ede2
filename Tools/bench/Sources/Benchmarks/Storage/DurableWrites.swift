// Writing assets that are durable when the call returns, beside peers that write the same contents.
//
// The store is called once per asset; how many share a flush is its own affair. LMDB, SQLite and
// RocksDB have one writer at a time, so one thread writes for them, in batches. The limit is one
// thread that appends to a file and flushes it after each group.

internal import AssetStore
internal import Basics

/// The workloads `concurrent-writers` and `single-writer`.
struct DurableWrites {
    private let bench: Bench
    private let count: Int
    private let payloads: Payloads

    static func measureConcurrentWriters(_ bench: Bench) throws -> [Row] {
        let writes = DurableWrites(bench, count: bench.size(4096, smoke: 128))
        let batchCount = 16
        return try bench.compare([
            writes.ours(threadCount: 64),
            writes.raw(groupCount: 64),
            writes.peer(LMDBPeer.self, groupCount: batchCount),
            writes.peer(SQLitePeer.self, groupCount: batchCount),
            writes.peer(RocksDBPeer.self, groupCount: batchCount),
            writes.files(threadCount: 64),
        ]).rows(
            "concurrent-writers", unit: "assets/s",
            promises: [
                (.peer(RawPeer.name), 0.85), (.peer(LMDBPeer.name), 2),
                (.peer(SQLitePeer.name), 4),
            ])
    }

    static func measureSingleWriter(_ bench: Bench) throws -> [Row] {
        let writes = DurableWrites(bench, count: bench.size(1024, smoke: 16))
        return try bench.compare([
            writes.ours(threadCount: 1),
            writes.raw(groupCount: 1),
            writes.peer(LMDBPeer.self, groupCount: 1),
            writes.peer(SQLitePeer.self, groupCount: 1),
            writes.peer(RocksDBPeer.self, groupCount: 1),
            writes.files(threadCount: 1),
        ]).rows(
            "single-writer", unit: "assets/s",
            promises: [(.peer(LMDBPeer.name), 0.7), (.peer(SQLitePeer.name), 1)])
    }

    private init(_ bench: Bench, count: Int) {
        self.bench = bench
        self.count = count
        payloads = bench.payloads()
    }

    private func ours(threadCount: Int) -> Contestant {
        contestant(Contestant.ours) { directory in
            let (payloads, count) = (payloads, count)
            let ours = try OurStore(directory: directory)
            let effort = try Effort {
                try onThreads(threadCount, forEach: 0..<count) {
                    try ours.put($0, of: payloads)
                }
            }
            let sum = try ours.contentSum(0..<count)
            try ours.store.close()
            return (effort, sum)
        }
    }

    private func raw(groupCount: Int) -> Contestant {
        contestant(RawPeer.name) { directory in
            let raw = try RawPeer(
                directory: directory, count: count, byteCount: payloads.byteCount)
            let effort = try Effort {
                try raw.put(0..<count, of: payloads, inGroupsOf: groupCount)
            }
            return (effort, try raw.contentSum(0..<count))
        }
    }

    private func files(threadCount: Int) -> Contestant {
        contestant(FilesPeer.name) { directory in
            let (payloads, count) = (payloads, count)
            let files = try FilesPeer(directory: directory)
            let effort = try Effort {
                try onThreads(threadCount, forEach: 0..<count) {
                    try files.put($0..<$0 + 1, of: payloads)
                }
            }
            return (effort, try files.contentSum(0..<count))
        }
    }

    private func peer<P: Peer>(_: P.Type, groupCount: Int) -> Contestant {
        contestant(P.name) { directory in
            let peer = try P(directory: directory)
            let effort = try Effort {
                try peer.put(0..<count, of: payloads, inGroupsOf: groupCount)
            }
            return (effort, try peer.contentSum(0..<count))
        }
    }

    private func contestant(
        _ name: String, _ run: @escaping (String) throws -> (effort: Effort, sum: ContentSum)
    ) -> Contestant {
        Contestant(name: name) {
            try bench.workspace.withDirectory(name) { directory in
                let (effort, sum) = try run(directory)
                return Sample(count, in: effort, hash: sum.value)
            }
        }
    }
}
