import Basics
import LMDB
import TestSupport
import Testing

@testable import AssetStore

/// Equal bytes are stored once, whoever brings them, and live as long as one asset has them;
/// that is counted (P4).
@Suite struct EqualContent {
    private func stored(_ test: TestStore) throws -> Int {
        try test.store.statistics().storedByteCount
    }

    @Test(arguments: [0, 1, 5000, Limits.partByteCount, 2 * Limits.partByteCount + 7])
    func isStoredOnce(byteCount: Int) throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: UInt64(byteCount))
        let bytes = random.bytes(byteCount)
        let first = try test.store.put(image(project: "a"), bytes)
        #expect(try stored(test) == byteCount)
        let second = try test.store.put(image(project: "b"), bytes)
        // In pieces, with the length unknown.
        var writer = try test.store.makeWriter(for: image(project: "b"))
        var position = 0
        while position < bytes.count {
            let count = min(bytes.count - position, 700_001)
            unsafe try writer.write(bytes.span.bytes.extracting(position..<position + count))
            position += count
        }
        let third = try writer.finish()
        #expect(Set([first.id, second.id, third.id]).count == 3)
        let statistics = try test.store.statistics()
        #expect(statistics.storedByteCount == byteCount)
        #expect(statistics.byteCount == 3 * byteCount && statistics.assetCount == 3)
        #expect(statistics.projects.last?.namespaces[.images]?.storedByteCount == 2 * byteCount)
        #expect(try test.store.verify().isIntact)

        for (gone, kept) in [(first, [second, third]), (third, [second])] {
            #expect(try test.store.removeAsset(gone.id))
            _ = try test.store.reclaim()
            #expect(try stored(test) == byteCount)
            for asset in kept { #expect((try test.store.bytes(of: asset.id) == bytes) as Bool) }
        }
        #expect(try test.store.removeAsset(second.id))
        #expect(try stored(test) == 0)
        #expect(try test.store.verify().isIntact)
    }

    /// A checksum alone proves nothing.
    @Test func ofTheSameChecksumIsStoredTwice() throws {
        let test = try TestStore()
        let first = try test.store.put(image(), [1, 2, 3])
        let other: [UInt8] = [9, 9, 9]
        // The catalog is made to say that the first asset has the second one's checksum.
        let catalog = test.store.catalog
        let checksum = unsafe ContentChecksum(of: other.span.bytes)
        try catalog.environment.write { transaction in
            var record = try #require(try transaction.get(catalog.assets, first.id))
            try transaction.delete(
                catalog.assetsByContent,
                ContentAssetKey(checksum: record.checksum, asset: first.id))
            record.checksum = checksum
            try transaction.put(catalog.assets, first.id, record)
            var content = try #require(try transaction.get(catalog.contents, record.content))
            content.checksum = checksum
            try transaction.put(catalog.contents, record.content, content)
            try transaction.put(
                catalog.assetsByContent, ContentAssetKey(checksum: checksum, asset: first.id),
                .init())
        }
        let second = try test.store.put(image(), other)
        #expect(try test.store.bytes(of: second.id) == other)
        #expect(try test.store.bytes(of: first.id) == [1, 2, 3])
        #expect(try stored(test) == 6)
        #expect(try test.store.verify().isIntact)
    }

    @Test func broughtByManyAtOnceIsStoredOnce() async throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 8)
        let bytes = random.bytes(40_000)
        let store = test.store
        let threads = try (0..<16).map { number in
            try WorkerThread(name: "writer \(number)") {
                for _ in 0..<8 { #expect(throws: Never.self) { try store.put(image(), bytes) } }
            }
        }
        for thread in threads { thread.join() }
        let statistics = try store.statistics()
        #expect(statistics.assetCount == 128 && statistics.storedByteCount == bytes.count)
        #expect(try store.verify().isIntact)
    }

    @Test func damagedIsNotReferredTo() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 9)
        let bytes = random.bytes(10_000)
        let first = try test.store.put(image(), bytes)
        let pack = try File("\(test.path)/packs/0000000000000001.pack", [.write])
        let wrong: [UInt8] = [bytes[100] ^ 1]
        unsafe try pack.write(wrong.span.bytes, at: 4096 + 64 + 100)
        let second = try test.store.put(image(), bytes)
        #expect((try test.store.bytes(of: second.id) == bytes) as Bool)
        #expect(throws: AssetError(.damaged, "")) { try test.store.bytes(of: first.id) }
    }
}
