// Writes of many threads into one file, put together.
//
// The kernel lets one thread at a time write into a file. Those that wait for it are let in one after
// the other, each only after it was woken, so that many writers together are slower than one. Here
// whoever finds nobody writing writes; what others bring meanwhile, the next of them writes for all
// of them, with one call where the ranges are neighbours.

internal import Basics

/// Writes records into a file. Thread-safe. A call returns when its record is written, by whichever
/// thread; nothing is durable then.
final class CombinedWrites: Sendable {
    private let file: File
    private let state = Monitor(State())

    private struct State {
        /// Whether some thread writes.
        var isWriting = false
        /// What waits for it, in the order of arrival.
        var waiting: [Waiting] = []
    }

    /// A record that waits, and its thread with it.
    private struct Waiting: Sendable {
        var write: RecordWrite
        var end = Delivery<End>()
    }

    /// How a thread's waiting ends.
    private enum End: Sendable {
        /// Another thread has written its record.
        case written(Result<Void, AssetError>)
        /// It is to write, its own record and these.
        case write([Waiting])
    }

    /// The most that one thread writes for others before it goes on with its own affairs.
    private static let byteCountMax = 8 << 20
    /// Each record takes up to four of the pieces that one call may have, which are 1024.
    private static let countMax = 250

    /// Records from this length on are sent to the disk before they are synced: it works while
    /// threads write, not only once all have.
    private static let earlyByteCount = 64 << 10

    init(_ file: File) { self.file = file }

    /// Writes a record into a range that nobody else writes.
    ///
    /// - Throws: ``AssetError/Code/diskFull``, ``AssetError/Code/io``.
    func write(
        _ header: RawSpan, _ payload: RawSpan, _ description: RawSpan, at offset: Int
    ) throws(AssetError) {
        let outcome: Result<Void, AssetError> = unsafe header.withUnsafeBytes { header in
            unsafe payload.withUnsafeBytes { payload in
                unsafe description.withUnsafeBytes { description in
                    write(
                        unsafe RecordWrite(
                            offset: offset, pieces: [header, payload, description]))
                }
            }
        }
        try outcome.get()
    }

    /// Returns when the record is written, so its bytes are lent long enough.
    private func write(_ write: RecordWrite) -> Result<Void, AssetError> {
        let waiting: Waiting? = state.withLock { state in
            guard state.isWriting else {
                state.isWriting = true
                return nil
            }
            let waiting = Waiting(write: write)
            state.waiting.append(waiting)
            return waiting
        }
        var others: [Waiting] = []
        if let waiting {
            switch waiting.end.wait() {
            case .written(let outcome): return outcome
            case .write(let more): others = more
            }
        }
        let outcomes = writeAll([write] + others.map(\.write))
        handOver()
        for (other, outcome) in zip(others, outcomes.dropFirst()) {
            other.end.deliver(.written(outcome))
        }
        return outcomes[0]
    }

    /// Lets the next waiting thread write, for itself and for those behind it.
    private func handOver() {
        let next: (first: Waiting, others: [Waiting])? = state.withLock { state in
            guard let first = state.waiting.first else {
                state.isWriting = false
                return nil
            }
            var count = 1
            var byteCount = first.write.byteCount
            while count < min(state.waiting.count, Self.countMax), byteCount < Self.byteCountMax {
                byteCount += state.waiting[count].write.byteCount
                count += 1
            }
            let others = Array(state.waiting[1..<count])
            state.waiting.removeFirst(count)
            return (first, others)
        }
        if let next { next.first.end.deliver(.write(next.others)) }
    }

    /// Writes records, neighbours together, and lets the disk begin.
    private func writeAll(_ writes: [RecordWrite]) -> [Result<Void, AssetError>] {
        var outcomes = [Result<Void, AssetError>](repeating: .success(()), count: writes.count)
        let order = writes.indices.sorted { writes[$0].offset < writes[$1].offset }
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count,
                writes[order[end]].offset == writes[order[end - 1]].paddedEnd
            {
                end += 1
            }
            let run = order[start..<end]
            do throws(AssetError) {
                try writeRun(run.map { writes[$0] })
            } catch {
                // One failed; the others need not.
                for index in run {
                    do throws(AssetError) {
                        try writeRun([writes[index]])
                    } catch {
                        outcomes[index] = .failure(error)
                    }
                }
            }
            start = end
        }
        return outcomes
    }

    private func writeRun(_ writes: [RecordWrite]) throws(AssetError) {
        let (start, end) = (writes[0].offset, writes[writes.count - 1].paddedEnd)
        let zeros = [UInt8](repeating: 0, count: RecordHeader.alignment)
        let failure: AssetError? = unsafe zeros.withUnsafeBytes { zeros in
            var pieces: [UnsafeRawBufferPointer] = unsafe []
            for write in writes {
                unsafe pieces += write.pieces
                unsafe pieces.append(
                    UnsafeRawBufferPointer(rebasing: zeros[..<(write.paddedEnd - write.end)]))
            }
            do throws(AssetError) {
                unsafe try file.write(pieces, at: start)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        if end - start >= Self.earlyByteCount {
            try file.startWriting(start / 4096 * 4096..<end)
        }
    }
}

/// What one thread wants written.
@safe private struct RecordWrite: @unchecked Sendable {
    // @unchecked: the bytes are lent by a thread that waits until they are written.
    let offset: Int
    let pieces: [UnsafeRawBufferPointer]

    var byteCount: Int { unsafe pieces.reduce(0) { $0 + $1.count } }
    var end: Int { offset + byteCount }
    /// Where the next record begins.
    var paddedEnd: Int { RecordHeader.aligned(end) }
}
