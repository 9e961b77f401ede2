// Sequences of frames in and out of the store, beside the codec on as many threads without a store:
// what storing costs.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import FrameSequences
internal import Glibc
internal import Synchronization

/// The workloads `sequence-write` and `sequence-read`.
struct Sequences {
    private static let peer = "codec"
    private let bench: Bench
    /// Frames of all materials, which come again and again.
    private let frames: [SharedFrame]
    private let count: Int
    private let threadCount: Int

    static func measureWriting(_ bench: Bench) throws -> [Row] {
        let sequences = try Sequences(bench)
        return try bench.compare([sequences.writing(), sequences.packing()]).rows(
            "sequence-write", unit: "frames/s", promises: [(.peer(peer), 0.9)])
    }

    static func measureReading(_ bench: Bench) throws -> [Row] {
        let sequences = try Sequences(bench)
        return try bench.workspace.withDirectory("sequence-read") { directory in
            let ours = try OurStore(directory: directory)
            defer { try? ours.store.close() }
            let job = try sequences.write(to: ours)
            return try bench.compare([
                sequences.reading(job, from: ours), sequences.unpacking(),
            ]).rows("sequence-read", unit: "frames/s", promises: [(.peer(peer), nil)])
        }
    }

    private init(_ bench: Bench) throws {
        self.bench = bench
        frames = try bench.frameMaterials().flatMap { try $0.load(bench).prefix(2) }
        count = bench.size(240, smoke: 9)
        threadCount = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    }

    // MARK: Writing

    private func write(to ours: OurStore) throws -> JobID {
        let lease = try ours.startJob(frameCount: count)
        let writer = try FrameSequenceWriter(lease, packing: .lossless, threadCount: threadCount)
        for index in 0..<count { try writer.write(index, frames[index % frames.count]) }
        try writer.finish()
        return lease.job
    }

    private func writing() -> Contestant {
        Contestant(name: Contestant.ours) {
            try bench.workspace.withDirectory(Contestant.ours) { directory in
                let ours = try OurStore(directory: directory)
                var job: JobID?
                let effort = try Effort { job = try write(to: ours) }
                let sum = try job.map { try ours.frameSum(0..<count, of: $0) }
                try ours.store.close()
                return Sample(count, in: effort, hash: sum?.value ?? 0)
            }
        }
    }

    /// The codec on as many threads. Each keeps what it packed last of each frame.
    private func packing() -> Contestant {
        Contestant(name: Self.peer) {
            let packed = Mutex<[Int: UInt64]>([:])
            let (frames, count) = (frames, count)
            let next = Atomic(0)
            let effort = try Effort {
                try onThreads(threadCount) { _ in
                    var encoder = LosslessEncoder()
                    var outputs = frames.map { _ in [UInt8]() }
                    while true {
                        let index = next.add(1, ordering: .relaxed).oldValue
                        guard index < count else { break }
                        let number = index % frames.count
                        outputs[number].removeAll(keepingCapacity: true)
                        try encoder.encode(frames[number].frame, into: &outputs[number])
                    }
                    for (number, output) in outputs.enumerated() where !output.isEmpty {
                        let hash = unsafe contentHash(output.span.bytes)
                        packed.withLock { $0[number] = hash }
                    }
                }
            }
            var sum = ContentSum()
            packed.withLock { hashes in
                for index in 0..<count { sum.add(index, hashes[index % frames.count] ?? 0) }
            }
            return Sample(count, in: effort, hash: sum.value)
        }
    }

    // MARK: Reading

    private func reading(_ job: JobID, from ours: OurStore) -> Contestant {
        Contestant(name: Contestant.ours) {
            var sum = ContentSum()
            let effort = try Effort {
                let reader = try FrameSequenceReader(ours.store, job, threadCount: threadCount)
                while try reader.next({ stored, frame in
                    frame.withBytes { sum.add(stored.index, $0) }
                }) != nil {}
            }
            return Sample(count, in: effort, hash: sum.value)
        }
    }

    private func unpacking() throws -> Contestant {
        var encoder = LosslessEncoder()
        let payloads = try frames.map { shared in
            var payload: [UInt8] = []
            try encoder.encode(shared.frame, into: &payload)
            return payload
        }
        let (size, count) = (bench.frameSize, count)
        return Contestant(name: Self.peer) {
            let sums = Mutex(ContentSum())
            let next = Atomic(0)
            let effort = try Effort {
                try onThreads(threadCount) { _ in
                    var decoder = LosslessDecoder()
                    var frame = try Frame(width: size.width, height: size.height, format: .rgba)
                    var sum = ContentSum()
                    while true {
                        let index = next.add(1, ordering: .relaxed).oldValue
                        guard index < count else { break }
                        let payload = payloads[index % payloads.count]
                        unsafe try decoder.decode(payload.span.bytes, into: &frame)
                        frame.withBytes { sum.add(index, $0) }
                    }
                    sums.withLock { [sum] in $0 = $0 + sum }
                }
            }
            return Sample(count, in: effort, hash: sums.withLock(\.value))
        }
    }
}
