import Basics
import LMDB
import TestSupport
import Testing

@testable import AssetStore

@Suite struct LongPacks {
    /// A pack that was made for a long record but got short ones is mapped while it is short.
    @Test func aPackLongerThanUsualIsReadToItsEnd() async throws {
        await #expect(processExitsWith: .success) {
            let test = try TestStore()
            let first = try test.store.put(image(), [1])
            try test.store.close()
            try test.store.catalog.environment.write { transaction in
                let id = PackID(number: 1)
                var record = try #require(try transaction.get(test.store.catalog.packs, id))
                record.capacity = UInt64(Packs.capacity + (24 << 20))
                try transaction.put(test.store.catalog.packs, id, record)
            }
            try test.reopen()
            #expect(try test.store.bytes(of: first.id) == [1])
            let part = [UInt8](repeating: 5, count: Limits.partByteCount)
            for _ in 0..<66 {
                let asset = try test.store.put(image(), part)
                let isSame = try test.store.bytes(of: asset.id) == part
                #expect(isSame)
            }
        }
    }
}
