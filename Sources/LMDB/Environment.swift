// One LMDB environment: the file, its tables, and the transactions over it.

package import Basics
internal import CLMDB
internal import Glibc
internal import Synchronization

/// An open LMDB environment. Thread-safe.
///
/// Transactions are synchronous closures: a transaction begins and ends in one call on one thread,
/// which is what LMDB demands of writers, and can't be held across an `await`. Write transactions
/// of all threads and processes take turns; readers never wait (`MDB_NOTLS`).
///
/// An environment must be opened once per process: closing a second one would drop the first one's
/// file locks. Whoever opens stores sees to that.
@safe @usableFromInline package final class Environment: @unchecked Sendable {
    // @unchecked: LMDB's environment handle is made for use by several threads.
    let handle: OpaquePointer
    package let path: String
    private let onClose: @Sendable () -> Void
    /// Read transactions without a snapshot, for the next reader.
    let idleReaders: ReaderPool
    let fallback: FallbackHeader
    /// Changed by whoever holds LMDB's lock for writers.
    let deferral: Monitor<Deferral>
    /// The names of the tables that are open.
    let tableNames = Mutex<Set<String>>([])
    /// Whether a page was found damaged: no transaction begins any more.
    let isDamaged = Atomic(false)

    package struct Options: Sendable {
        /// Address space reserved for the file, which can't outgrow it. No memory or disk is used
        /// for it.
        package var mapByteCount = 256 << 30
        /// The most tables.
        package var tableCountMax = 32
        /// The most read transactions at once, over all processes.
        package var readerCountMax = 1022
        /// The longest file whose pages are all checked at opening: LMDB ends the process when it
        /// comes upon one that is damaged.
        package var checkedByteCountMax = 0

        package init() {}
    }

    /// Opens the environment in the directory `path`, which must exist, and makes its files when
    /// they are not there. A header that is damaged is refused, and so are pages, as far as
    /// ``Options/checkedByteCountMax`` goes. Slots of readers that died are swept. When the machine
    /// went down while commits were deferred, they are undone; see ``undoneOrigin``.
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
        idleReaders = ReaderPool(countMax: options.readerCountMax / 8)
        fallback = try FallbackHeader(directory: path)
        let opening = try fallback.lockOpening()
        let undone = try fallback.restore()
        deferral = Monitor(Deferral(undone: undone, opening: opening))
        // From here on, `deinit` closes the handle, also when something below throws.
        status = unsafe mdb_env_set_mapsize(handle, options.mapByteCount)
        try check("mdb_env_set_mapsize", status)
        status = unsafe mdb_env_set_maxdbs(handle, CUnsignedInt(options.tableCountMax))
        try check("mdb_env_set_maxdbs", status)
        status = unsafe mdb_env_set_maxreaders(handle, CUnsignedInt(options.readerCountMax))
        try check("mdb_env_set_maxreaders", status)
        try Self.checkHeaders(of: path)
        status = unsafe mdb_env_open(handle, path, CUnsignedInt(MDB_NOTLS), 0o644)
        try check("mdb_env_open", status)
        try checkPages(byteCountMax: options.checkedByteCountMax)
        try checkFileIsWhole()
        try sweepStaleReaders()
        if undone != nil { try pinFallback() }
    }

    deinit {
        unpinFallback()
        idleReaders.removeAll()
        unsafe mdb_env_close(handle)
        onClose()
    }

    /// Whether nothing was ever committed to it. The corresponding C function is `mdb_env_info`.
    package func isFresh() throws(AssetError) -> Bool {
        var info = unsafe MDB_envinfo()
        try check("mdb_env_info", unsafe mdb_env_info(handle, &info))
        return unsafe info.me_last_txnid == 0
    }

    /// Whether the directory has no environment, or one whose first commit never came to its end: at
    /// most its two header pages, which may be anything after a loss of power.
    package static func wasNeverCommitted(in directory: String) throws(AssetError) -> Bool {
        let path = "\(directory)/data.mdb"
        guard try FileSystem.kind(of: path) == .file else { return true }
        return try File(path).byteCount() <= 2 * Int(sysconf(CInt(_SC_PAGESIZE)))
    }

    /// Makes durable what was written outside of transactions: the pages of a new environment. The
    /// corresponding C function is `mdb_env_sync`.
    package func synchronize() throws(AssetError) {
        try check("mdb_env_sync", unsafe mdb_env_sync(handle, 1))
    }

    func check(_ call: StaticString, _ status: CInt) throws(AssetError) {
        guard status == MDB_SUCCESS else { throw .lmdb(call, status, path: path) }
    }
}
