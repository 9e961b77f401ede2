import AssetStore
import Basics
import Foundation
import TestSupport
import Testing

/// Bytes and facts come back as they went in (P2, P13).
@Suite struct AssetRoundTrips {
    @Test(arguments: [
        0, 1, 63, 64, 65, 100_000, Limits.partByteCount - 1, Limits.partByteCount,
        Limits.partByteCount + 1, 2 * Limits.partByteCount + 12_345,
    ])
    func anyLength(_ byteCount: Int) throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: UInt64(byteCount))
        let bytes = random.bytes(byteCount)
        let asset = try test.store.put(image(), bytes)
        #expect(asset.byteCount == byteCount)
        #expect(try test.store.bytes(of: asset.id) == bytes)
        #expect(unsafe asset.checksum == ContentChecksum(of: bytes.span.bytes))
        try test.reopen()
        #expect(try test.store.asset(asset.id) == asset)
        #expect(asset.description == image())
        #expect(try test.store.bytes(of: asset.id) == bytes)
        #expect(try test.store.verify().isIntact)
    }

    @Test func ranges() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(2 * Limits.partByteCount + 777)
        let asset = try test.store.put(image(), bytes)
        let reader = try #require(try test.store.reader(for: asset.id))
        for _ in 0..<200 {
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = Int.random(in: start...bytes.count, using: &random)
            var read: [UInt8] = []
            try reader.forEachPiece(of: start..<end) { piece in
                unsafe piece.withUnsafeBytes { unsafe read.append(contentsOf: $0) }
            }
            #expect(read == Array(bytes[start..<end]))

            var buffer = [UInt8](repeating: 0, count: min(5000, end - start) + 1)
            var span = buffer.mutableSpan
            var raw = unsafe span.mutableBytes
            let count = try reader.read(at: start, into: &raw)
            #expect(count == min(buffer.count, bytes.count - start))
            #expect(buffer.prefix(count) == bytes[start..<start + count])
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            try reader.forEachPiece(of: 0..<bytes.count + 1) { _ in }
        }
    }

    @Test func absenceIsNil() throws {
        let test = try TestStore()
        let unknown = AssetID(high: 1, low: 2)
        #expect(try test.store.asset(unknown) == nil)
        #expect(try test.store.reader(for: unknown) == nil)
        #expect(try test.store.removeAsset(unknown) == false)
        #expect(try test.store.withBytes(of: unknown) { $0.byteCount } == nil)
        #expect(try test.store.job(JobID(high: 1, low: 2)) == nil)
        #expect(try test.store.frame(3, of: JobID(high: 1, low: 2)) == nil)
    }

    @Test func anUnfinishedWriterLeavesNothing() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 2)
        let bytes = random.bytes(Limits.partByteCount + 5)
        do {
            var writer = try test.store.makeWriter(for: image())
            unsafe try writer.write(bytes.span.bytes)
        }
        try test.reopen()
        let statistics = try test.store.statistics()
        #expect(statistics.assetCount == 0)
        #expect(statistics.storedByteCount == 0)
        #expect(statistics.reclaimableByteCount >= Limits.partByteCount)
        #expect(try test.store.verify().isIntact)
    }

    @Test func listingIsByProjectNamespaceAndKind() throws {
        let test = try TestStore()
        var expected: [AssetID] = []
        for number in 0..<30 {
            let asset = try test.store.put(
                image(project: number % 3 == 0 ? "one" : "one more", name: "\(number)"),
                [UInt8(number)])
            if number % 3 == 0 { expected.append(asset.id) }
        }
        var sound = image(project: "one")
        sound.namespace = .audio
        let audio = try test.store.put(sound, [1])
        #expect(try test.store.assets(project: "one").map(\.id) == expected + [audio.id])
        #expect(try test.store.assets(project: "one", namespace: .images).map(\.id) == expected)
        #expect(try test.store.assets(project: "one", kind: "other").isEmpty)
        #expect(try test.store.assets(project: "on").isEmpty)
    }

    @Test func invalidDescriptionsAreRefused() throws {
        let test = try TestStore()
        for change: (inout AssetDescription) -> Void in [
            { $0.project = "" }, { $0.project = "a\0b" },
            { $0.name = String(repeating: "x", count: 256) }, { $0.namespace = .jobs },
            { $0.attributes["k"] = String(repeating: "x", count: 1 << 20) },
            { $0.facts.width = -1 }, { $0.facts.height = 1 << 40 },
            { $0.facts.sampleRate = -48_000 },
            { $0.facts.channelCount = .min }, { $0.facts.durationSeconds = -0.5 },
            { $0.facts.durationSeconds = .nan }, { $0.facts.frameRate = .infinity },
        ] {
            var description = image()
            change(&description)
            #expect(throws: AssetError(.invalidArgument, "")) {
                try test.store.put(description, [1])
            }
        }
        #expect(try test.store.statistics().assetCount == 0)
    }
}
