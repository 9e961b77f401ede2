import Basics
import TestSupport
import Testing

@testable import AssetStore

/// Bytes are packed where that pays, and come back as they were.
@Suite struct PackedPayloads {
    private func text(_ byteCount: Int) -> [UInt8] {
        Array("{\"frame\": 17, \"level\": 0.25}\n".utf8).cycled(byteCount)
    }

    @Test(arguments: [200, 70_000, Limits.partByteCount + 100_000])
    func textTakesLess(byteCount: Int) throws {
        let test = try TestStore()
        var description = image()
        description.mediaType = "application/json; charset=utf-8"
        let bytes = text(byteCount)
        let asset = try test.store.put(description, bytes)
        #expect(asset.byteCount == byteCount && asset.storedByteCount < byteCount / 2)
        #expect((try test.store.bytes(of: asset.id) == bytes) as Bool)
        let reader = try #require(try test.store.reader(for: asset.id))
        var piece = [UInt8](repeating: 0, count: 50)
        var span = piece.mutableSpan
        var target = unsafe span.mutableBytes
        #expect(try reader.read(at: byteCount - 150, into: &target) == 50)
        #expect(piece == Array(bytes[(byteCount - 150)..<(byteCount - 100)]))
        #expect(try test.store.verify().isIntact)
        // In another process, and after another asset of the same bytes.
        try test.reopen()
        let again = try test.store.put(description, bytes)
        #expect(again.storedByteCount == asset.storedByteCount)
        #expect(try test.store.statistics().storedByteCount == asset.storedByteCount)
    }

    @Test func whatIsCompressedAlreadyIsNotTried() throws {
        let test = try TestStore()
        for type in ["image/jpeg", "IMAGE/PNG", "video/mp4", "audio/ogg", "audio/mpeg"] {
            var description = image()
            description.mediaType = type
            let asset = try test.store.put(description, text(1000) + Array(type.utf8))
            #expect(asset.storedByteCount == asset.byteCount, "\(type)")
        }
    }

    @Test func noiseStaysAsItIs() throws {
        let test = try TestStore()
        var description = image()
        description.mediaType = "application/octet-stream"
        var random = SeededGenerator(seed: 1)
        for byteCount in [0, 1, 64, 100_000] {
            let bytes = random.bytes(byteCount)
            let asset = try test.store.put(description, bytes)
            #expect(asset.storedByteCount == byteCount)
            #expect((try test.store.bytes(of: asset.id) == bytes) as Bool)
        }
    }

    @Test func aDamagedPackedPartIsAnError() throws {
        let test = try TestStore()
        var description = image()
        description.mediaType = "text/plain"
        let asset = try test.store.put(description, text(10_000))
        let pack = try File("\(test.path)/packs/0000000000000001.pack", [.write])
        for place in 0..<asset.storedByteCount {
            let offset = 4096 + 64 + place
            let old = try pack.read(at: offset, count: 1)
            let wrong: [UInt8] = [old[0] ^ 4]
            unsafe try pack.write(wrong.span.bytes, at: offset)
            #expect(throws: AssetError(.damaged, "")) { try test.store.bytes(of: asset.id) }
            unsafe try pack.write(old.span.bytes, at: offset)
        }
        #expect((try test.store.bytes(of: asset.id) == text(10_000)) as Bool)
    }
}

extension [UInt8] {
    fileprivate func cycled(_ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { self[$0 % count] }
    }
}
