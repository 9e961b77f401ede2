// Frames into the store: packed on many threads, in bounded memory.

public import AssetStore
public import Basics
public import FrameCodecs
internal import Synchronization

/// Packs frames of a job on threads of its own and stores them. Thread-safe; its calls block, so
/// they belong on threads of your own.
///
/// ```swift
/// let writer = try FrameSequenceWriter(store.start(job), packing: .lossless)
/// for index in 0..<count {
///     try writer.write(index, shape) { frame in draw(index, into: &frame) }
/// }
/// try writer.finish()
/// ```
///
/// A bounded number of frames waits to be packed, and at most 32 MiB of packed ones to become
/// durable; whoever writes more waits. What is stored does not depend on the number of threads.
public final class FrameSequenceWriter: Sendable {
    private let frames: FrameWriter
    private let packing: FramePacking
    private let state: Monitor<State>
    private let threads = Mutex<[WorkerThread]>([])

    private struct State {
        var slots: FrameSlots
        /// Filled frames, the next to be packed last.
        var waiting: [Work] = []
        var isEnding = false
        var failure: (any Error)?
    }

    fileprivate struct Work {
        enum Picture {
            case slot(FrameSlot)
            case shared(SharedFrame)
        }

        var index: Int
        var shape: FrameShape
        var picture: Picture
        var onDurable: @Sendable () -> Void
    }

    /// - Parameters:
    ///   - lease: the right to work on the frames' job.
    ///   - threadCount: threads that pack; `nil` for one per processor.
    ///   - byteCountMax: the most bytes of frames in memory, unless one alone takes more.
    /// - Throws: ``AssetError/Code/invalidArgument`` for a number of threads that can't be;
    ///   ``AssetError/Code/io`` when threads can't be started.
    public init(
        _ lease: JobLease, packing: FramePacking, threadCount: Int? = nil,
        byteCountMax: Int = 64 << 20
    ) throws(AssetError) {
        let threadCount = try checkedThreadCount(threadCount)
        frames = FrameWriter(lease)
        self.packing = packing
        state = Monitor(
            State(slots: FrameSlots(countMax: threadCount + 2, byteCountMax: byteCountMax)))
        var started: [WorkerThread] = []
        let core = Core(frames: frames, packing: packing, state: state)
        do throws(AssetError) {
            for number in 0..<threadCount {
                started.append(try WorkerThread(name: "pack \(number)") { core.work() })
            }
        } catch {
            state.update { $0.isEnding = true }
            for thread in started { thread.join() }
            throw error
        }
        threads.withLock { [started] in $0 = started }
    }

    deinit { end() }

    /// Has `fill` draw frame `index` into memory that is lent to it, on the caller's thread, and
    /// packs and stores it later. Frames may come in any order; one that is there already is
    /// replaced.
    ///
    /// - Parameters:
    ///   - fill: is lent a frame of `shape` that holds what an earlier frame left in it.
    ///   - onDurable: as that of ``FrameWriter/append(_:_:_:onDurable:)``.
    /// - Throws: what `fill` throws; then the frame is not stored. The error of an earlier frame:
    ///   of its codec, or as ``FrameWriter/append(_:_:_:onDurable:)``.
    public func write(
        _ index: Int, _ shape: FrameShape, onDurable: @escaping @Sendable () -> Void = {},
        _ fill: (inout Frame) throws -> Void
    ) throws {
        let slot = try state.wait { (state) -> FrameSlot? in
            if let failure = state.failure { throw failure }
            precondition(!state.isEnding, "a writer that is finished takes no frames")
            return state.slots.take(shape)
        }
        do {
            try slot.withFrame(shape, fill)
        } catch {
            state.update { $0.slots.give(slot, shape) }
            throw error
        }
        state.update { state in
            state.waiting.insert(
                Work(index: index, shape: shape, picture: .slot(slot), onDurable: onDurable),
                at: 0)
        }
    }

    /// Packs and stores a frame that is in memory already, later; otherwise like
    /// ``write(_:_:onDurable:_:)``. The frame is kept until it is packed, and not copied.
    public func write(
        _ index: Int, _ frame: SharedFrame, onDurable: @escaping @Sendable () -> Void = {}
    ) throws {
        let shape = frame.frame.shape
        try state.wait { (state) -> Void? in
            if let failure = state.failure { throw failure }
            precondition(!state.isEnding, "a writer that is finished takes no frames")
            return state.slots.admit(shape) ? () : nil
        }
        state.update { state in
            state.waiting.insert(
                Work(index: index, shape: shape, picture: .shared(frame), onDurable: onDurable),
                at: 0)
        }
    }

    /// Stores a frame that is packed already, on the caller's thread; otherwise like
    /// ``FrameWriter/append(_:_:_:onDurable:)``.
    public func append(
        _ index: Int, _ facts: FrameFacts, _ bytes: RawSpan,
        onDurable: @escaping @Sendable () -> Void = {}
    ) throws {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
        }
        try frames.append(index, facts, bytes, onDurable: onDurable)
    }

    /// Waits until every frame is durable, and ends the threads.
    ///
    /// - Throws: the first error of any frame.
    public func finish() throws {
        end()
        let flushed = Result { try frames.flush() }
        try state.withLock { state in
            if let failure = state.failure { throw failure }
        }
        try flushed.get()
    }

    private func end() {
        state.update { $0.isEnding = true }
        let ended = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in ended { thread.join() }
    }

    /// What the threads hold, so that they don't keep the writer.
    private struct Core: Sendable {
        let frames: FrameWriter
        let packing: FramePacking
        let state: Monitor<State>

        func work() {
            do {
                var packer = try FramePacker(packing)
                while let work = next() {
                    defer { state.update { $0.slots.give(work.picture, work.shape) } }
                    let facts = FrameFacts(
                        codec: packing.codec.rawValue, width: work.shape.width,
                        height: work.shape.height)
                    try work.picture.withFrame { frame in
                        try packer.pack(frame) { bytes in
                            try frames.append(
                                work.index, facts, bytes, onDurable: work.onDurable)
                        }
                    }
                }
            } catch {
                state.update { state in
                    if state.failure == nil { state.failure = error }
                    // Nobody may be left to pack them.
                    for work in state.waiting { state.slots.give(work.picture, work.shape) }
                    state.waiting = []
                }
            }
        }

        /// The next frame to pack; `nil` when there will be none.
        private func next() -> Work? {
            state.wait { (state) -> Work?? in
                if state.failure != nil { return .some(nil) }
                if let work = state.waiting.popLast() { return work }
                return state.isEnding ? .some(nil) : nil
            }
        }
    }
}

extension FrameSequenceWriter.Work.Picture {
    func withFrame(_ body: (borrowing Frame) throws -> Void) rethrows {
        switch self {
        case .slot(let slot): try slot.withFilled(body)
        case .shared(let shared): try body(shared.frame)
        }
    }
}

extension FrameSlots {
    fileprivate mutating func give(
        _ picture: FrameSequenceWriter.Work.Picture, _ shape: FrameShape
    ) {
        switch picture {
        case .slot(let slot): give(slot, shape)
        case .shared: leave(shape)
        }
    }
}

/// The number of threads to use.
func checkedThreadCount(_ count: Int?) throws(AssetError) -> Int {
    let count = count ?? availableProcessorCount()
    guard (1...Limits.workerCountMax).contains(count) else {
        throw AssetError(
            .invalidArgument,
            "\(count) threads are not possible; choose 1 to \(Limits.workerCountMax)")
    }
    return count
}
