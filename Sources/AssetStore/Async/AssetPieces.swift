// Streaming for tasks: an asset's bytes out, bytes in, and the change feed.

internal import Basics

/// The bytes of an asset in pieces of at most one part (4 MiB), each checked, as an `AsyncSequence`.
/// The next one is read when it is asked for.
public struct AssetPieces: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    fileprivate let store: AsyncStore
    fileprivate let id: AssetID
    fileprivate let range: Range<Int>?

    /// Reads one piece after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let pieces: AssetPieces
        private var reader: AssetReader?
        private var position: Int
        private var isFinished = false

        fileprivate init(_ pieces: AssetPieces) {
            self.pieces = pieces
            position = pieces.range?.lowerBound ?? 0
        }

        /// The next piece, `nil` behind the last.
        ///
        /// - Throws: ``AssetError/Code/inputMissing`` when there is no such asset, or it was
        ///   removed meanwhile; ``AssetError/Code/damaged``; ``AssetError/Code/invalidArgument``
        ///   when the range is not within the asset; `CancellationError`.
        public mutating func next() async throws -> [UInt8]? {
            if isFinished { return nil }
            let reader = if let reader { reader } else { try await open() }
            self.reader = reader
            let end = pieces.range?.upperBound ?? reader.byteCount
            guard position < end else {
                isFinished = true
                return nil
            }
            let inPart = position % Limits.partByteCount
            let piece = position..<Swift.min(end, position - inPart + Limits.partByteCount)
            position = piece.upperBound
            return try await BlockingThreads.shared.run {
                var bytes: [UInt8] = []
                bytes.reserveCapacity(piece.count)
                try reader.forEachPiece(of: piece) { span in
                    unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
                }
                return bytes
            }
        }

        private func open() async throws -> AssetReader {
            let id = pieces.id
            let reader = try await pieces.store.perform { try $0.reader(for: id) }
            guard let reader else {
                throw AssetError(.inputMissing, "there is no asset \(id)")
            }
            return reader
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

extension AsyncStore {
    /// The bytes of an asset, or of a range of it, in pieces.
    public func pieces(of id: AssetID, range: Range<Int>? = nil) -> AssetPieces {
        AssetPieces(store: self, id: id, range: range)
    }

    /// Stores an asset whose bytes come in pieces, of any total length, and returns it once it is
    /// durable. The next piece is asked for when the one before is written. When the sequence
    /// throws or the task is cancelled, nothing is stored.
    public func put<Pieces: AsyncSequence>(
        _ description: AssetDescription, pieces: Pieces, id: AssetID? = nil
    ) async throws -> Asset where Pieces.Element == [UInt8] {
        let writer = try await perform { store in
            TravellingWriter(try store.makeWriter(for: description, id: id))
        }
        for try await piece in pieces {
            try await BlockingThreads.shared.run { try writer.write(piece) }
        }
        return try await BlockingThreads.shared.run { try writer.finish() }
    }

    /// Follows the store: the changes behind a token, and then new ones as they are committed, by
    /// any process. Ends when the task is cancelled.
    ///
    /// - Parameter seconds: how often to look whether there was a commit, which costs next to
    ///   nothing.
    public func changes(
        since token: ChangeToken, every seconds: Double = 0.1
    ) -> AsyncThrowingStream<ChangeBatch, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    var token = token
                    var seen: UInt64?
                    while true {
                        let number = try blocking.commitNumber()
                        if number != seen {
                            seen = number
                            var hasMore = true
                            while hasMore {
                                let start = token
                                let batch = try await perform { try $0.changes(since: start) }
                                token = batch.token
                                hasMore = batch.hasMore
                                if !batch.changes.isEmpty || batch.isIncomplete {
                                    continuation.yield(batch)
                                }
                            }
                        }
                        try await Task.sleep(for: .seconds(seconds))
                    }
                } catch is CancellationError {
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// A writer that goes from thread to thread.
private final class TravellingWriter: @unchecked Sendable {
    // @unchecked: one task has it, and awaits each call before the next.
    private var writer: AssetWriter?

    init(_ writer: consuming AssetWriter) { self.writer = consume writer }

    func write(_ bytes: [UInt8]) throws { unsafe try writer?.write(bytes.span.bytes) }

    func finish() throws -> Asset {
        guard let writer = writer.take() else {
            throw AssetError(.invalidArgument, "the asset is finished already")
        }
        return try writer.finish()
    }
}
