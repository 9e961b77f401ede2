// Transactions as closures.

public import Basics
internal import CLMDB
internal import Glibc

extension Environment {
    /// Runs `body` to open tables, all in one transaction; with `create`, tables that are not there
    /// are made, and are there once this returns. Called once, before any other transaction.
    package func openTables<Result>(
        create: Bool, _ body: (borrowing TableOpener) throws(AssetError) -> Result
    ) throws(AssetError) -> Result {
        let raw = try begin(flags: create ? 0 : CUnsignedInt(MDB_RDONLY))
        let result: Result
        do throws(AssetError) {
            result = try body(
                TableOpener(transaction: WriteTransaction(raw: raw), create: create))
        } catch {
            unsafe mdb_txn_abort(raw.pointer)
            throw error
        }
        // Committing keeps the table handles, also those of a reader.
        try check("mdb_txn_commit", unsafe mdb_txn_commit(raw.pointer))
        return result
    }

    /// Runs `body` with a read transaction: one moment of the whole environment, which neither
    /// blocks nor sees later writers. Values must not leave the closure uncopied.
    ///
    /// The corresponding C functions are `mdb_txn_renew` and `mdb_txn_reset`; `mdb_txn_begin` when
    /// more threads read than did before.
    @inlinable package func read<Result>(
        _ body: (borrowing ReadTransaction) throws -> Result
    ) throws -> Result {
        let raw = try beginReading()
        defer { endReading(raw) }
        return try body(ReadTransaction(raw: raw))
    }

    /// Runs `body` with a write transaction and commits it; when `body` throws, nothing of it
    /// happened. Durable when it returns. Waits for other writers, of other processes too.
    ///
    /// The corresponding C functions are `mdb_txn_begin`, `mdb_txn_commit` and `mdb_txn_abort`.
    package func write<Result>(
        _ body: (borrowing WriteTransaction) throws -> Result
    ) throws -> Result {
        try write(
            preparing: { _ throws(AssetError) in
                try endDeferral()
                return true
            }, body)
    }

    /// Runs `body` with a write transaction. `prepare` runs before it, with LMDB's lock for writers
    /// held, and says whether the commit is to be flushed.
    func write<Result>(
        preparing prepare: (UInt64) throws(AssetError) -> Bool,
        _ body: (borrowing WriteTransaction) throws -> Result
    ) throws -> Result {
        let raw = try begin(flags: 0)
        let result: Result
        do {
            let isFlushed = try prepare(UInt64(unsafe mdb_txn_id(raw.pointer)))
            result = try body(WriteTransaction(raw: raw))
            // LMDB reads this flag while it commits, under the same lock.
            try check(
                "mdb_env_set_flags",
                unsafe mdb_env_set_flags(handle, CUnsignedInt(MDB_NOSYNC), isFlushed ? 0 : 1))
        } catch {
            unsafe mdb_txn_abort(raw.pointer)
            throw error
        }
        // `mdb_txn_commit` frees the transaction, also when it fails.
        var status = unsafe mdb_txn_commit(raw.pointer)
        // A write that the disk took only a part of comes back as EIO.
        if status == EIO, try FileSystem.availableByteCount(at: path) < 4 << 20 { status = ENOSPC }
        try check("mdb_txn_commit", status)
        return result
    }

    @usableFromInline package func beginReading() throws(AssetError) -> RawTransaction {
        try requireIntact()
        guard let idle = unsafe idleReaders.take() else {
            return try begin(flags: CUnsignedInt(MDB_RDONLY))
        }
        let status = unsafe mdb_txn_renew(idle)
        guard status == MDB_SUCCESS else {
            unsafe mdb_txn_abort(idle)
            throw .lmdb("mdb_txn_renew", status, path: path)
        }
        return unsafe RawTransaction(pointer: idle, environment: self)
    }

    @usableFromInline package func endReading(_ transaction: RawTransaction) {
        unsafe mdb_txn_reset(transaction.pointer)
        if unsafe !idleReaders.keep(transaction.pointer) {
            unsafe mdb_txn_abort(transaction.pointer)
        }
    }

    /// Begins a transaction. When there is no slot for another reader, those of processes that died
    /// are freed first.
    func begin(flags: CUnsignedInt) throws(AssetError) -> RawTransaction {
        try requireIntact()
        var transaction: OpaquePointer?
        var status = unsafe mdb_txn_begin(handle, nil, flags, &transaction)
        if status == MDB_READERS_FULL {
            try sweepStaleReaders()
            status = unsafe mdb_txn_begin(handle, nil, flags, &transaction)
        }
        guard status == MDB_SUCCESS, let pointer = unsafe transaction else {
            throw .lmdb("mdb_txn_begin", status, path: path)
        }
        return unsafe RawTransaction(pointer: pointer, environment: self)
    }
}
