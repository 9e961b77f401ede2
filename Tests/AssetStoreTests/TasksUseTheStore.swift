import Basics
import TestSupport
import Testing

@testable import AssetStore

/// The store as Swift tasks use it.
@Suite struct TasksUseTheStore {
    @Test func whatIsPutComesBack() async throws {
        let directory = try TemporaryDirectory()
        let store = try await AsyncStore.openOrCreate(at: directory.file("store"))
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(2 * Limits.partByteCount + 100)
        let asset = try await store.put(image(), bytes)
        var read: [UInt8] = []
        var counts: [Int] = []
        for try await piece in store.pieces(of: asset.id) {
            read += piece
            counts.append(piece.count)
        }
        #expect((read == bytes) as Bool)
        #expect(counts == [Limits.partByteCount, Limits.partByteCount, 100])
        let range = Limits.partByteCount - 10..<Limits.partByteCount + 20
        var part: [UInt8] = []
        for try await piece in store.pieces(of: asset.id, range: range) { part += piece }
        #expect((part == Array(bytes[range])) as Bool)
        let total = try await store.read { snapshot in
            try snapshot.asset(asset.id)?.byteCount
        }
        #expect(total == bytes.count)
        #expect(try await store.removeAsset(asset.id))
        #expect(try await store.asset(asset.id) == nil)
        #expect(try await store.bytes(of: asset.id) == nil)
        await #expect(throws: AssetError(.inputMissing, "")) {
            for try await _ in store.pieces(of: asset.id) {}
        }
        try await store.close()
    }

    @Test func aThousandPutsAtOnceGoThrough() async throws {
        let directory = try TemporaryDirectory()
        let store = try await AsyncStore.openOrCreate(at: directory.file("store"))
        let ids = try await withThrowingTaskGroup(of: AssetID.self) { group in
            for index in 0..<1000 {
                group.addTask {
                    try await store.put(image(), Array("asset \(index)".utf8)).id
                }
            }
            return try await group.reduce(into: Set<AssetID>()) { $0.insert($1) }
        }
        #expect(ids.count == 1000)
        #expect(try await store.assets(project: "p").count == 1000)
        try await store.close()
    }

    private struct Failure: Error {}

    @Test func bytesThatEndInAnErrorAreNotStored() async throws {
        let directory = try TemporaryDirectory()
        let store = try await AsyncStore.openOrCreate(at: directory.file("store"))
        let piece = [UInt8](repeating: 7, count: 3 << 20)
        let good = AsyncStream { continuation in
            for _ in 0..<3 { continuation.yield(piece) }
            continuation.finish()
        }
        let asset = try await store.put(image(), pieces: good)
        #expect(asset.byteCount == 9 << 20)
        let bad = AsyncThrowingStream<[UInt8], any Error> { continuation in
            for _ in 0..<3 { continuation.yield(piece) }
            continuation.finish(throwing: Failure())
        }
        await #expect(throws: Failure.self) { try await store.put(image(), pieces: bad) }
        #expect(try await store.assets(project: "p").map(\.id) == [asset.id])
        try await store.close()
    }

    @Test func aCancelledTaskDoesNotBegin() async throws {
        let directory = try TemporaryDirectory()
        let store = try await AsyncStore.openOrCreate(at: directory.file("store"))
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await store.put(image(), [1])
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await store.assets(project: "p").isEmpty)
        try await store.close()
    }

    @Test func changesAreFollowed() async throws {
        let directory = try TemporaryDirectory()
        let store = try await AsyncStore.openOrCreate(at: directory.file("store"))
        let start = try store.blocking.changeToken()
        let follower = Task {
            var seen: [Change] = []
            for try await batch in store.changes(since: start, every: 0.01) {
                seen += batch.changes
                if seen.count >= 12 { break }
            }
            return seen
        }
        var expected = [Change(kind: .put, subject: .project("p"))]
        for index in 0..<10 {
            let asset = try await store.put(image(), [UInt8(index)])
            expected.append(Change(kind: .put, subject: .asset(asset.id)))
            if index == 9 {
                try await store.removeAsset(asset.id)
                expected.append(Change(kind: .removed, subject: .asset(asset.id)))
            }
        }
        #expect(try await follower.value == expected)
        try await store.close()
    }
}
