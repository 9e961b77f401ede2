import Basics
import LMDB
import TestSupport
import Testing

@Suite struct RemovalInBatches {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func whatIsRemovedIsTheFirstUnderThePrefix(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try BytesTable()
        var left = try store.fill(6000, &random)
        while !left.isEmpty {
            let whole = left.randomElement(using: &random)!
            let prefix = Array(whole.prefix(Int.random(in: 0...3, using: &random)))
            let countMax = Int.random(in: 0...900, using: &random)
            let expected = Array(left.filter { $0.starts(with: prefix) }.prefix(countMax))
            let (removed, count) = try store.environment.write { transaction in
                var removed: [[UInt8]] = []
                let count = try transaction.removeEntries(
                    of: store.table, prefix: prefix, countMax: countMax
                ) { key, value in
                    #expect(value.bytes == key.bytes.reversed())
                    removed.append(key.bytes)
                }
                return (removed, count)
            }
            #expect(removed == expected)
            #expect(count == expected.count)
            left.removeAll { Set(expected).contains($0) }
            #expect(try store.keys() == left)
        }
    }

    @Test func aBatchThatThrowsRemovesNothing() throws {
        var random = SeededGenerator(seed: 3)
        let store = try BytesTable()
        let keys = try store.fill(500, &random)
        #expect(throws: AssetError(.cancelled, "")) {
            try store.environment.write { transaction in
                var count = 0
                try transaction.removeEntries(of: store.table) { _, _ in
                    count += 1
                    if count == 100 { throw AssetError(.cancelled, "stop") }
                }
            }
        }
        #expect(try store.keys() == keys)
    }

    @Test func otherTablesMayChangeMeanwhile() throws {
        var random = SeededGenerator(seed: 4)
        let store = try BytesTable()
        let keys = try store.fill(3000, &random)
        let other = try #require(
            try store.environment.openTables(create: true) { opener throws(AssetError) in
                try opener.table("other", of: (Bytes.self, Bytes.self))
            })
        let copied = try store.environment.write { transaction in
            try transaction.removeEntries(of: store.table) { key, value in
                try transaction.put(other, key, value)
            }
            return try transaction.count(other)
        }
        #expect(copied == keys.count)
        #expect(try store.keys() == [])
    }

    @Test func appendingIsPutting() throws {
        let store = try BytesTable()
        var random = SeededGenerator(seed: 5)
        var model: [[UInt8]: [UInt8]] = [:]
        try store.environment.write { transaction in
            for step in 0..<4000 {
                let isLast = Bool.random(using: &random)
                let number = isLast ? UInt16(step) : UInt16.random(in: 0..<4000, using: &random)
                let key = [UInt8(number >> 8), UInt8(number & 0xFF)]
                model[key] = random.bytes(4)
                try transaction.append(store.table, Bytes(key), Bytes(model[key]!))
            }
        }
        #expect(try store.keys() == model.keys.sorted { $0.lexicographicallyPrecedes($1) })
        for (key, value) in model {
            #expect(
                try store.environment.read { try $0.get(store.table, Bytes(key)) } == Bytes(value))
        }
    }
}
