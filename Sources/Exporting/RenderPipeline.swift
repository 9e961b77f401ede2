// Drawing and encoding, spread over worker threads.
//
// Workers take the task that finishes most: a segment whose frames are all stored is encoded, else
// the audio is, else the next missing frame is drawn. Frames go through the store, so what is
// encoded is what a resumed run would find there.

internal import AssetStore
internal import Basics
internal import Rendering

/// One run over a job's frames and segments.
final class RenderPipeline: Sendable {
    struct Outcome: Sendable {
        var renderedFrameCount: Int
        var encodedSegmentCount: Int
        var progress: RenderProgress
    }

    let job: RenderJob
    let lease: JobLease
    let plan: SegmentPlan
    let frameWriter: FrameWriter
    let isCancelled: @Sendable () -> Bool
    let progress: @Sendable (RenderProgress) -> Void
    private let state: Monitor<State>

    private enum Task {
        case encodeSegment(Int)
        case encodeAudio
        case renderFrame(Int)
    }

    private struct State {
        /// Frames to draw, last first.
        var missing: [Range<Int>] = []
        /// For each segment, its frames that are not durable; -1 once it is encoded or taken.
        var unstored: [Int] = []
        /// Segments to encode, last first.
        var ready: [Int] = []
        var needsAudio = false
        /// Segments that are not encoded yet.
        var openSegmentCount = 0
        var isAudioOpen = false
        var failure: (any Error)?
        var progress: RenderProgress
        var encodedSegmentCount = 0
    }

    /// Looks at what the store has of the job already.
    init(
        _ job: RenderJob, _ lease: JobLease, isCancelled: @escaping @Sendable () -> Bool,
        progress: @escaping @Sendable (RenderProgress) -> Void
    ) throws {
        self.job = job
        self.lease = lease
        self.isCancelled = isCancelled
        self.progress = progress
        plan = SegmentPlan(
            frameCount: job.frameCount, segmentFrameCount: job.recipe.segmentFrameCount)
        frameWriter = FrameWriter(lease)
        state = Monitor(
            State(progress: RenderProgress(.render, frameCount: job.frameCount)))
        let found = try inventory()
        state.withLock { $0 = found }
    }

    /// Does the work and returns when all of it is in the store.
    ///
    /// - Throws: the first error of any worker.
    func run(workerCount: Int) throws -> Outcome {
        report { _ in }
        var threads: [WorkerThread] = []
        do throws(AssetError) {
            for number in 0..<workerCount {
                threads.append(
                    try WorkerThread(name: "render \(number)") { [self] in work() })
            }
        } catch {
            fail(error)
        }
        for thread in threads { thread.join() }
        // Also after a failure: what is in flight is committed, for the next run to find.
        let flushed = Result { try frameWriter.flush() }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            try flushed.get()
            return Outcome(
                renderedFrameCount: state.progress.renderedFrameCount,
                encodedSegmentCount: state.encodedSegmentCount, progress: state.progress)
        }
    }

    /// Notes that a frame was fed to an encoder.
    func didEncodeFrame() {
        report { $0.progress.encodedFrameCount += 1 }
    }

    /// Notes that a frame which was there had to be drawn after all.
    func didRenderFrameAgain() {
        report {
            $0.progress.renderedFrameCount += 1
            $0.progress.reusedFrameCount -= 1
        }
    }

    private func inventory() throws -> State {
        var state = State(progress: RenderProgress(.render, frameCount: plan.frameCount))
        state.unstored = (0..<plan.segmentCount).map { plan.frames(of: $0).count }
        for segment in try store.segmentIndexes(of: job.id, track: SegmentTrack.video)
        where segment < plan.segmentCount && isIntact(segment) {
            state.unstored[segment] = -1
        }
        let missing = try store.missingFrames(of: job.id, count: plan.frameCount)
        var missingCount = Array(repeating: 0, count: plan.segmentCount)
        var toDraw: [Range<Int>] = []
        for range in missing {
            for segment in plan.segment(
                of: range.lowerBound)...plan.segment(of: range.upperBound - 1)
            {
                let part = range.clamped(to: plan.frames(of: segment))
                missingCount[segment] += part.count
                // What is encoded needs its frames no more, unless they are to be kept.
                if state.unstored[segment] >= 0 || job.retention != .untilComplete {
                    toDraw.append(part)
                }
            }
        }
        for segment in 0..<plan.segmentCount where state.unstored[segment] >= 0 {
            state.openSegmentCount += 1
            state.unstored[segment] = missingCount[segment]
            if missingCount[segment] == 0 {
                state.unstored[segment] = -1
                state.ready.append(segment)
            }
        }
        state.ready.reverse()
        state.missing = toDraw.reversed()
        state.needsAudio = try !job.hasIntactAudio()
        state.isAudioOpen = state.needsAudio
        let drawCount = toDraw.reduce(0) { $0 + $1.count }
        state.progress.reusedFrameCount = plan.frameCount - drawCount
        state.progress.reusedEncodedFrameCount = (0..<plan.segmentCount).reduce(0) { sum, segment in
            state.unstored[segment] < 0 && !state.ready.contains(segment)
                ? sum + plan.frames(of: segment).count : sum
        }
        state.progress.encodedFrameCount = state.progress.reusedEncodedFrameCount
        return state
    }

    private var store: Store { job.store }

    /// Whether an encoded segment can be read; one that can't is encoded again.
    private func isIntact(_ segment: Int) -> Bool {
        let found = try? store.withSegment(
            track: SegmentTrack.video, index: segment, of: job.id
        ) { $0.byteCount > 0 }
        return found == true
    }

    private func work() {
        let worker = RenderWorker(self)
        do {
            while let task = try nextTask() {
                switch task {
                case .renderFrame(let index):
                    try worker.render(index) { [self] in didStore(index) }
                    report { $0.progress.renderedFrameCount += 1 }
                case .encodeSegment(let segment):
                    try worker.encode(segment)
                    state.update {
                        $0.openSegmentCount -= 1
                        $0.encodedSegmentCount += 1
                    }
                case .encodeAudio:
                    try job.encodeAudio(lease, isCancelled)
                    state.update { $0.isAudioOpen = false }
                }
            }
        } catch {
            fail(error)
        }
    }

    /// The next thing to do; `nil` when all is done or someone failed. Waits for frames that are
    /// on their way.
    private func nextTask() throws -> Task? {
        while true {
            if isCancelled() {
                throw AssetError(.cancelled, "interrupted; what is finished is kept")
            }
            // A frame that could not be committed will never complete its segment.
            try frameWriter.check()
            let task = state.wait(seconds: 0.1) { (state) -> Task?? in
                if state.failure != nil { return .some(nil) }
                if let segment = state.ready.popLast() { return .encodeSegment(segment) }
                if state.needsAudio {
                    state.needsAudio = false
                    return .encodeAudio
                }
                if let range = state.missing.popLast() {
                    if range.count > 1 { state.missing.append(range.dropFirst()) }
                    return .renderFrame(range.lowerBound)
                }
                return state.openSegmentCount == 0 && !state.isAudioOpen ? .some(nil) : nil
            }
            if let task { return task }
        }
    }

    /// Notes that a frame is durable; its segment may now be complete.
    private func didStore(_ frame: Int) {
        let segment = plan.segment(of: frame)
        state.update { state in
            guard state.unstored[segment] > 0 else { return }
            state.unstored[segment] -= 1
            if state.unstored[segment] == 0 {
                state.unstored[segment] = -1
                state.ready.append(segment)
            }
        }
    }

    private func fail(_ error: any Error) {
        state.update { state in
            if state.failure == nil { state.failure = error }
        }
    }

    private func report(_ change: (inout State) -> Void) {
        progress(
            state.withLock { state in
                change(&state)
                return state.progress
            })
    }
}
