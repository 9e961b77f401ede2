import Basics
import LMDB
import TestSupport
import Testing

private struct Number: TableKey, TableValue, Equatable {
    var value: UInt32
    init(_ value: UInt32) { self.value = value }
    func append(to key: inout ByteWriter) { key.appendBigEndian(value) }
    init(key: inout ByteReader) throws(AssetError) { value = try key.bigEndianInteger() }
    init(value: inout ByteReader) throws(AssetError) { self.value = try value.bigEndianInteger() }
}

/// Eight bytes, where ``Number`` has four.
private struct Wide: TableValue {
    func append(to value: inout ByteWriter) { value.append(UInt64(1)) }
    init() {}
    init(value: inout ByteReader) throws(AssetError) { _ = try value.integer(UInt64.self) }
}

/// Refuses what it reads, as records of newer versions are refused.
private struct Newer: TableValue {
    func append(to value: inout ByteWriter) {}
    init(value: inout ByteReader) throws(AssetError) { throw AssetError(.unsupportedFormat, "") }
}

@Suite struct Transactions {
    private let directory: TemporaryDirectory
    private let environment: Environment
    private let table: Table<Number, Number>

    init() throws {
        directory = try TemporaryDirectory()
        environment = try Environment(path: directory.path)
        table = try environment.openTables(create: true) { opener throws(AssetError) in
            guard let table = try opener.table("t", of: (Number.self, Number.self)) else {
                throw AssetError(.notAStore, "no table")
            }
            return table
        }
    }

    @Test func whatThrowsNeverHappened() throws {
        try environment.write { try $0.put(table, Number(1), Number(10)) }
        #expect(throws: AssetError(.cancelled, "")) {
            try environment.write { transaction in
                try transaction.put(table, Number(1), Number(99))
                try transaction.put(table, Number(2), Number(20))
                throw AssetError(.cancelled, "stop")
            }
        }
        #expect(try value(1) == 10)
        #expect(try value(2) == nil)
        #expect(try environment.read { try $0.count(table) } == 1)
    }

    @Test func aReaderSeesOneMoment() throws {
        try environment.write { try $0.put(table, Number(1), Number(10)) }
        try environment.read { reader in
            let wasThere = try environment.write { writer in
                try writer.put(table, Number(1), Number(11))
                return try writer.delete(table, Number(5))
            }
            #expect(!wasThere)
            let seen = try reader.get(table, Number(1))
            #expect(seen == Number(10))
            #expect(try value(1) == 11)
            let (now, later) = (reader.number, try environment.read { $0.number })
            #expect(later > now)
        }
    }

    @Test func scansAreInOrderAndKeepToTheirPrefix() throws {
        var random = SeededGenerator(seed: 21)
        var model: [UInt32: UInt32] = [:]
        try environment.write { transaction in
            for _ in 0..<3000 {
                let (key, value) = (
                    UInt32(truncatingIfNeeded: random.next() % 100_000),
                    UInt32(truncatingIfNeeded: random.next())
                )
                model[key] = value
                try transaction.put(table, Number(key), Number(value))
                if random.next() % 3 == 0, let gone = model.keys.randomElement(using: &random) {
                    model[gone] = nil
                    let wasThere = try transaction.delete(table, Number(gone))
                    #expect(wasThere)
                }
            }
        }
        let sorted = model.keys.sorted()
        #expect(try keys(prefix: []) == sorted)
        for middle in [UInt8(0), 1] {
            let prefix: [UInt8] = [0, middle]
            let expected = sorted.filter { $0 >> 16 == UInt32(middle) }
            #expect(try keys(prefix: prefix) == expected)
            #expect(try last(prefix) == expected.last)
        }
        #expect(try last([]) == sorted.last)
        #expect(try last([0xFF]) == nil)
        #expect(
            try keys(prefix: [], from: Number(70_000).keyBytes) == sorted.filter { $0 >= 70_000 })
        for key in sorted { #expect(try value(key) == model[key]) }
    }

    @Test func aRecordOfAnotherFormIsDamage() throws {
        let wide = try environment.openTables(create: false) { opener throws(AssetError) in
            try opener.table("t", of: (Number.self, Wide.self))
        }
        let other = try #require(wide)
        try environment.write { try $0.put(other, Number(1), Wide()) }
        #expect(throws: AssetError(.damaged, "")) {
            try environment.read { _ = try $0.get(table, Number(1)) }
        }
        #expect(throws: AssetError(.damaged, "")) {
            try environment.read { try $0.scan(table) { _, _ in true } }
        }
    }

    @Test func aRecordOfANewerVersionIsNoDamage() throws {
        let newer = try environment.openTables(create: false) { opener throws(AssetError) in
            try opener.table("t", of: (Number.self, Newer.self))
        }
        let table = try #require(newer)
        try environment.write { try $0.put(self.table, Number(1), Number(1)) }
        #expect(throws: AssetError(.unsupportedFormat, "")) {
            try environment.read { _ = try $0.get(table, Number(1)) }
        }
    }

    private func value(_ key: UInt32) throws -> UInt32? {
        try environment.read { try $0.get(table, Number(key)) }?.value
    }

    private func keys(prefix: [UInt8], from: [UInt8]? = nil) throws -> [UInt32] {
        var found: [UInt32] = []
        try environment.read { transaction in
            try transaction.scan(table, prefix: prefix, from: from) { key, _ in
                found.append(key.value)
                return true
            }
        }
        return found
    }

    private func last(_ prefix: [UInt8]) throws -> UInt32? {
        try environment.read { try $0.last(table, prefix: prefix)?.key.value }
    }

    @Test func aMissingTableIsNil() throws {
        let missing = try environment.openTables(create: false) { opener throws(AssetError) in
            try opener.table("u", of: (Number.self, Number.self))
        }
        #expect(missing == nil)
    }
}
