// Typed names of key spaces.

package import Basics
internal import CLMDB

/// A key of a table: encoded so that byte order is sort order.
package protocol TableKey {
    /// Appends the key; integers big-endian. At most 511 bytes.
    func append(to key: inout ByteWriter)
    init(key: inout ByteReader) throws(AssetError)
}

/// A value of a table. Begins with a version byte where its form may change.
package protocol TableValue {
    func append(to value: inout ByteWriter)
    init(value: inout ByteReader) throws(AssetError)
}

/// A table of an ``Environment``, with the types of its keys and values. A plain name: the
/// transaction is what gives access.
package struct Table<Key: TableKey, Value: TableValue>: Sendable {
    package let name: String
    let dbi: UInt32
}

/// A value without content, for tables that are indexes.
package struct Presence: TableValue, Sendable {
    package init() {}
    package init(value: inout ByteReader) throws(AssetError) {}
    package func append(to value: inout ByteWriter) {}
}

extension TableKey {
    /// The key's bytes.
    package var keyBytes: [UInt8] {
        var writer = ByteWriter()
        append(to: &writer)
        return writer.bytes
    }
}

extension TableValue {
    /// The value's bytes.
    package var valueBytes: [UInt8] {
        var writer = ByteWriter()
        append(to: &writer)
        return writer.bytes
    }
}

/// Opens the tables of an environment, inside ``Environment/openTables(create:_:)``.
package struct TableOpener: ~Copyable {
    /// The transaction in which tables are opened; a writer when tables are made.
    package let transaction: WriteTransaction
    let create: Bool

    /// Opens a table; `nil` when it is not there and is not to be made. The corresponding C
    /// function is `mdb_dbi_open`.
    package func table<Key, Value>(
        _ name: String, of types: (Key.Type, Value.Type)
    ) throws(AssetError) -> Table<Key, Value>? {
        var dbi = MDB_dbi()
        let status = unsafe mdb_dbi_open(
            transaction.raw.pointer, name, create ? CUnsignedInt(MDB_CREATE) : 0, &dbi)
        if status == MDB_NOTFOUND { return nil }
        try transaction.raw.check("mdb_dbi_open", status)
        return Table(name: name, dbi: dbi)
    }
}
