// One frame packed by several threads, for whoever has one frame and waits for it. Sequences are
// better packed frame by frame.
//
// Bands share nothing but the codes. So each thread looks at a share of them, one makes the codes
// from what all have counted, and each packs its share. Counting is adding, so the payload is the
// same as that of one thread.

public import Basics
internal import Synchronization

/// Packs frames without loss on several threads, each frame's bands shared among them. Not
/// thread-safe itself: one per worker, who keeps it, because its memory is reused.
///
/// The same frame and reference give the same bytes as ``LosslessEncoder``, however many threads.
public struct ParallelLosslessEncoder: ~Copyable {
    private let workers: [Worker]

    /// What one thread works with.
    private final class Worker: @unchecked Sendable {
        // @unchecked: one thread at a time uses it, and is joined before another does.
        var encoder = LosslessEncoder()
        var bands = 0..<0
        var plans: [BandPlan] = []
        var output: [UInt8] = []
        var counts: [Int] = []
    }

    /// Makes an encoder. Memory is taken when it first packs, about 1 MiB a thread for 1920×1080.
    ///
    /// - Parameter threadCount: `nil` for one per processor.
    /// - Throws: ``AssetError/Code/invalidArgument`` for a number outside 1 to
    ///   ``Limits/workerCountMax``.
    public init(threadCount: Int? = nil) throws(AssetError) {
        let threadCount = threadCount ?? availableProcessorCount()
        guard (1...Limits.workerCountMax).contains(threadCount) else {
            throw AssetError(
                .invalidArgument,
                "\(threadCount) threads are not possible; choose 1 to \(Limits.workerCountMax)")
        }
        workers = (0..<threadCount).map { _ in Worker() }
    }

    /// Packs `frame` and appends the payload to `output`; see ``LosslessEncoder/encode(_:into:)``.
    ///
    /// - Throws: as ``LosslessEncoder/encode(_:into:)``, and ``AssetError/Code/io`` when threads
    ///   can't be started; `output` is then unchanged.
    public mutating func encode(
        _ frame: borrowing Frame, into output: inout [UInt8]
    ) throws(AssetError) {
        let lead = workers[0]
        var sources: [LosslessEncoder.Source] = []
        for worker in workers { sources.append(worker.encoder.source(frame, [], nil)) }
        let shape = sources[0].shape
        let count = min(workers.count, shape.bandCount)
        for (number, worker) in workers.enumerated() {
            worker.bands =
                number < count
                ? number * shape.bandCount / count..<(number + 1) * shape.bandCount / count : 0..<0
        }
        let source = sources[0]
        try onThreads(count) { worker in
            worker.plans = worker.encoder.survey(source, bands: worker.bands)
        }
        let plans = workers[..<count].flatMap(\.plans)
        for worker in workers[1..<max(1, count)] { lead.encoder.addCounts(of: worker.encoder) }
        let codes = lead.encoder.makeCodes(shape, plans)
        for worker in workers[1..<max(1, count)] { worker.encoder.adoptCodes(of: lead.encoder) }
        try onThreads(count) { worker in
            worker.output.removeAll(keepingCapacity: true)
            worker.counts = worker.bands.map { band in
                let start = worker.output.count
                worker.encoder.pack(band, as: plans, source, &worker.output)
                return worker.output.count - start
            }
        }
        let start = output.count
        let directory = lead.encoder.begin(&output, shape, codes: codes, nil)
        for worker in workers[..<count] {
            for (band, count) in zip(worker.bands, worker.counts) {
                lead.encoder.writeCount(count, into: &output, at: directory + 4 * band)
            }
            output.append(contentsOf: worker.output)
        }
        try lead.encoder.end(&output, from: start, shape)
    }

    /// Runs `body` for the first workers, each on a thread, the first on this one.
    private func onThreads(
        _ count: Int, _ body: @escaping @Sendable (Worker) -> Void
    ) throws(AssetError) {
        var threads: [WorkerThread] = []
        var failure: AssetError?
        for worker in workers[1..<max(1, count)] {
            do throws(AssetError) {
                threads.append(try WorkerThread(name: "bands") { body(worker) })
            } catch {
                failure = error
                break
            }
        }
        body(workers[0])
        for thread in threads { thread.join() }
        if let failure { throw failure }
    }
}
