// Reading inside a transaction: ranges of entries, in the order of their keys.

public import Basics

extension Transaction where Self: ~Copyable {
    /// Calls `body` with the entries whose keys begin with `prefix`, in order, from the first key
    /// that is not less than `start`, until `body` returns false.
    ///
    /// `body` must not change the table. The corresponding C functions are `mdb_cursor_open` and
    /// `mdb_cursor_get` with `MDB_SET_RANGE` and `MDB_NEXT`.
    @inlinable package func scan<Key, Value>(
        _ table: Table<Key, Value>, prefix: [UInt8] = [], from start: [UInt8]? = nil,
        _ body: (Key, Value) throws -> Bool
    ) throws {
        let cursor = try Cursor(over: table.dbi, prefix: prefix, in: raw)
        var next = unsafe try cursor.first(from: start)
        while let entry = unsafe next {
            guard try body(unsafe table.key(entry.key), unsafe table.value(entry.value)) else {
                return
            }
            unsafe next = try cursor.next()
        }
    }

    /// Calls `body` with the entries whose keys begin with `prefix`, in descending order, from the
    /// last key that is less than `end`, until `body` returns false.
    ///
    /// `body` must not change the table. The corresponding C functions are `mdb_cursor_open` and
    /// `mdb_cursor_get` with `MDB_SET_RANGE`, `MDB_LAST` and `MDB_PREV`.
    @inlinable package func scanDescending<Key, Value>(
        _ table: Table<Key, Value>, prefix: [UInt8] = [], before end: [UInt8]? = nil,
        _ body: (Key, Value) throws -> Bool
    ) throws {
        let cursor = try Cursor(over: table.dbi, prefix: prefix, in: raw)
        var next = unsafe try cursor.last(before: end)
        while let entry = unsafe next {
            guard try body(unsafe table.key(entry.key), unsafe table.value(entry.value)) else {
                return
            }
            unsafe next = try cursor.previous()
        }
    }

    /// The last entry whose key begins with `prefix`, `nil` when there is none.
    ///
    /// The corresponding C function is `mdb_cursor_get` with `MDB_SET_RANGE`, `MDB_PREV` and
    /// `MDB_LAST`.
    @inlinable package func last<Key, Value>(
        _ table: Table<Key, Value>, prefix: [UInt8]
    ) throws(AssetError) -> (key: Key, value: Value)? {
        let cursor = try Cursor(over: table.dbi, prefix: prefix, in: raw)
        guard let entry = unsafe try cursor.last(before: nil) else { return nil }
        return (unsafe try table.key(entry.key), unsafe try table.value(entry.value))
    }

    /// The last entry whose key is less than `key`, `nil` when there is none.
    ///
    /// The corresponding C function is `mdb_cursor_get` with `MDB_SET_RANGE`, `MDB_PREV` and
    /// `MDB_LAST`.
    package func entry<Key, Value>(
        before key: Key, in table: Table<Key, Value>
    ) throws(AssetError) -> (key: Key, value: Value)? {
        let cursor = try Cursor(over: table.dbi, prefix: [], in: raw)
        guard let entry = unsafe try cursor.last(before: key.keyBytes) else { return nil }
        return (unsafe try table.key(entry.key), unsafe try table.value(entry.value))
    }
}
