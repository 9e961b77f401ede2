// JSON that the user hands in as a file, to be stored as it is.

internal import Basics

/// The text of a file that must be JSON and short enough to be stored.
///
/// - Throws: ``AssetError/Code/inputMissing``, ``AssetError/Code/inputUnreadable``.
func readJSONFile(_ path: String) throws -> String {
    let file = try FileBytes(path: path)
    guard file.byteCount <= Limits.parametersByteCountMax else {
        throw AssetError(
            .inputUnreadable,
            "\(path) has \(file.byteCount) bytes; such a file has at most "
                + "\(Limits.parametersByteCountMax)")
    }
    var bytes: [UInt8] = []
    try file.forEachChunk { chunk in
        unsafe chunk.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
    do {
        _ = try JSONValue.parse(bytes)
    } catch {
        throw AssetError(.inputUnreadable, "\(path) is \(error); mend it", cause: error)
    }
    return String(decoding: bytes, as: UTF8.self)
}

extension JSONValue {
    /// Stored text as a part of other JSON; as a string where it is no JSON.
    init(embedding text: String?) {
        guard let text else {
            self = .null
            return
        }
        do {
            self = try JSONValue.parse(Array(text.utf8))
        } catch {
            self = .string(text)
        }
    }
}
