import Basics
import Foundation
import Glibc
import TestSupport
import Testing

@testable import AssetStore

/// Threads that write records into one file at once have them written for each other. Each finds its
/// record where it was to be, and learns of errors of its own alone.
@Suite struct ManyWritersOfAFile {
    /// Records one behind the other, of lengths that are seldom multiples of 64; two share bytes
    /// with nobody.
    private struct Record {
        var offset: Int
        var header: [UInt8]
        var payload: [UInt8]
        var description: [UInt8]

        var bytes: [UInt8] { header + payload + description }
        var paddedEnd: Int { (offset + bytes.count + 63) / 64 * 64 }

        init(at offset: Int, _ random: inout SeededGenerator) {
            func some(_ range: Range<Int>) -> [UInt8] {
                let seed = UInt8.random(in: 1 ... .max, using: &random)
                return (0..<Int.random(in: range, using: &random)).map { seed &+ UInt8($0 & 63) }
            }
            self.offset = offset
            header = some(64..<65)
            payload = some(0..<200_000)
            description = some(0..<300)
        }

        func write(to writes: CombinedWrites) throws(AssetError) {
            unsafe try writes.write(
                header.span.bytes, payload.span.bytes, description.span.bytes, at: offset,
                reserve: { _ in nil })
        }
    }

    private static func records(_ count: Int, seed: UInt64) -> [Record] {
        var random = SeededGenerator(seed: seed)
        var end = 4096
        return (0..<count).map { _ in
            // Some ranges are others', so not all are neighbours.
            if Int.random(in: 0..<5, using: &random) == 0 { end += 4096 }
            let record = Record(at: end, &random)
            end = record.paddedEnd
            return record
        }
    }

    /// Writes records on many threads; the errors of those that failed, by their numbers.
    private static func write(
        _ records: [Record], to writes: CombinedWrites, threadCount: Int = 16
    ) throws -> [Int: AssetError] {
        let failures = Monitor<[Int: AssetError]>([:])
        try onThreads(threadCount, count: records.count) { index in
            do throws(AssetError) {
                try records[index].write(to: writes)
            } catch {
                failures.withLock { $0[index] = error }
            }
        }
        return failures.withLock { $0 }
    }

    /// Calls `body` with each number below `count`, on some threads at once.
    private static func onThreads(
        _ threadCount: Int, count: Int, _ body: @escaping @Sendable (Int) -> Void
    ) throws {
        let next = Monitor(0)
        let threads = try (0..<threadCount).map { number in
            try WorkerThread(name: "writer \(number)") {
                while true {
                    let index = next.withLock { next in
                        defer { next += 1 }
                        return next
                    }
                    guard index < count else { return }
                    body(index)
                }
            }
        }
        for thread in threads { thread.join() }
    }

    @Test(arguments: [1, 2, 3]) func findTheirRecords(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let file = try File(directory.file("records"), [.write, .createNew])
        let records = Self.records(300, seed: seed)
        #expect(try Self.write(records, to: CombinedWrites(file)).isEmpty)
        for (index, record) in records.enumerated() {
            let length = record.paddedEnd - record.offset
            let padding = [UInt8](repeating: 0, count: length - record.bytes.count)
            let found = try file.read(at: record.offset, count: length)
            // Beyond the last record there may be nothing.
            #expect(found + padding.prefix(length - found.count) == record.bytes + padding)
            #expect(index == records.count - 1 || found.count == length)
        }
    }

    /// Records that get their range when they are written are handed on one after the other, in the
    /// order in which they lie, also among others that have theirs; beyond the end there is no room.
    @Test(arguments: [5, 6]) func areHandedOnInOrder(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let file = try File(directory.file("records"), [.write, .createNew])
        let writes = CombinedWrites(file)
        let records = Self.records(300, seed: seed)
        let end = Monitor(4096)
        let handedOn = Monitor<[Int]>([])
        let offsets = Monitor<[Int: Int]>([:])
        let limit = 9 << 20
        @Sendable func reserve(_ byteCount: Int) -> Int? {
            end.withLock { end in
                guard end + byteCount <= limit else { return nil }
                defer { end += byteCount }
                return end
            }
        }
        @Sendable func bring(_ record: Record, _ index: Int) throws {
            if index % 7 == 0 {
                guard let offset = reserve(record.paddedEnd - record.offset) else { return }
                var record = record
                record.offset = offset
                try record.write(to: writes)
                return offsets.withLock { $0[index] = offset }
            }
            let appended = unsafe writes.append(
                record.header.span.bytes, record.payload.span.bytes,
                record.description.span.bytes, reserve: reserve
            ) { offset, finish in
                handedOn.withLock { $0.append(offset) }
                finish(offset % 128 == 0 ? .success(()) : .failure(CancellationError()))
            }
            guard case .finished(let offset, let outcome) = appended else { return }
            if case .success = outcome {
                #expect(offset % 128 == 0)
            } else {
                #expect(offset % 128 != 0)
            }
            offsets.withLock { $0[index] = offset }
        }
        try Self.onThreads(16, count: records.count) { index in
            do { try bring(records[index], index) } catch { Issue.record(error) }
        }
        let order = handedOn.withLock { $0 }
        #expect(order == order.sorted() && order.count > 30)
        let found = offsets.withLock { $0 }
        #expect(found.count > order.count && found.count < records.count)
        for (index, offset) in found {
            #expect(
                try file.read(at: offset, count: records[index].bytes.count) == records[index].bytes
            )
        }
    }

    /// Beyond a limit on the size of files every write fails, also those that are put together with
    /// others that don't. The limit is the process's, so this runs in one of its own.
    @Test func learnOfTheirOwnErrors() async throws {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let directory = try TemporaryDirectory()
            let file = try File(directory.file("records"), [.write, .createNew])
            let records = Self.records(300, seed: 4)
            let limit = records[150].offset
            try FailingWrites.withLimit(RLIMIT_FSIZE, limit) {
                let failures = try Self.write(records, to: CombinedWrites(file))
                precondition(Set(failures.keys) == Set(150..<300), "\(failures.keys.sorted())")
                precondition(failures.values.allSatisfy { $0.code == .io })
            }
            for record in records[..<150] {
                let found = try file.read(at: record.offset, count: record.bytes.count)
                precondition(found == record.bytes)
            }
        }
    }
}
