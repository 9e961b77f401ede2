// What a damaged file is recognised by, before LMDB touches what would end the process.

package import Basics
internal import CLMDB
internal import Synchronization

extension Environment {
    /// Checks what never changes of the two header pages, by which LMDB decides how to look at the
    /// file. A file that is shorter, or no environment at all, is LMDB's to begin or to refuse.
    static func checkHeaders(of path: String) throws(AssetError) {
        let path = "\(path)/data.mdb"
        guard try FileSystem.kind(of: path) == .file else { return }
        let data = try File(path)
        var pageByteCount = 0
        for page in 0..<2 {
            let bytes = try data.read(at: page * pageByteCount, count: 96)
            guard bytes.count == 96 else { return }
            let magic = unsafe bytes.withUnsafeBytes {
                unsafe $0.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            }
            guard magic == 0xBEEF_C0DE else { return }
            let flags = unsafe bytes.withUnsafeBytes { header in
                // The page's kind, and what is noted of all of the environment's transactions.
                unsafe (
                    header.loadUnaligned(fromByteOffset: 10, as: UInt16.self),
                    header.loadUnaligned(fromByteOffset: 44, as: UInt16.self),
                    header.loadUnaligned(fromByteOffset: 40, as: UInt32.self)
                )
            }
            guard flags.0 == 8, flags.1 == UInt16(MDB_INTEGERKEY), flags.2.nonzeroBitCount == 1,
                (512...65536).contains(flags.2), page == 0 || Int(flags.2) == pageByteCount
            else {
                throw AssetError(
                    .damaged,
                    "\(path): header \(page) of the catalog is damaged; restore it from a backup, "
                        + "or make a new store of the packs with “assetctl salvage”")
            }
            pageByteCount = Int(flags.2)
        }
    }

    /// Checks all pages that the newest moment consists of, where the file is no longer than that:
    /// none of them ends the process afterwards. Others may read and write meanwhile. When one is
    /// damaged, no transaction begins any more in this process, because it might come upon it.
    ///
    /// - Throws: ``AssetError/Code/damaged``, naming the page.
    /// - Complexity: O(pages).
    package func checkPages(byteCountMax: Int) throws(AssetError) {
        if try isFresh() { return }
        do throws(AssetError) {
            for _ in 0..<Self.checkCountMax {
                if try checkPagesNow(byteCountMax: byteCountMax) { return }
            }
            throw AssetError(
                .damaged,
                "\(path): the headers of the catalog contradict each other; restore it from a "
                    + "backup")
        } catch {
            if error.code == .damaged { isDamaged.store(true, ordering: .relaxed) }
            throw error
        }
    }

    /// Refuses to go on where a page was found damaged.
    func requireIntact() throws(AssetError) {
        guard isDamaged.load(ordering: .relaxed) else { return }
        throw AssetError(
            .damaged,
            "\(path): a page of the catalog is damaged; restore it from a backup, or make a new "
                + "store of the packs with “assetctl salvage”")
    }

    /// How often a check may be outrun by those who commit.
    private static let checkCountMax = 1000

    /// Says `false` when the check was outrun.
    private func checkPagesNow(byteCountMax: Int) throws(AssetError) -> Bool {
        let reader = try beginReading()
        defer { endReading(reader) }
        let data = try File("\(path)/data.mdb")
        let byteCount = try data.byteCount()
        guard byteCount > 0, byteCount <= byteCountMax else { return true }
        let pageByteCount = try pageByteCount()
        let number = unsafe UInt64(mdb_txn_id(reader.pointer))
        let (path, names) = (path, tableNames.withLock { $0 })
        var info = unsafe MDB_envinfo()
        try check("mdb_env_info", unsafe mdb_env_info(handle, &info))
        let mapByteCount = unsafe info.me_mapsize
        let outcome = try MappedFile(data, byteCount: byteCount).withBytes(0..<byteCount) { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                Result { () throws(AssetError) in
                    unsafe try PageCheck.run(
                        bytes, pageByteCount: pageByteCount,
                        pageCountMax: mapByteCount / pageByteCount, transaction: number,
                        tables: names, path: path)
                }
            }
        }
        return try outcome.get()
    }

    /// A shortened file would end the process with SIGBUS when a missing page is touched; it is
    /// refused here instead.
    ///
    /// A file that ends before its last page may be whole all the same: LMDB never writes a page
    /// that one transaction took and gave up, so free pages may be missing. They are added, as a
    /// hole, for the next opening to find nothing amiss.
    func checkFileIsWhole() throws(AssetError) {
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

    func pageByteCount() throws(AssetError) -> Int {
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
}
