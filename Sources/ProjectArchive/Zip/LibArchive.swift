// What the calls of libarchive have in common.

internal import Basics
internal import CArchive

enum LibArchive {
    /// What libarchive says went wrong with its last call, on one line.
    static func message(_ archive: OpaquePointer) -> String {
        guard let text = unsafe archive_error_string(archive) else {
            return "libarchive gave no reason"
        }
        return unsafe String(cString: text).split(whereSeparator: \.isNewline)
            .joined(separator: " ")
    }

    static func outOfMemory(_ call: StaticString) -> AssetError {
        AssetError(.library, "\(call): libarchive has no memory; free some and try again")
    }
}
