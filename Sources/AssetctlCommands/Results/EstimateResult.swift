// What there is room for, as `quota` prints it.

internal import AssetStore
internal import Basics

extension StorageEstimate {
    /// The object that `--json` prints.
    var json: JSONValue {
        [
            "storedByteCount": .integer(storedByteCount), "quota": JSONValue(quota),
            "availableByteCount": .integer(availableByteCount),
            "diskAvailableByteCount": .integer(diskAvailableByteCount),
        ]
    }

    var text: String {
        let stored = ByteSize.format(storedByteCount)
        let of = quota.map { " of \(ByteSize.format($0))" } ?? ", no quota"
        return "\(stored)\(of); room for \(ByteSize.format(availableByteCount))"
    }
}
