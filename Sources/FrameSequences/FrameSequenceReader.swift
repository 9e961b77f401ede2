// Frames out of the store in order: unpacked ahead, on many threads, in bounded memory.

public import AssetStore
public import Basics
public import FrameCodecs
internal import Synchronization

/// Reads the stored frames of a job in order, unpacking ahead on threads of its own. One thread at a
/// time calls ``next(_:)``; the call blocks, so it belongs on a thread of your own.
///
/// ```swift
/// let reader = try FrameSequenceReader(store, job)
/// while try reader.next({ stored, frame in use(frame, stored.index) }) != nil {}
/// ```
///
/// Indexes that are not stored are passed over; ``Store/missingFrames(of:count:)`` tells them.
public final class FrameSequenceReader: Sendable {
    private let core: Core
    private let threads = Mutex<[WorkerThread]>([])

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - range: the indexes to read; `nil` for all.
    ///   - format: what JPEG frames are unpacked to: any format that ``JPEGDecoder`` unpacks to;
    ///     `nil` for what ``FrameUnpacker/shape(of:codec:)`` says. Others have their own format.
    ///   - threadCount: threads that unpack; `nil` for one per processor.
    ///   - byteCountMax: the most bytes of frames in memory, and one frame more.
    /// - Throws: ``AssetError/Code/invalidArgument`` for a number of threads that can't be;
    ///   ``AssetError/Code/io`` when threads can't be started.
    public init(
        _ store: Store, _ job: JobID, range: Range<Int>? = nil, format: PixelFormat? = nil,
        threadCount: Int? = nil, byteCountMax: Int = 64 << 20
    ) throws(AssetError) {
        let threadCount = try checkedThreadCount(threadCount)
        core = Core(
            store: store, job: job, range: range ?? 0..<Int.max, format: format,
            state: Monitor(
                State(
                    slots: FrameSlots(countMax: threadCount + 2, byteCountMax: byteCountMax),
                    nextIndex: range?.lowerBound ?? 0)))
        var started: [WorkerThread] = []
        do throws(AssetError) {
            for number in 0..<threadCount {
                started.append(
                    try WorkerThread(name: "unpack \(number)") { [core] in core.work() })
            }
        } catch {
            core.state.update { $0.isEnding = true }
            for thread in started { thread.join() }
            throw error
        }
        threads.withLock { [started] in $0 = started }
    }

    deinit {
        core.state.update { $0.isEnding = true }
        threads.withLock { threads in
            for thread in threads { thread.join() }
        }
    }

    /// Lends the next frame to `body`; `nil` when there is none any more.
    ///
    /// - Throws: ``AssetError/Code/damaged`` naming the job and the frame, what unpacking it
    ///   throws, and what `body` throws. The call after it goes on with the next frame.
    public func next<Result>(
        _ body: (StoredFrame, borrowing Frame) throws -> Result
    ) throws -> Result? {
        while true {
            let arrived = core.state.wait { (state) -> Arrival?? in
                if let arrival = state.arrivals.removeValue(forKey: state.nextTicket) {
                    return arrival
                }
                return state.isListed && state.listed.isEmpty
                    && state.nextTicket == state.ticketCount ? .some(nil) : nil
            }
            guard let arrived else { return nil }
            core.state.update { $0.nextTicket += 1 }
            switch arrived {
            case .removed: break
            case .failed(let error): throw error
            case .frame(let stored, let shape, let slot):
                defer { core.state.update { $0.slots.give(slot, shape) } }
                return try slot.withFilled { frame in try body(stored, frame) }
            }
        }
    }

    private enum Arrival {
        case frame(StoredFrame, FrameShape, FrameSlot)
        case failed(any Error)
        /// It went after it was listed.
        case removed
    }

    private struct State {
        var slots: FrameSlots
        /// Frames that are listed and not taken by a thread, the next one last.
        var listed: [StoredFrame] = []
        /// Where listing goes on.
        var nextIndex: Int
        /// Whether there are no more to list.
        var isListed = false
        var isListing = false
        /// Frames given out to threads, in order.
        var ticketCount = 0
        /// What came of them, until it is its turn.
        var arrivals: [Int: Arrival] = [:]
        /// The ticket that the reader waits for.
        var nextTicket = 0
        var isEnding = false
    }

    /// What the threads hold, so that they don't keep the reader.
    private struct Core: Sendable {
        let store: Store
        let job: JobID
        let range: Range<Int>
        let format: PixelFormat?
        let state: Monitor<State>

        /// Frames listed in one go.
        private static let pageCount = 256

        private enum Task {
            case list(from: Int)
            case unpack(StoredFrame, ticket: Int)
        }

        func work() {
            do {
                var unpacker = try FrameUnpacker()
                while let task = nextTask() {
                    switch task {
                    case .list(let first): try list(from: first)
                    case .unpack(let stored, let ticket):
                        let arrival = unpack(stored, ticket: ticket, &unpacker)
                        state.update { $0.arrivals[ticket] = arrival }
                    }
                }
            } catch {
                // Whoever reads learns it in place of the next frame, and then there are no more.
                state.update { state in
                    state.isListed = true
                    state.isListing = false
                    state.listed = []
                    state.arrivals[state.ticketCount] = .failed(error)
                    state.ticketCount += 1
                }
            }
        }

        private func nextTask() -> Task? {
            state.wait { (state) -> Task?? in
                if state.isEnding { return .some(nil) }
                if let stored = state.listed.last {
                    // Not further ahead than frames fit into memory.
                    guard state.ticketCount - state.nextTicket < state.slots.countMax else {
                        return nil
                    }
                    state.listed.removeLast()
                    state.ticketCount += 1
                    return .unpack(stored, ticket: state.ticketCount - 1)
                }
                if state.isListed { return .some(nil) }
                guard !state.isListing else { return nil }
                state.isListing = true
                return .list(from: state.nextIndex)
            }
        }

        private func list(from first: Int) throws {
            var page: [StoredFrame] = []
            try store.forEachFrame(of: job, from: first) { frame in
                guard frame.index < range.upperBound else { return false }
                page.append(frame)
                return page.count < Self.pageCount
            }
            state.update { state in
                state.isListing = false
                state.listed = page.reversed()
                state.isListed = page.count < Self.pageCount
                if let last = page.last { state.nextIndex = last.index + 1 }
            }
        }

        private func unpack(
            _ stored: StoredFrame, ticket: Int, _ unpacker: inout FrameUnpacker
        ) -> Arrival {
            var taken: (slot: FrameSlot, shape: FrameShape)?
            do {
                while true {
                    let step = try store.withFrame(stored.index, of: job) { stored, bytes in
                        try unpack(bytes, of: stored, &taken, &unpacker)
                    }
                    switch step {
                    case .arrived(let arrival): return arrival
                    // No snapshot of the store is held while others are waited for.
                    case .needsRoom(let shape): taken = (waitForSlot(shape, ticket), shape)
                    case nil:
                        giveBack(taken)
                        return .removed
                    }
                }
            } catch {
                giveBack(taken)
                return .failed(naming(error, stored.index))
            }
        }

        private enum Step {
            case arrived(Arrival)
            case needsRoom(FrameShape)
        }

        private func unpack(
            _ bytes: RawSpan, of stored: StoredFrame,
            _ taken: inout (slot: FrameSlot, shape: FrameShape)?, _ unpacker: inout FrameUnpacker
        ) throws -> Step {
            let codec = try stored.codec(of: job)
            var shape = try unpacker.shape(of: bytes, codec: codec)
            if let format, codec == .jpeg { shape.format = format }
            if let old = taken, old.shape != shape {
                giveBack(old)
                taken = nil
            }
            if taken == nil, let slot = state.withLock({ $0.slots.take(shape) }) {
                taken = (slot, shape)
            }
            guard let slot = taken?.slot else { return .needsRoom(shape) }
            try slot.withFrame(shape) { frame in
                try unpacker.unpack(bytes, codec: codec, into: &frame)
            }
            return .arrived(.frame(stored, shape, slot))
        }

        /// The frame whose turn it is never waits for those behind it.
        private func waitForSlot(_ shape: FrameShape, _ ticket: Int) -> FrameSlot {
            state.wait { state in
                if let slot = state.slots.take(shape) { return slot }
                return ticket == state.nextTicket || state.isEnding
                    ? state.slots.takeBeyond(shape) : nil
            }
        }

        private func giveBack(_ taken: (slot: FrameSlot, shape: FrameShape)?) {
            guard let taken else { return }
            state.update { $0.slots.give(taken.slot, taken.shape) }
        }

        private func naming(_ error: any Error, _ index: Int) -> any Error {
            guard let error = error as? AssetError, error.code == .inputUnreadable else {
                return error
            }
            return AssetError(
                .damaged, "frame \(index) of job \(job) can't be unpacked: \(error.message)",
                cause: error)
        }
    }
}

extension StoredFrame {
    /// The codec of the frame, which is one of `job`.
    ///
    /// - Throws: ``AssetError/Code/unsupportedFormat`` when this version does not know it.
    public func codec(of job: JobID) throws(AssetError) -> FrameCodec {
        guard let codec = FrameCodec(rawValue: facts.codec) else {
            throw AssetError(
                .unsupportedFormat,
                "frame \(index) of job \(job) is packed by codec \(facts.codec), which this "
                    + "version does not know; use a newer one")
        }
        return codec
    }
}
