// LMDB's status codes as `AssetError`s, one place for all calls.

package import Basics
internal import CLMDB
internal import Glibc

extension AssetError {
    /// The error for an LMDB call that did not return `MDB_SUCCESS`.
    package static func lmdb(
        _ call: StaticString, _ status: CInt, path: String,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> AssetError {
        let reason = unsafe String(cString: mdb_strerror(status))
        let code: Code
        let remedy: String
        switch status {
        case ENOSPC, EDQUOT:
            code = .diskFull
            remedy = "the disk is full; free some space and try again"
        case MDB_MAP_FULL:
            code = .diskFull
            remedy = "the catalog has reached its largest size; remove something from the store"
        case MDB_INVALID, MDB_VERSION_MISMATCH:
            code = .notAStore
            remedy = "this is not a catalog that this version can read"
        case MDB_PANIC:
            code = .io
            remedy = "an earlier write failed, so nothing more is written; open the store again"
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_BAD_TXN:
            code = .damaged
            remedy = "the catalog is damaged (\(reason)); restore it from a backup"
        case MDB_READERS_FULL:
            code = .busy
            remedy = "too many processes read the store at once; close some"
        case MDB_TXN_FULL:
            code = .library
            remedy = "more was changed at once than a transaction can hold; change less at a time"
        case MDB_BAD_VALSIZE:
            code = .invalidArgument
            remedy = "a key or value is longer than the catalog can hold"
        case EACCES, EROFS, EPERM:
            code = .inputUnreadable
            remedy = "\(reason); check the permissions"
        default:
            code = .io
            remedy = "\(call) failed: \(reason)"
        }
        return AssetError(code, "\(path): \(remedy)", fileID: fileID, line: line)
    }
}
