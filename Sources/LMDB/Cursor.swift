// A position in a table. Not generic: keys are compared as they lie in the file, and only entries
// that are wanted are decoded, by who knows their types.

public import Basics
internal import CLMDB
internal import Glibc

/// An entry where it lies in the file, valid until the transaction ends or changes something.
@unsafe @usableFromInline package struct RawEntry {
    @usableFromInline package let key: UnsafeRawBufferPointer
    @usableFromInline package let value: UnsafeRawBufferPointer
}

/// A position among the entries whose keys begin with a prefix. Lives no longer than the call that
/// made it, hence than its transaction.
@safe @usableFromInline package struct Cursor: ~Copyable {
    private let pointer: OpaquePointer
    private let raw: RawTransaction
    private let prefix: [UInt8]

    @usableFromInline package init(
        over dbi: UInt32, prefix: [UInt8], in raw: RawTransaction
    ) throws(AssetError) {
        var cursor: OpaquePointer?
        let status = unsafe mdb_cursor_open(raw.pointer, dbi, &cursor)
        guard status == MDB_SUCCESS, let pointer = unsafe cursor else {
            throw raw.error("mdb_cursor_open", status)
        }
        unsafe self.pointer = pointer
        self.raw = raw
        self.prefix = prefix
    }

    deinit { unsafe mdb_cursor_close(pointer) }

    /// The first entry whose key is not less than `start`.
    @usableFromInline package func first(from start: [UInt8]?) throws(AssetError) -> RawEntry? {
        guard let start, prefix.lexicographicallyPrecedes(start) else {
            return unsafe try withPrefix(of: seek(prefix))
        }
        return unsafe try withPrefix(of: seek(start))
    }

    /// The entry behind the present one; behind one that was removed, the one that took its place.
    @usableFromInline package func next() throws(AssetError) -> RawEntry? {
        unsafe try withPrefix(of: get(MDB_NEXT))
    }

    /// The entry before the present one.
    @usableFromInline package func previous() throws(AssetError) -> RawEntry? {
        unsafe try withPrefix(of: get(MDB_PREV))
    }

    /// The last entry whose key is less than `end`.
    @usableFromInline package func last(before end: [UInt8]?) throws(AssetError) -> RawEntry? {
        // Below the prefix there is nothing, and beyond it all of it.
        if let end, !prefix.lexicographicallyPrecedes(end) { return nil }
        if let end, prefix.isEmpty || end.starts(with: prefix) {
            return unsafe try withPrefix(of: seekBefore(end))
        }
        var successor = prefix
        while successor.last == 0xFF { successor.removeLast() }
        guard let byte = successor.last else { return unsafe try withPrefix(of: get(MDB_LAST)) }
        successor[successor.count - 1] = byte + 1
        return unsafe try withPrefix(of: seekBefore(successor))
    }

    /// The last entry whose key is less than `end`.
    @usableFromInline package func last(before end: [UInt8]) throws(AssetError) -> RawEntry? {
        unsafe try withPrefix(of: seekBefore(end))
    }

    /// Removes the present entry.
    @usableFromInline package func remove() throws(AssetError) {
        try raw.check("mdb_cursor_del", unsafe mdb_cursor_del(pointer, 0))
    }

    /// The entry whose key begins with the prefix, if it does.
    private func withPrefix(of entry: RawEntry?) -> RawEntry? {
        guard let found = unsafe entry else { return nil }
        if prefix.isEmpty { return unsafe found }
        guard unsafe found.key.count >= prefix.count, let start = unsafe found.key.baseAddress,
            unsafe prefix.withUnsafeBytes({
                unsafe memcmp(start, $0.baseAddress!, $0.count) == 0
            })
        else { return nil }
        return unsafe found
    }

    /// The first entry whose key is not less than `start`, with whatever prefix.
    private func seek(_ start: [UInt8]) throws(AssetError) -> RawEntry? {
        // An empty key can't be sought; the first entry is what it would find.
        if start.isEmpty { return unsafe try get(MDB_FIRST) }
        return unsafe try start.span.bytes.withUnsafeBytes { (buffer) throws(AssetError) in
            unsafe try get(MDB_SET_RANGE, key: MDB_val(borrowing: buffer))
        }
    }

    /// The last entry whose key is less than `end`, with whatever prefix.
    private func seekBefore(_ end: [UInt8]) throws(AssetError) -> RawEntry? {
        guard unsafe try seek(end) != nil else { return unsafe try get(MDB_LAST) }
        return unsafe try get(MDB_PREV)
    }

    private func get(
        _ operation: MDB_cursor_op, key start: MDB_val = unsafe MDB_val()
    ) throws(AssetError) -> RawEntry? {
        var (key, value) = unsafe (start, MDB_val())
        let status = unsafe mdb_cursor_get(pointer, &key, &value, operation)
        if status == MDB_NOTFOUND { return nil }
        try raw.check("mdb_cursor_get", status)
        return unsafe RawEntry(
            key: UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size),
            value: UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
    }
}
