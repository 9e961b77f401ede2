// An environment with one table of bytes under bytes.

import Basics
import LMDB
import TestSupport
import Testing

/// Bytes, as a key or a value.
struct Bytes: TableKey, TableValue, Equatable {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }
    init(key: inout ByteReader) throws(AssetError) { try self.init(value: &key) }
    init(value: inout ByteReader) throws(AssetError) {
        bytes = try value.array(count: value.remaining)
    }

    func append(to writer: inout ByteWriter) { writer.append(contentsOf: bytes) }
}

struct BytesTable {
    let directory: TemporaryDirectory
    let environment: Environment
    let table: Table<Bytes, Bytes>

    init(_ options: Environment.Options = .init()) throws {
        directory = try TemporaryDirectory()
        environment = try Environment(path: directory.path, options: options)
        table = try Self.table(of: environment)
    }

    static func table(of environment: Environment) throws -> Table<Bytes, Bytes> {
        try #require(
            try environment.openTables(create: true) { opener throws(AssetError) in
                try opener.table("store", of: (Bytes.self, Bytes.self))
            })
    }

    /// Puts random short keys, of few different bytes, so that prefixes are shared; gives them
    /// sorted.
    func fill(_ count: Int, _ random: inout SeededGenerator) throws -> [[UInt8]] {
        var keys: Set<[UInt8]> = []
        for _ in 0..<count {
            let length = Int.random(in: 1...6, using: &random)
            keys.insert(
                (0..<length).map { _ in [0, 1, 0x7F, 0xFE, 0xFF].randomElement(using: &random)! })
        }
        try environment.write { transaction in
            for key in keys { try transaction.put(table, Bytes(key), Bytes(key.reversed())) }
        }
        return keys.sorted { $0.lexicographicallyPrecedes($1) }
    }

    func keys() throws -> [[UInt8]] {
        try environment.read { transaction in
            var keys: [[UInt8]] = []
            try transaction.scan(table) { key, _ in
                keys.append(key.bytes)
                return true
            }
            return keys
        }
    }
}
