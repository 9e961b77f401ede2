// Which moments readers see, of this process and of others.

package import Basics
internal import CLMDB

extension Environment {
    /// Frees the reader slots of processes that died. The corresponding C function is
    /// `mdb_reader_check`.
    package func sweepStaleReaders() throws(AssetError) {
        try check("mdb_reader_check", unsafe mdb_reader_check(handle, nil))
    }

    /// The newest committed transaction: what a reader that begins now sees. Never one that is
    /// still being written, though its pages may be in the file already.
    ///
    /// Costs what beginning a read transaction costs: some memory accesses, no call of the system.
    /// The corresponding C functions are `mdb_txn_renew` and `mdb_txn_id`.
    package func lastTransactionNumber() throws(AssetError) -> UInt64 {
        // `mdb_env_info` won't do: it looks at the file, which has a commit's new header while that
        // is on its way to the disk, and readers still begin with the commit before.
        let reader = try beginReading()
        defer { endReading(reader) }
        return unsafe UInt64(mdb_txn_id(reader.pointer))
    }

    /// The newest transaction whose changes every present and future reader sees, of all processes:
    /// what it or an earlier one removed, nobody can reach any more.
    ///
    /// The corresponding C functions are `mdb_txn_id`, `mdb_reader_check` and `mdb_reader_list`.
    package func horizon() throws(AssetError) -> UInt64 {
        // First what future readers see at least, then what the present ones see.
        var horizon = try lastTransactionNumber()
        try sweepStaleReaders()
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
}
