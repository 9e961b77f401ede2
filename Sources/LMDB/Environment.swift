// One LMDB environment: the file, its tables, and the transactions over it.

package import Basics
internal import CLMDB
internal import Glibc

/// An open LMDB environment. Thread-safe.
///
/// Transactions are synchronous closures: a transaction begins and ends in one call on one thread,
/// which is what LMDB demands of writers, and can't be held across an `await`. Write transactions
/// of all threads and processes take turns; readers never wait (`MDB_NOTLS`).
///
/// An environment must be opened once per process: closing a second one would drop the first one's
/// file locks. Whoever opens stores sees to that.
@safe package final class Environment: @unchecked Sendable {
    // @unchecked: LMDB's environment handle is made for use by several threads.
    private let handle: OpaquePointer
    package let path: String
    private let onClose: @Sendable () -> Void

    package struct Options: Sendable {
        /// Address space reserved for the file, which can't outgrow it. No memory or disk is used
        /// for it.
        package var mapByteCount = 256 << 30
        /// The most tables.
        package var tableCountMax = 32
        /// The most read transactions at once, over all processes.
        package var readerCountMax = 1022

        package init() {}
    }

    /// Opens the environment in the directory `path`, which must exist, and makes its files when
    /// they are not there. Slots of readers that died are swept.
    ///
    /// - Parameter onClose: called once the environment is closed and may be opened again, on the
    ///   thread that gave up the last reference; not called when opening fails early.
    /// The corresponding C functions are `mdb_env_create`, `mdb_env_open` and `mdb_reader_check`.
    package init(
        path: String, options: Options = Options(),
        onClose: @escaping @Sendable () -> Void = {}
    ) throws(AssetError) {
        var environment: OpaquePointer?
        var status = unsafe mdb_env_create(&environment)
        guard status == MDB_SUCCESS, let handle = unsafe environment else {
            throw .lmdb("mdb_env_create", status, path: path)
        }
        unsafe self.handle = handle
        self.path = path
        self.onClose = onClose
        // From here on, `deinit` closes the handle, also when something below throws.
        status = unsafe mdb_env_set_mapsize(handle, options.mapByteCount)
        try check("mdb_env_set_mapsize", status)
        status = unsafe mdb_env_set_maxdbs(handle, CUnsignedInt(options.tableCountMax))
        try check("mdb_env_set_maxdbs", status)
        status = unsafe mdb_env_set_maxreaders(handle, CUnsignedInt(options.readerCountMax))
        try check("mdb_env_set_maxreaders", status)
        status = unsafe mdb_env_open(handle, path, CUnsignedInt(MDB_NOTLS), 0o644)
        try check("mdb_env_open", status)
        try checkFileIsWhole()
        try sweepStaleReaders()
    }

    deinit {
        unsafe mdb_env_close(handle)
        onClose()
    }

    /// Frees the reader slots of processes that died. The corresponding C function is
    /// `mdb_reader_check`.
    package func sweepStaleReaders() throws(AssetError) {
        try check("mdb_reader_check", unsafe mdb_reader_check(handle, nil))
    }

    /// The newest transaction whose changes every present and future reader sees, of all processes:
    /// what it or an earlier one removed, nobody can reach any more.
    ///
    /// The corresponding C functions are `mdb_env_info`, `mdb_reader_check` and `mdb_reader_list`.
    package func horizon() throws(AssetError) -> UInt64 {
        var info = unsafe MDB_envinfo()
        try check("mdb_env_info", unsafe mdb_env_info(handle, &info))
        try sweepStaleReaders()
        var horizon = unsafe UInt64(info.me_last_txnid)
        // Lines of text, a reader's third column being the moment that it sees, or a dash.
        let status = unsafe withUnsafeMutablePointer(to: &horizon) { horizon in
            unsafe mdb_reader_list(
                handle,
                { line, context in
                    guard let line = unsafe line, let context = unsafe context else { return 0 }
                    let horizon = unsafe context.assumingMemoryBound(to: UInt64.self)
                    let words = unsafe String(cString: line).split(whereSeparator: \.isWhitespace)
                    if words.count == 3, let moment = UInt64(words[2]) {
                        unsafe horizon.pointee = unsafe min(horizon.pointee, moment)
                    }
                    return 0
                }, horizon)
        }
        guard status >= 0 else { throw .lmdb("mdb_reader_list", status, path: path) }
        return horizon
    }

    /// Whether nothing was ever committed to it. The corresponding C function is `mdb_env_info`.
    package func isFresh() throws(AssetError) -> Bool {
        var info = unsafe MDB_envinfo()
        try check("mdb_env_info", unsafe mdb_env_info(handle, &info))
        return unsafe info.me_last_txnid == 0
    }

    /// Runs `body` to open tables, all in one transaction; with `create`, tables that are not there
    /// are made, and are there once this returns. Called once, before any other transaction.
    package func openTables<Result>(
        create: Bool, _ body: (borrowing TableOpener) throws(AssetError) -> Result
    ) throws(AssetError) -> Result {
        var transaction: OpaquePointer?
        try check(
            "mdb_txn_begin",
            unsafe mdb_txn_begin(
                handle, nil, create ? 0 : CUnsignedInt(MDB_RDONLY), &transaction))
        guard let pointer = unsafe transaction else {
            throw .lmdb("mdb_txn_begin", EINVAL, path: path)
        }
        let result: Result
        do throws(AssetError) {
            result = try body(
                TableOpener(
                    transaction: WriteTransaction(
                        raw: unsafe RawTransaction(pointer: pointer, path: path)),
                    create: create))
        } catch {
            unsafe mdb_txn_abort(pointer)
            throw error
        }
        // Committing keeps the table handles, also those of a reader.
        try check("mdb_txn_commit", unsafe mdb_txn_commit(pointer))
        return result
    }

    /// Runs `body` with a read transaction: one moment of the whole environment, which neither
    /// blocks nor sees later writers. Values must not leave the closure uncopied.
    ///
    /// The corresponding C functions are `mdb_txn_begin` with `MDB_RDONLY` and `mdb_txn_abort`.
    package func read<Result>(
        _ body: (borrowing ReadTransaction) throws -> Result
    ) throws -> Result {
        var transaction: OpaquePointer?
        try check(
            "mdb_txn_begin",
            unsafe mdb_txn_begin(handle, nil, CUnsignedInt(MDB_RDONLY), &transaction))
        guard let pointer = unsafe transaction else {
            throw AssetError.lmdb("mdb_txn_begin", EINVAL, path: path)
        }
        defer { unsafe mdb_txn_abort(pointer) }
        return try body(ReadTransaction(raw: unsafe RawTransaction(pointer: pointer, path: path)))
    }

    /// Runs `body` with a write transaction and commits it; when `body` throws, nothing of it
    /// happened. Durable when it returns. Waits for other writers, of other processes too.
    ///
    /// The corresponding C functions are `mdb_txn_begin`, `mdb_txn_commit` and `mdb_txn_abort`.
    package func write<Result>(
        _ body: (borrowing WriteTransaction) throws -> Result
    ) throws -> Result {
        var transaction: OpaquePointer?
        try check("mdb_txn_begin", unsafe mdb_txn_begin(handle, nil, 0, &transaction))
        guard let pointer = unsafe transaction else {
            throw AssetError.lmdb("mdb_txn_begin", EINVAL, path: path)
        }
        let result: Result
        do {
            result = try body(
                WriteTransaction(raw: unsafe RawTransaction(pointer: pointer, path: path)))
        } catch {
            unsafe mdb_txn_abort(pointer)
            throw error
        }
        // `mdb_txn_commit` frees the transaction, also when it fails.
        var status = unsafe mdb_txn_commit(pointer)
        // A write that the disk took only a part of comes back as EIO.
        if status == EIO, try FileSystem.availableByteCount(at: path) < 4 << 20 { status = ENOSPC }
        try check("mdb_txn_commit", status)
        return result
    }

    /// A shortened file would end the process with SIGBUS when a missing page is touched; it is
    /// refused here instead.
    ///
    /// A file that ends before its last page may be whole all the same: LMDB never writes a page
    /// that one transaction took and gave up, so free pages may be missing. They are added, as a
    /// hole, for the next opening to find nothing amiss.
    private func checkFileIsWhole() throws(AssetError) {
        let data = try File("\(path)/data.mdb", [.write])
        if try missingPages(of: data).isEmpty { return }
        // Nobody may make the file longer between the look at its length and the change to it.
        var transaction: OpaquePointer?
        try check("mdb_txn_begin", unsafe mdb_txn_begin(handle, nil, 0, &transaction))
        defer { unsafe mdb_txn_abort(transaction) }
        let missing = try missingPages(of: data)
        if missing.isEmpty { return }
        let present = try data.byteCount()
        let needed = try missing.upperBound * pageByteCount()
        try data.truncate(to: needed)
        let areFree: Bool
        do throws(AssetError) {
            areFree = try freePageCount(in: missing) == missing.count
        } catch {
            guard error.code == .damaged else { throw error }
            areFree = false
        }
        guard areFree else {
            try data.truncate(to: present)
            throw AssetError(
                .damaged,
                "\(path)/data.mdb is cut short: \(present) of \(needed) bytes are there; "
                    + "restore it from a backup")
        }
    }

    /// The pages that lie beyond the end of the file.
    private func missingPages(of data: borrowing File) throws(AssetError) -> Range<Int> {
        // The other order would take a commit in between for a loss.
        var info = unsafe MDB_envinfo()
        try check("mdb_env_info", unsafe mdb_env_info(handle, &info))
        let end = unsafe info.me_last_pgno + 1
        return min(try data.byteCount() / pageByteCount(), end)..<end
    }

    private func pageByteCount() throws(AssetError) -> Int {
        var statistics = MDB_stat()
        try check("mdb_env_stat", unsafe mdb_env_stat(handle, &statistics))
        return Int(statistics.ms_psize)
    }

    /// How many of `pages` are free: table 0 lists them, by transaction.
    ///
    /// The corresponding C functions are `mdb_cursor_open` and `mdb_cursor_get`.
    private func freePageCount(in pages: Range<Int>) throws(AssetError) -> Int {
        var transaction: OpaquePointer?
        try check(
            "mdb_txn_begin",
            unsafe mdb_txn_begin(handle, nil, CUnsignedInt(MDB_RDONLY), &transaction))
        defer { unsafe mdb_txn_abort(transaction) }
        var cursor: OpaquePointer?
        try check("mdb_cursor_open", unsafe mdb_cursor_open(transaction, 0, &cursor))
        defer { unsafe mdb_cursor_close(cursor) }
        var found = 0
        while true {
            var (key, list) = unsafe (MDB_val(), MDB_val())
            let status = unsafe mdb_cursor_get(cursor, &key, &list, MDB_NEXT)
            if status == MDB_NOTFOUND { return found }
            try check("mdb_cursor_get", status)
            // A count, and as many page numbers.
            let words = unsafe UnsafeRawBufferPointer(start: list.mv_data, count: list.mv_size)
            for offset in stride(from: 8, to: words.count - 7, by: 8) {
                let page = unsafe words.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if let page = Int(exactly: page), pages.contains(page) { found += 1 }
            }
        }
    }

    private func check(_ call: StaticString, _ status: CInt) throws(AssetError) {
        guard status == MDB_SUCCESS else { throw .lmdb(call, status, path: path) }
    }
}
