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
        let status = unsafe key.withUnsafeBytes { keyBuffer in
            unsafe value.withUnsafeBytes { valueBuffer in
                var key = unsafe MDB_val(borrowing: keyBuffer)
                var value = unsafe MDB_val(borrowing: valueBuffer)
                return unsafe mdb_put(pointer, dbi, &key, &value, 0)
            }
        }
        try check("mdb_put", status)
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
