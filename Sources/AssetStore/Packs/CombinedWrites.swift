// Writes of many threads into one file, put together.
//
// The kernel lets one thread at a time write into a file. Those that wait for it are let in one after
// the other, each only after it was woken, so that many writers together are slower than one. Here
// whoever finds nobody writing writes; what others bring meanwhile, the next of them writes for all
// of them, with one call where the ranges are neighbours.
//
// Records that have no range yet get one only now, so that they lie in the file in the order in which
// they are handed on, without a gap but for what was reserved otherwise meanwhile.

internal import Basics

/// Writes records into a file. Thread-safe. A record is written by whichever thread; nothing is durable
/// then.
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
        var pieces: RecordPieces
        var place: Place
        var end = Delivery<End>()
    }

    private enum Place: Sendable {
        /// A range that is reserved.
        case at(Int)
        /// A range that whoever writes reserves; what follows is called when it is written.
        case next(then: Continuation)
    }

    /// What goes on with a record that was written at an offset; calls `finish` once.
    typealias Continuation =
        @Sendable (_ offset: Int, _ finish: @escaping @Sendable (Result<Void, any Error>) -> Void)
        -> Void

    /// How an appended record ended.
    enum Appended: Sendable {
        /// There was no range for it.
        case full
        /// There was no range for it, and this is why.
        case refused(AssetError)
        /// It was not written into its range.
        case failed(offset: Int, AssetError)
        /// It was written, and this is what came of it then.
        case finished(offset: Int, Result<Void, any Error>)
    }

    /// How a thread's waiting ends.
    private enum End: Sendable {
        /// Its record was written where it belongs, or not.
        case written(Result<Void, AssetError>)
        case appended(Appended)
        /// It is to write, its own record and these.
        case write([Waiting])
    }

    /// Reserves a range of a length; `nil` when there is none.
    typealias Reserve = (_ byteCount: Int) throws(AssetError) -> Int?

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
    /// - Parameter reserve: for those who have no range yet.
    /// - Throws: ``AssetError/Code/diskFull``, ``AssetError/Code/io``.
    func write(
        _ header: RawSpan, _ payload: RawSpan, _ description: RawSpan, at offset: Int,
        reserve: Reserve
    ) throws(AssetError) {
        let end = bring(header, payload, description, .at(offset), reserve)
        guard case .written(let outcome) = end else {
            preconditionFailure("a record with a range was written without one")
        }
        try outcome.get()
    }

    /// Reserves a range for a record, writes it, and lets `then` go on with it: for one record after
    /// the other, in the order of their ranges. Returns when `then` calls what finishes it.
    func append(
        _ header: RawSpan, _ payload: RawSpan, _ description: RawSpan, reserve: Reserve,
        then: @escaping Continuation
    ) -> Appended {
        let end = bring(header, payload, description, .next(then: then), reserve)
        guard case .appended(let appended) = end else {
            preconditionFailure("a record without a range was written into one")
        }
        return appended
    }

    private func bring(
        _ header: RawSpan, _ payload: RawSpan, _ description: RawSpan, _ place: Place,
        _ reserve: Reserve
    ) -> End {
        unsafe header.withUnsafeBytes { header in
            unsafe payload.withUnsafeBytes { payload in
                unsafe description.withUnsafeBytes { description in
                    let pieces = unsafe RecordPieces(pieces: [header, payload, description])
                    return bring(Waiting(pieces: pieces, place: place), reserve)
                }
            }
        }
    }

    /// Returns when the record is written, so its bytes are lent long enough.
    private func bring(_ own: Waiting, _ reserve: Reserve) -> End {
        let isFirst = state.withLock { state in
            if state.isWriting {
                state.waiting.append(own)
                return false
            }
            state.isWriting = true
            return true
        }
        var all = [own]
        if !isFirst {
            let end = own.end.wait()
            guard case .write(let others) = end else { return end }
            all += others
        }
        writeAll(all, reserve)
        return own.end.wait()
    }

    /// Lets the next waiting thread write, for itself and for those behind it.
    private func handOver() {
        let next: (first: Waiting, others: [Waiting])? = state.withLock { state in
            guard let first = state.waiting.first else {
                state.isWriting = false
                return nil
            }
            var count = 1
            var byteCount = first.pieces.byteCount
            while count < min(state.waiting.count, Self.countMax), byteCount < Self.byteCountMax {
                byteCount += state.waiting[count].pieces.byteCount
                count += 1
            }
            let others = Array(state.waiting[1..<count])
            state.waiting.removeFirst(count)
            return (first, others)
        }
        if let next { next.first.end.deliver(.write(next.others)) }
    }

    /// Writes what waits, lets the next thread write, and tells those that wait.
    private func writeAll(_ all: [Waiting], _ reserve: Reserve) {
        var writes: [(record: Waiting, write: RecordWrite)] = []
        for record in all {
            switch record.place {
            case .at(let offset): writes.append((record, RecordWrite(record.pieces, at: offset)))
            case .next:
                do throws(AssetError) {
                    let byteCount = RecordHeader.aligned(record.pieces.byteCount)
                    if let offset = try reserve(byteCount) {
                        writes.append((record, RecordWrite(record.pieces, at: offset)))
                    } else {
                        record.end.deliver(.appended(.full))
                    }
                } catch {
                    record.end.deliver(.appended(.refused(error)))
                }
            }
        }
        writes.sort { $0.write.offset < $1.write.offset }
        let outcomes = writeRecords(writes.map(\.write))
        for ((record, write), outcome) in zip(writes, outcomes) {
            guard case .next(let then) = record.place else { continue }
            let (offset, end) = (write.offset, record.end)
            switch outcome {
            case .success: then(offset) { end.deliver(.appended(.finished(offset: offset, $0))) }
            case .failure(let error):
                end.deliver(.appended(.failed(offset: offset, error)))
            }
        }
        // Not before: what follows in the file is handed on later.
        handOver()
        for ((record, _), outcome) in zip(writes, outcomes) {
            if case .at = record.place { record.end.deliver(.written(outcome)) }
        }
    }

    /// Writes records in the order of their offsets, neighbours together, and lets the disk begin.
    private func writeRecords(_ writes: [RecordWrite]) -> [Result<Void, AssetError>] {
        var outcomes = [Result<Void, AssetError>](repeating: .success(()), count: writes.count)
        var start = 0
        while start < writes.count {
            var end = start + 1
            while end < writes.count, writes[end].offset == writes[end - 1].paddedEnd { end += 1 }
            do throws(AssetError) {
                try writeRun(writes[start..<end])
            } catch {
                // One failed; the others need not.
                for index in start..<end {
                    do throws(AssetError) {
                        try writeRun(writes[index...index])
                    } catch {
                        outcomes[index] = .failure(error)
                    }
                }
            }
            start = end
        }
        return outcomes
    }

    private func writeRun(_ writes: ArraySlice<RecordWrite>) throws(AssetError) {
        let (start, end) = (writes[writes.startIndex].offset, writes[writes.endIndex - 1].paddedEnd)
        let zeros = [UInt8](repeating: 0, count: RecordHeader.alignment)
        let failure: AssetError? = unsafe zeros.withUnsafeBytes { zeros in
            var pieces: [UnsafeRawBufferPointer] = unsafe []
            for write in writes {
                unsafe pieces += write.pieces.pieces
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
@safe private struct RecordPieces: @unchecked Sendable {
    // @unchecked: the bytes are lent by a thread that waits until they are written.
    let pieces: [UnsafeRawBufferPointer]

    var byteCount: Int { unsafe pieces.reduce(0) { $0 + $1.count } }
}

/// Where it goes.
private struct RecordWrite {
    let pieces: RecordPieces
    let offset: Int

    init(_ pieces: RecordPieces, at offset: Int) {
        self.pieces = pieces
        self.offset = offset
    }

    var end: Int { offset + pieces.byteCount }
    /// Where the next record begins.
    var paddedEnd: Int { RecordHeader.aligned(end) }
}
