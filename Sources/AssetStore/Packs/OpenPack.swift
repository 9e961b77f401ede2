// A pack that this process appends to.

internal import Basics

/// A pack file owned by this process. Thread-safe: threads reserve ranges and write into them at
/// the same time; the committer makes them durable.
final class OpenPack: Sendable {
    let id: PackID
    let file: File
    /// The same file, opened once more, for what is made durable by itself. The kernel tells each
    /// opening of a file once that something could not be written; ``synchronize()`` must not miss it.
    private let durableFile: File
    let capacity: Int
    /// Held as long as this value lives; the pack is nobody else's.
    private let ownership: ByteLock
    private let writes: CombinedWrites
    private let state: Monitor<State>

    private struct State {
        /// Where the next record goes.
        var reservedEnd: Int
        /// Where the file's disk blocks end.
        var allocatedEnd: Int
        /// Ranges that were reserved but neither claimed nor freed in the catalog.
        var unsettledCount = 0
        /// Whether something was written since the last sync.
        var isDirty = false
        /// A sync failed: what was written is lost, and nothing more may follow.
        var hasFailed = false
        /// No range is reserved any more.
        var isSealed = false
    }

    /// Disk blocks are taken in steps of this size, so that a sync needs no new ones.
    static let allocationStep = 32 << 20

    /// What packs leave free on a disk: deleting needs room too, for the catalog's new pages.
    static let headroom = 16 << 20

    init(
        id: PackID, file: File, capacity: Int, end: Int, ownership: ByteLock
    ) throws(AssetError) {
        self.id = id
        self.file = file
        durableFile = try File(file.path, [.write])
        self.capacity = capacity
        self.ownership = ownership
        writes = CombinedWrites(file)
        state = Monitor(State(reservedEnd: end, allocatedEnd: try file.byteCount()))
    }

    /// Reserves a range, backed by disk blocks; `nil` when the pack has no room for it.
    ///
    /// - Throws: ``AssetError/Code/diskFull`` before anything is written.
    func reserve(_ byteCount: Int) throws(AssetError) -> Int? {
        try state.withLock { (state) throws(AssetError) -> Int? in
            let end = state.reservedEnd + byteCount
            guard end <= capacity, !state.hasFailed, !state.isSealed else { return nil }
            if end > state.allocatedEnd {
                let step = max(Self.allocationStep, end - state.allocatedEnd)
                // Near the end of the disk, no more than is needed.
                let wanted = min(state.allocatedEnd + step, capacity)
                let room = try FileSystem.availableByteCount(at: file.path) - Self.headroom
                let growth = [wanted, end].first { $0 - state.allocatedEnd <= room }
                guard let growth else {
                    throw AssetError(
                        .diskFull,
                        "\(file.path): the disk is full; free some space and try again")
                }
                try file.preallocate(state.allocatedEnd..<growth)
                state.allocatedEnd = growth
            }
            defer {
                state.reservedEnd = end
                state.unsettledCount += 1
            }
            return state.reservedEnd
        }
    }

    /// Lets no range be reserved any more, and returns where the last one ends.
    func seal() -> Int {
        state.withLock { state in
            state.isSealed = true
            return state.reservedEnd
        }
    }

    /// Writes a record into a reserved range.
    ///
    /// - Parameter durably: with the same call, which is faster for whoever writes alone.
    func write(
        _ header: RawSpan, _ payload: RawSpan, _ description: RawSpan, at offset: Int,
        durably: Bool
    ) throws(AssetError) {
        if durably {
            do throws(AssetError) {
                let isDurable = try durableFile.write(
                    header, payload, description, at: offset, durably: true)
                if isDurable { return }
            } catch {
                // It counts as a failed sync.
                state.withLock { $0.hasFailed = true }
                throw error
            }
        } else {
            try writes.write(
                header, payload, description, at: offset,
                reserve: { byteCount throws(AssetError) in try reserve(byteCount) })
        }
        state.withLock { $0.isDirty = true }
    }

    /// Writes a record behind all others, and lets `then` go on with it; see
    /// ``CombinedWrites/append(_:_:_:reserve:then:)``.
    func append(
        _ header: RawSpan, _ payload: RawSpan, _ description: RawSpan,
        then: @escaping CombinedWrites.Continuation
    ) -> CombinedWrites.Appended {
        writes.append(
            header, payload, description,
            reserve: { byteCount throws(AssetError) in try reserve(byteCount) },
            then: { [self] offset, finish in
                state.withLock { $0.isDirty = true }
                then(offset, finish)
            })
    }

    /// Takes back what a record says, durably: nobody finds it any more.
    func erase(recordAt offset: Int) throws(AssetError) {
        let zeros = [UInt8](repeating: 0, count: RecordHeader.byteCount)
        let nothing = [UInt8]()
        let isDurable = unsafe try durableFile.write(
            zeros.span.bytes, nothing.span.bytes, nothing.span.bytes, at: offset, durably: true)
        if !isDurable { try durableFile.synchronizeData() }
    }

    /// Makes durable all that was written before. After a failure, every later call fails too: the
    /// kernel may have dropped what it could not write.
    func synchronize() throws(AssetError) {
        let isDirty = try state.withLock { (state) throws(AssetError) -> Bool in
            if state.hasFailed {
                throw AssetError(
                    .io, "\(file.path): an earlier sync failed, so nothing more is written to it")
            }
            defer { state.isDirty = false }
            return state.isDirty
        }
        guard isDirty else { return }
        do throws(AssetError) {
            try file.synchronizeData()
        } catch {
            state.withLock { $0.hasFailed = true }
            throw error
        }
    }

    /// Notes that the catalog knows of a reserved range.
    func settle() { state.withLock { $0.unsettledCount -= 1 } }

    /// Whether the catalog knows of every range that was reserved.
    var isSettled: Bool { state.withLock { $0.unsettledCount == 0 } }

    /// Whether nothing more may be written because a sync failed.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// Where the next record would go.
    var reservedEnd: Int { state.withLock { $0.reservedEnd } }
}
