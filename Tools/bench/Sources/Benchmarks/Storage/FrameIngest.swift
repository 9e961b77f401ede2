// Frames on their way from renderers to the disk: appended by one thread or four, acknowledged
// early, all durable at the end. The limit is one thread that appends to a file and flushes it
// after every 64 frames, as many as the store keeps on their way.

internal import AssetStore
internal import Basics

/// The workload `frame-ingest`.
struct FrameIngest {
    private let bench: Bench
    private let count: Int
    private let payloads: Payloads

    static let rowNames = ["frame-ingest-1", "frame-ingest-4"]

    static func measure(_ bench: Bench) throws -> [Row] {
        let ingest = FrameIngest(
            bench: bench, count: bench.size(4096, smoke: 80), payloads: bench.payloads())
        return try zip(rowNames, [1, 4]).flatMap { name, threadCount in
            try bench.compare([ingest.ours(threadCount: threadCount), ingest.raw()])
                .rows(name, unit: "frames/s", promises: [(.peer(RawPeer.name), nil)])
        }
    }

    private func ours(threadCount: Int) -> Contestant {
        Contestant(name: Contestant.ours) {
            try bench.workspace.withDirectory(Contestant.ours) { directory in
                let (payloads, count) = (payloads, count)
                let ours = try OurStore(directory: directory)
                let lease = try ours.startJob(frameCount: count)
                let writer = FrameWriter(lease)
                let effort = try Effort {
                    try onThreads(threadCount, forEach: 0..<count) { index in
                        try payloads.withBytes(index) {
                            try writer.append(index, OurStore.frameFacts, $0)
                        }
                    }
                    try writer.flush()
                }
                let sum = try ours.frameSum(0..<count, of: lease.job)
                try ours.store.close()
                return Sample(count, in: effort, hash: sum.value)
            }
        }
    }

    private func raw() -> Contestant {
        Contestant(name: RawPeer.name) {
            try bench.workspace.withDirectory(RawPeer.name) { directory in
                let raw = try RawPeer(
                    directory: directory, count: count, byteCount: payloads.byteCount)
                let effort = try Effort {
                    try raw.put(0..<count, of: payloads, inGroupsOf: 64)
                }
                return Sample(
                    count, in: effort, hash: try raw.contentSum(0..<count).value)
            }
        }
    }
}
