// Turns a failed system call into an `AssetError`.

internal import Glibc

extension AssetError {
    /// The error for a system call that failed with `errno`.
    ///
    /// - Parameters:
    ///   - call: the call's name as in its manual page.
    ///   - subject: what it was applied to, usually a path.
    package static func systemCall(
        _ call: StaticString, _ subject: String, errno code: CInt = errno,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> AssetError {
        let reason = unsafe String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT:
            return AssetError(
                .diskFull, "\(subject): the disk is full; free some space and try again",
                fileID: fileID, line: line)
        case ENOENT, ENOTDIR:
            return AssetError(
                .inputMissing, "\(subject): no such file or directory", fileID: fileID, line: line)
        case EACCES, EPERM, EISDIR:
            return AssetError(
                .inputUnreadable, "\(subject): \(reason) (\(call))", fileID: fileID, line: line)
        case EEXIST:
            return AssetError(
                .alreadyExists, "\(subject) exists already", fileID: fileID, line: line)
        default:
            return AssetError(
                .io, "\(subject): \(call) failed: \(reason)", fileID: fileID, line: line)
        }
    }
}
