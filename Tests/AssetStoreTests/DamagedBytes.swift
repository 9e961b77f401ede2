import AssetStore
import Basics
import Foundation
import TestSupport
import Testing

/// Wrong bytes are never returned (P3): every flipped byte of a payload is reported, with the name
/// of what it belongs to, and everything else still reads.
@Suite struct DamagedBytes {
    @Test func everyFlippedPayloadByteIsFound() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 3)
        var contents: [AssetID: [UInt8]] = [:]
        for size in [100, 5000, Limits.partByteCount + 10] {
            let bytes = random.bytes(size)
            contents[try test.store.put(image(), bytes).id] = bytes
        }
        let job = try test.store.submit(renderJob())
        let lease = try test.store.start(job.id)
        let writer = FrameWriter(lease)
        let frame = random.bytes(3000)
        try writer.append(7, frame)
        try writer.flush()

        let pack = "\(test.path)/packs/0000000000000001.pack"
        let handle = try #require(FileHandle(forUpdatingAtPath: pack))
        let whole = try #require(try handle.readToEnd())
        for (id, bytes) in contents {
            // Find the payload in the pack by its bytes.
            let probe = Data(bytes.prefix(5000))
            let place = try #require(whole.range(of: probe))
            let position = Int.random(in: place, using: &random)
            try flip(handle, position)
            #expect(throws: AssetError(.damaged, "")) { try test.store.bytes(of: id) }
            let message = try #require(
                #expect(throws: AssetError.self) { try test.store.bytes(of: id) }?.message)
            #expect(message.contains(id.description) && message.contains("part"))
            let report = try test.store.verify()
            #expect(report.damaged.map(\.id) == [id.description])
            for (other, bytes) in contents where other != id {
                #expect(try test.store.bytes(of: other) == bytes)
            }
            try flip(handle, position)
            #expect(try test.store.verify().isIntact)
        }
        let place = try #require(whole.range(of: Data(frame)))
        try flip(handle, place.lowerBound)
        let message = try #require(
            #expect(throws: AssetError.self) { try test.store.bytes(ofFrame: 7, of: job.id) }?
                .message)
        #expect(message.contains("frame 7") && message.contains(job.id.description))
        let report = try test.store.verify()
        #expect(report.damaged.map(\.id) == [job.id.description])
        #expect(report.damaged.map(\.part) == [7])
    }

    @Test func aDamagedHeaderIsFoundByVerify() throws {
        let test = try TestStore()
        let asset = try test.store.put(image(), [1, 2, 3])
        let handle = try #require(
            FileHandle(forUpdatingAtPath: "\(test.path)/packs/0000000000000001.pack"))
        for position in [0, 17, 4096, 4096 + 40] {
            try flip(handle, position)
            #expect(try !test.store.verify().isIntact)
            #expect(try test.store.bytes(of: asset.id) == [1, 2, 3])
            try flip(handle, position)
        }
        #expect(try test.store.verify().isIntact)
    }

    @Test func aShortenedPackIsAnErrorAndNoCrash() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 4)
        let asset = try test.store.put(image(), random.bytes(100_000))
        try test.store.close()
        let handle = try #require(
            FileHandle(forUpdatingAtPath: "\(test.path)/packs/0000000000000001.pack"))
        try handle.truncate(atOffset: 50_000)
        try test.reopen()
        #expect(throws: AssetError(.damaged, "")) { try test.store.bytes(of: asset.id) }
        #expect(try !test.store.verify().isIntact)
        // The store goes on: new assets go elsewhere.
        let other = try test.store.put(image(), [9])
        #expect(try test.store.bytes(of: other.id) == [9])
    }

    /// Catalogs that are long are not checked at opening, and any may go bad while it is open; LMDB
    /// ended the process when verifying came upon such a page.
    @Test func aPageOfTheCatalogThatGoesBadIsFoundByVerify() async throws {
        await #expect(processExitsWith: .success) {
            let test = try TestStore()
            for number in 0..<300 {
                _ = try test.store.put(image(name: "\(number)"), [UInt8(number % 256), 1])
            }
            _ = try test.store.reclaim()
            let catalog = "\(test.path)/catalog/data.mdb"
            let handle = try #require(FileHandle(forUpdatingAtPath: catalog))
            let pageCount = try handle.seekToEnd() / 4096
            #expect(pageCount > 12)
            // What no page in use can be.
            for page in 2..<pageCount {
                try handle.seek(toOffset: page * 4096)
                try handle.write(contentsOf: Data(repeating: 0xFF, count: 16))
            }
            #expect(throws: AssetError(.damaged, "")) { try test.store.verify() }
            #expect(throws: AssetError(.damaged, "")) { try test.store.verify(repairing: true) }
            // Nothing comes upon the page afterwards.
            #expect(throws: AssetError(.damaged, "")) { try test.store.put(image(), [1]) }
            #expect(throws: AssetError(.damaged, "")) { try test.store.assets(project: "p") }
            #expect(throws: AssetError(.damaged, "")) { try test.store.close() }
        }
    }

    private func flip(_ handle: FileHandle, _ position: Int) throws {
        try handle.seek(toOffset: UInt64(position))
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: UInt64(position))
        try handle.write(contentsOf: Data([byte ^ 0x10]))
    }
}
