// Copies of an environment, for backups.

package import Basics
internal import CLMDB

extension Environment {
    /// Writes one moment of the environment to `data.mdb` in `directory`, while readers and writers
    /// go on; durable when it returns, and there as a whole or not at all.
    ///
    /// Reads the whole file and holds a snapshot meanwhile: what is removed meanwhile is not used
    /// again before it ends. With `compacting`, free pages are left out and the others put in
    /// order, which takes more time; without, the copy's transactions go on as the original's.
    ///
    /// The corresponding C function is `mdb_env_copyfd2`, with `MDB_CP_COMPACT`.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when the directory is not there,
    ///   ``AssetError/Code/alreadyExists`` when it has a `data.mdb`,
    ///   ``AssetError/Code/diskFull``.
    package func copy(to directory: String, compacting: Bool) throws(AssetError) {
        do throws(AssetError) {
            let output = try OutputFile("\(directory)/data.mdb", overwrite: false)
            try requireIntact()
            try sweepStaleReaders()
            let flags = compacting ? CUnsignedInt(MDB_CP_COMPACT) : 0
            let status = unsafe mdb_env_copyfd2(handle, output.file.descriptor, flags)
            guard status == MDB_SUCCESS else {
                throw .lmdb("mdb_env_copyfd2", status, path: output.path)
            }
            try output.publish()
        } catch {
            guard error.code == .alreadyExists else { throw error }
            throw AssetError(
                .alreadyExists, "\(directory) has a data.mdb already; name another directory",
                cause: error)
        }
    }
}
