import Basics
import Foundation
import LMDB
import TestSupport
import Testing

@testable import AssetStore

/// A catalog whose numbers are impossible gives typed errors; it never ends the process (P12).
@Suite struct DamagedRecords {
    static func location(_ change: (inout PayloadLocation) -> Void) -> PayloadLocation {
        var location = PayloadLocation(
            extent: ExtentKey(pack: PackID(number: 1), offset: 4096), byteCount: 3,
            storedByteCount: 3, packing: .none, checksum: 1, descriptionByteCount: 0)
        change(&location)
        return location
    }

    /// Looking an asset up says of every record what reading the record says.
    @Test func lookingUpFindsWhatIsDamaged() throws {
        let test = try TestStore()
        let asset = try test.store.put(image(name: "Übergang"), [1, 2, 3])
        let catalog = test.store.catalog
        let records = catalog.assets.uninterpreted
        let whole = try #require(try catalog.environment.read { try $0.get(records, asset.id) })
        var random = SeededGenerator(seed: 17)
        var variants = (0..<whole.bytes.count).map { Array(whole.bytes.prefix($0)) }
        variants.append(whole.bytes + [0])
        for _ in 0..<300 {
            var bytes = whole.bytes
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                in: 0 ... .max, using: &random)
            variants.append(bytes)
        }
        for bytes in variants {
            var stored = whole
            stored.bytes = bytes
            try catalog.environment.write { try $0.put(records, asset.id, stored) }
            try test.store.read { snapshot in
                let record = Result { try snapshot.transaction.get(catalog.assets, asset.id) }
                let found = Result { try snapshot.asset(asset.id) }
                switch (record, found) {
                case (.success(let record?), .success(let found?)):
                    #expect(record.asset(asset.id, project: "p") == found)
                case (.success(let record?), .failure(let error as AssetError)):
                    // A project's number that is none.
                    #expect(record.project.number != 1 && error.code == .damaged)
                case (.failure(let expected as AssetError), .failure(let error as AssetError)):
                    #expect(expected.code == error.code)
                default: Issue.record("\(record) is not \(found)")
                }
            }
        }
    }

    /// A look-up that fails for another reason than its record's bytes says so.
    @Test func otherErrorsKeepTheirCode() throws {
        let test = try TestStore()
        let asset = try test.store.put(image(), [1, 2, 3])
        let catalog = test.store.catalog
        try catalog.environment.read { transaction -> Void in
            #expect(throws: AssetError(.io, "")) {
                _ = try transaction.get(catalog.assets, asset.id) {
                    (_) throws(AssetError) -> Int? in throw AssetError(.io, "a disk")
                }
            }
        }
    }

    /// Also one that would be too much to lend at once.
    @Test(arguments: [2, 4, 5 << 20, 1 << 33, 8_796_093_022_248] as [UInt64])
    func aWrongLengthIsDamage(byteCount: UInt64) throws {
        let test = try TestStore()
        let asset = try test.store.put(image(), [1, 2, 3])
        let catalog = test.store.catalog
        try catalog.environment.write { transaction in
            var record = try #require(try transaction.get(catalog.assets, asset.id))
            record.byteCount = byteCount
            try transaction.put(catalog.assets, asset.id, record)
        }
        #expect(throws: AssetError(.damaged, "")) { try test.store.bytes(of: asset.id) }
    }

    @Test(arguments: 0..<8)
    func impossibleNumbersAreErrors(which: Int) async throws {
        await #expect(processExitsWith: .success) { [which = which as Int] in
            let test = try TestStore(quota: 1 << 40)
            let asset = try test.store.put(image(), [1, 2, 3])
            let job = try test.store.submit(renderJob())
            let catalog = test.store.catalog
            let sequence = try #require(
                try catalog.environment.read { try $0.get(catalog.jobFrames, job.id) })
            let frameKey = FrameKey(sequence: sequence.framesID, index: UInt64.max)
            try catalog.environment.write { transaction in
                switch which {
                case 0:
                    var content = try #require(
                        try transaction.get(catalog.contents, asset.content))
                    content.firstPart = Self.location { $0.extent.offset = .max }
                    try transaction.put(catalog.contents, asset.content, content)
                case 1:
                    var content = try #require(
                        try transaction.get(catalog.contents, asset.content))
                    content.firstPart = Self.location { $0.storedByteCount = .max }
                    try transaction.put(catalog.contents, asset.content, content)
                case 2:
                    var content = try #require(
                        try transaction.get(catalog.contents, asset.content))
                    content.firstPart = Self.location { $0.byteCount = .max }
                    try transaction.put(catalog.contents, asset.content, content)
                case 3:
                    var record = try #require(try transaction.get(catalog.assets, asset.id))
                    record.byteCount = .max
                    try transaction.put(catalog.assets, asset.id, record)
                case 4:
                    var record = try #require(try transaction.get(catalog.jobs, job.id))
                    record.attempt = .max
                    try transaction.put(catalog.jobs, job.id, record)
                case 5:
                    try transaction.put(
                        catalog.frames, frameKey,
                        FrameRecord(codec: 1, width: 1, height: 1, location: Self.location { _ in })
                    )
                case 6:
                    let key = UsageKey(project: .wholeStore, namespace: .images)
                    try transaction.put(
                        catalog.usage, key,
                        Usage(count: .max, byteCount: .max, storedByteCount: .max))
                default:
                    // Within 4 PiB, but beyond the pack's mapping.
                    var content = try #require(
                        try transaction.get(catalog.contents, asset.content))
                    content.firstPart = Self.location { $0.extent.offset = 1 << 40 }
                    try transaction.put(catalog.contents, asset.content, content)
                }
            }
            let store = test.store
            var errors = 0
            for attempt in [
                { _ = try store.bytes(of: asset.id) }, { _ = try store.asset(asset.id) },
                { _ = try store.verify() }, { _ = try store.statistics() },
                { _ = try store.missingFrames(of: job.id, count: 100) },
                { _ = try store.jobs() }, { _ = try store.start(job.id) },
                { _ = try store.removeJob(job.id) }, { _ = try store.put(image(), [1]) },
                { _ = try store.removeAsset(asset.id) },
            ] as [() throws -> Void] {
                do {
                    try attempt()
                } catch let error as AssetError {
                    errors += 1
                    #expect(error.code == .damaged)
                }
            }
            #expect(errors > 0)
        }
    }
}
