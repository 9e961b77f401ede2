import Basics
import LMDB
import TestSupport
import Testing

/// Scans are what filtering a sorted list would give.
@Suite struct ScansInBothDirections {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func scansAreWhatASortedListGives(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = try BytesTable()
        let sorted = try store.fill(Int.random(in: 0...3000, using: &random), &random)
        for _ in 0..<400 {
            let prefix = Array(bytes(&random).prefix(Int.random(in: 0...3, using: &random)))
            let bound = Bool.random(using: &random) ? bytes(&random) : nil
            let limit = Int.random(in: 1...50, using: &random)
            let under = sorted.filter { $0.starts(with: prefix) }
            let (ascending, descending, last) = try store.environment.read { transaction in
                var (ascending, descending) = ([[UInt8]](), [[UInt8]]())
                try transaction.scan(store.table, prefix: prefix, from: bound) { key, value in
                    #expect(value.bytes == key.bytes.reversed())
                    ascending.append(key.bytes)
                    return ascending.count < limit
                }
                try transaction.scanDescending(
                    store.table, prefix: prefix, before: bound
                ) { key, value in
                    #expect(value.bytes == key.bytes.reversed())
                    descending.append(key.bytes)
                    return descending.count < limit
                }
                return (
                    ascending, descending, try transaction.last(store.table, prefix: prefix)
                )
            }
            let behind = under.filter { !$0.lexicographicallyPrecedes(bound ?? []) }
            let before = under.reversed().filter { key in
                bound.map { key.lexicographicallyPrecedes($0) } ?? true
            }
            #expect(ascending == Array(behind.prefix(limit)), "\(prefix) \(bound ?? [])")
            #expect(descending == Array(before.prefix(limit)), "\(prefix) \(bound ?? [])")
            #expect(last?.key.bytes == under.last)
        }
    }

    private func bytes(_ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...7, using: &random)).map { _ in
            [0, 1, 0x7F, 0xFE, 0xFF].randomElement(using: &random)!
        }
    }

    @Test func aStartMayBeLongerThanAKey() throws {
        let store = try BytesTable()
        let longest = [UInt8](repeating: 7, count: 511)
        try store.environment.write { try $0.put(store.table, Bytes(longest), Bytes([])) }
        let (behind, before) = try store.environment.read { transaction in
            var (behind, before) = (0, 0)
            try transaction.scan(store.table, from: longest + [0]) { _, _ in
                behind += 1
                return true
            }
            try transaction.scanDescending(store.table, before: longest + [0]) { _, _ in
                before += 1
                return true
            }
            return (behind, before)
        }
        #expect(behind == 0)
        #expect(before == 1)
    }
}
