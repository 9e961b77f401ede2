// The forms of all keys and values of the catalog, by table: for those that try bytes of any kind on
// them.

package import Basics
internal import LMDB

/// How a table's keys or values are stored.
package struct CatalogForm: Sendable {
    /// The name of the table.
    package let table: String
    /// Whether it is the form of the table's keys, and not of its values.
    package let isKey: Bool
    private let write: @Sendable (RawSpan) throws(AssetError) -> [UInt8]

    /// Reads all of `bytes` as a key or a value, as whoever looks into the table does, and writes it
    /// again.
    ///
    /// - Throws: ``AssetError/Code/damaged`` when they are none; for the store's own record
    ///   ``AssetError/Code/unsupportedFormat`` too.
    package func rewritten(_ bytes: RawSpan) throws(AssetError) -> [UInt8] { try write(bytes) }

    /// Of every table the form of its keys and that of its values.
    package static let all: [CatalogForm] =
        forms("store", StoreKey.self, StoreRecord.self)
        + forms("projects", ProjectNumber.self, ProjectRecord.self)
        + forms("projectsByName", ProjectNameKey.self, ProjectNumberRecord.self)
        + forms("projectsByStatus", StatusProjectKey.self, Presence.self)
        + forms("scenes", SceneKey.self, ProjectScene.Record.self)
        + forms("scenesByIndex", PlacedSceneKey.self, Presence.self)
        + forms("checkpoints", CheckpointKey.self, Checkpoint.Record.self)
        + forms("assets", AssetID.self, Asset.Record.self)
        + forms("assetsByProject", ProjectAssetKey.self, Presence.self)
        + forms("assetsByName", NameAssetKey.self, Presence.self)
        + forms("assetsByContent", ContentAssetKey.self, Presence.self)
        + forms("contents", ContentID.self, ContentRecord.self)
        + forms("parts", PartKey.self, PayloadRecord.self)
        + forms("jobs", JobID.self, Job.Record.self)
        + forms("jobsByState", StateJobKey.self, Presence.self)
        + forms("jobsByProject", ProjectJobKey.self, Presence.self)
        + forms("jobFrames", JobID.self, SequenceRecord.self)
        + forms("frames", FrameKey.self, FrameRecord.self)
        + forms("segments", SegmentKey.self, PayloadRecord.self)
        + forms("usage", UsageKey.self, Usage.self)
        + forms("removals", RemovalKey.self, RemovalRecord.self)
        + forms("changes", ChangeKey.self, ChangeRecord.self)
        + forms("packs", PackID.self, PackRecord.self)
        + forms("openPacks", PackID.self, Presence.self)
        + forms("extents", ExtentKey.self, ExtentRecord.self)
        + forms("freeRanges", ExtentKey.self, FreeRangeRecord.self)
        + forms("holes", ExtentKey.self, HoleRecord.self)

    private static func forms<
        Key: TableKey & SendableMetatype, Value: TableValue & SendableMetatype
    >(
        _ table: String, _: Key.Type, _: Value.Type
    ) -> [CatalogForm] {
        [
            CatalogForm(table: table, isKey: true) { bytes throws(AssetError) in
                try ByteReader.read(bytes, subject: "a catalog key") {
                    (reader) throws(AssetError) in
                    let key = try Key(key: &reader)
                    try reader.finish()
                    return key
                }.keyBytes
            },
            CatalogForm(table: table, isKey: false) { bytes throws(AssetError) in
                try ByteReader.read(bytes, subject: "a catalog record") {
                    (reader) throws(AssetError) in
                    let value = try Value(value: &reader)
                    try reader.finish()
                    return value
                }.valueBytes
            },
        ]
    }
}
