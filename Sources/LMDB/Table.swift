// Typed names of key spaces.

public import Basics
internal import CLMDB

/// A key of a table: encoded so that byte order is sort order.
package protocol TableKey: KeyCoding {}

/// A value of a table. Begins with a version byte where its form may change.
package protocol TableValue: ValueCoding {}

/// What a ``TableKey`` does. Apart from it because inlinable code may name this one only, and a
/// public type may conform to that one only where this module is imported internally.
@usableFromInline package protocol KeyCoding {
    /// Appends the key; integers big-endian. At most 511 bytes.
    func append(to key: inout ByteWriter)
    init(key: inout ByteReader) throws(AssetError)
}

/// What a ``TableValue`` does; see ``KeyCoding``.
@usableFromInline package protocol ValueCoding {
    func append(to value: inout ByteWriter)
    init(value: inout ByteReader) throws(AssetError)
}

/// A table of an ``Environment``, with the types of its keys and values. A plain name: the
/// transaction is what gives access.
@usableFromInline package struct Table<Key: KeyCoding, Value: ValueCoding>: Sendable {
    @usableFromInline package let name: String
    @usableFromInline package let dbi: UInt32

    /// Lends the bytes of a key of this table to `body`, without an allocation.
    @inlinable package func withBytes<Result>(
        of key: Key, _ body: (RawSpan) throws(AssetError) -> Result
    ) throws(AssetError) -> Result {
        let write = { (writer: inout ByteWriter) in key.append(to: &writer) }
        return try ByteWriter.withBytes(stackByteCount: 512, of: write) {
            (bytes) throws(AssetError) in
            guard 1...511 ~= bytes.byteCount else { throw badKey(byteCount: bytes.byteCount) }
            return try body(bytes)
        }
    }

    @inlinable package func key(_ bytes: UnsafeRawBufferPointer) throws(AssetError) -> Key {
        unsafe try decode(bytes) { (reader) throws(AssetError) in try Key(key: &reader) }
    }

    @inlinable package func value(_ bytes: UnsafeRawBufferPointer) throws(AssetError) -> Value {
        unsafe try decode(bytes) { (reader) throws(AssetError) in try Value(value: &reader) }
    }

    @inlinable package func decode<Content>(
        _ bytes: UnsafeRawBufferPointer,
        _ make: (inout ByteReader) throws(AssetError) -> Content
    ) throws(AssetError) -> Content {
        do throws(AssetError) {
            return unsafe try ByteReader.read(bytes, subject: "a catalog record") {
                (reader) throws(AssetError) in
                let content = try make(&reader)
                try reader.finish()
                return content
            }
        } catch {
            throw badRecord(error)
        }
    }

    @usableFromInline package func badKey(byteCount: Int) -> AssetError {
        AssetError(
            .invalidArgument, "table \(name): a key of \(byteCount) bytes; keys have 1 to 511")
    }

    @usableFromInline package func badRecord(_ error: AssetError) -> AssetError {
        // What a newer version wrote is whole.
        let code = error.code == .unsupportedFormat ? error.code : .damaged
        return AssetError(code, "table \(name): \(error.message)", cause: error)
    }
}

/// A value without content, for tables that are indexes.
@usableFromInline package struct Presence: TableValue, Sendable {
    @inlinable package init() {}
    @inlinable package init(value: inout ByteReader) throws(AssetError) {}
    @inlinable package func append(to value: inout ByteWriter) {}
}

extension KeyCoding {
    /// The key's bytes.
    package var keyBytes: [UInt8] {
        var writer = ByteWriter()
        append(to: &writer)
        return writer.bytes
    }
}

extension ValueCoding {
    /// Lends the value's bytes to `body`; without an allocation when they are few.
    @inlinable package func withBytes<Result>(
        _ body: (RawSpan) throws(AssetError) -> Result
    ) throws(AssetError) -> Result {
        try ByteWriter.withBytes(stackByteCount: 1024, of: { append(to: &$0) }, body)
    }

    /// The value's bytes.
    package var valueBytes: [UInt8] {
        var writer = ByteWriter()
        append(to: &writer)
        return writer.bytes
    }
}

/// Opens the tables of an environment, inside ``Environment/openTables(create:_:)``.
@usableFromInline package struct TableOpener: ~Copyable {
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
        transaction.raw.noteOpen(name)
        return Table(name: name, dbi: dbi)
    }
}
