// Changing entries inside a transaction.

public import Basics
internal import CLMDB

/// A change that happens whole or not at all.
@usableFromInline package struct WriteTransaction: ~Copyable, Transaction {
    @usableFromInline package let raw: RawTransaction

    /// Stores a value, replacing the key's former one. The corresponding C function is `mdb_put`.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the key or the value is longer than a
    ///   table takes or the key is empty, ``AssetError/Code/diskFull`` when the environment has
    ///   reached its largest size, ``AssetError/Code/library`` when the transaction has changed as
    ///   much as one can. After the last two it can't go on.
    @inlinable package func put<Key, Value>(
        _ table: Table<Key, Value>, _ key: Key, _ value: Value
    ) throws(AssetError) {
        let dbi = table.dbi
        try table.withBytes(of: key) { (keyBytes) throws(AssetError) in
            try value.withBytes { (valueBytes) throws(AssetError) in
                try raw.put(dbi, keyBytes, valueBytes)
            }
        }
    }

    /// Stores a value under a key that is thought to follow all others of the table, and does so
    /// nearly twice as fast as ``put(_:_:_:)`` when it does; otherwise it is the same but slower.
    ///
    /// The corresponding C function is `mdb_put` with `MDB_APPEND`.
    @inlinable package func append<Key, Value>(
        _ table: Table<Key, Value>, _ key: Key, _ value: Value
    ) throws(AssetError) {
        let dbi = table.dbi
        try table.withBytes(of: key) { (keyBytes) throws(AssetError) in
            try value.withBytes { (valueBytes) throws(AssetError) in
                if try !raw.append(dbi, keyBytes, valueBytes) {
                    try raw.put(dbi, keyBytes, valueBytes)
                }
            }
        }
    }

    /// Removes the entries whose keys begin with `prefix`, in order, at most `countMax` of them,
    /// each after `body` was called with it; says how many. Fewer than `countMax` were all.
    ///
    /// `body` may change other tables, but not this one. When it throws, the entries before are
    /// removed. Much faster than to find keys and ``delete(_:_:)`` each: nothing is looked up. The
    /// corresponding C functions are `mdb_cursor_get` and `mdb_cursor_del`.
    @discardableResult
    @inlinable package func removeEntries<Key, Value>(
        of table: Table<Key, Value>, prefix: [UInt8] = [], countMax: Int = .max,
        _ body: (Key, Value) throws -> Void = { _, _ in }
    ) throws -> Int {
        guard countMax > 0 else { return 0 }
        let cursor = try Cursor(over: table.dbi, prefix: prefix, in: raw)
        var count = 0
        var next = unsafe try cursor.first(from: nil)
        while let entry = unsafe next {
            try body(unsafe table.key(entry.key), unsafe table.value(entry.value))
            try cursor.remove()
            count += 1
            unsafe next = count < countMax ? try cursor.next() : nil
        }
        return count
    }

    /// Removes a key; says whether it was there. The corresponding C function is `mdb_del`.
    @discardableResult
    @inlinable package func delete<Key, Value>(
        _ table: Table<Key, Value>, _ key: Key
    ) throws(AssetError) -> Bool {
        let dbi = table.dbi
        return try table.withBytes(of: key) { (bytes) throws(AssetError) in
            try raw.delete(dbi, bytes)
        }
    }
}

extension RawTransaction {
    @usableFromInline package func put(
        _ dbi: UInt32, _ key: RawSpan, _ value: RawSpan
    ) throws(AssetError) {
        try check("mdb_put", put(dbi, key, value, flags: 0))
    }

    /// Stores an entry behind all others; false when it does not belong there.
    @usableFromInline package func append(
        _ dbi: UInt32, _ key: RawSpan, _ value: RawSpan
    ) throws(AssetError) -> Bool {
        let status = put(dbi, key, value, flags: CUnsignedInt(MDB_APPEND))
        if status == MDB_KEYEXIST { return false }
        try check("mdb_put", status)
        return true
    }

    private func put(
        _ dbi: UInt32, _ key: RawSpan, _ value: RawSpan, flags: CUnsignedInt
    ) -> CInt {
        unsafe key.withUnsafeBytes { keyBuffer in
            unsafe value.withUnsafeBytes { valueBuffer in
                var key = unsafe MDB_val(borrowing: keyBuffer)
                var value = unsafe MDB_val(borrowing: valueBuffer)
                return unsafe mdb_put(pointer, dbi, &key, &value, flags)
            }
        }
    }

    @usableFromInline package func delete(_ dbi: UInt32, _ key: RawSpan) throws(AssetError) -> Bool
    {
        let status = unsafe key.withUnsafeBytes { buffer in
            var key = unsafe MDB_val(borrowing: buffer)
            return unsafe mdb_del(pointer, dbi, &key, nil)
        }
        if status == MDB_NOTFOUND { return false }
        try check("mdb_del", status)
        return true
    }
}
