// Every limit on what comes from outside, by name.

/// The limits that keep input of any kind from taking memory, time or disk without bound.
public enum Limits {
    /// The longest name of a project, asset, kind, media type or attribute key, in UTF-8 bytes.
    public static let nameByteCountMax = 255
    /// The longest attribute value, in UTF-8 bytes.
    public static let attributeByteCountMax = 16 << 10
    /// The most attributes of one asset.
    public static let attributeCountMax = 64
    /// The largest regeneration parameters or job recipe, in bytes of JSON.
    public static let parametersByteCountMax = 1 << 20
    /// The longest title, summary or error of a project or scene, in UTF-8 bytes.
    public static let textByteCountMax = 64 << 10
    /// The most assets and jobs that one scene or checkpoint refers to.
    public static let referenceCountMax = 1024
    /// The payload bytes of one part of an asset; only the last part is shorter.
    public static let partByteCount = 4 << 20
    /// The largest asset that is lent as one contiguous span; larger ones are read in ranges.
    public static let contiguousByteCountMax = 48 << 20
    /// The largest payload of one frame or segment record.
    public static let recordByteCountMax = 1 << 30
    /// The smallest and largest width and height of a frame, in pixels.
    public static let frameSide = 1...16_384
    /// The fewest and most rows of a band of a losslessly packed frame.
    public static let losslessBandRows = 2...512
    /// The smallest and largest width and height of a video, in pixels.
    public static let videoSide = 16...8192
    /// The lowest and highest frame rate, in frames per second.
    public static let frameRate = 1.0...240.0
    /// The most frames of one job: three days at 60 frames per second.
    public static let frameCountMax = 16_000_000
    /// How often in a row the worker of a job may die without having stored anything new, before
    /// the job is given up.
    public static let crashCountMax = 3
    /// The most worker threads of one job.
    public static let workerCountMax = 256
    /// The most layers of one scene.
    public static let layerCountMax = 64
    /// The largest scene file, in bytes.
    public static let sceneByteCountMax = 1 << 20
    /// The most entries of an archive that is written or read.
    public static let archiveEntryCountMax = 2 << 20
    /// The longest line of an archive's manifest, in bytes: one holds at most the parameters and
    /// attributes of an asset, or the recipe and submission of a job, every byte of them escaped.
    public static let archiveManifestLineByteCountMax = 16 << 20
    /// The most entries without content, directories among them, of an archive that is read: they
    /// cost work and bring nothing.
    public static let archiveEmptyEntryCountMax = 10_000
    /// The longest path of an archive's entry, in UTF-8 bytes.
    public static let archiveNameByteCountMax = 1024
    /// The largest directory of an archive, in bytes.
    public static let archiveDirectoryByteCountMax = 1 << 30
    /// The most bytes that an archive may unpack to, per byte of the archive; what unpacks to no
    /// more than ``archiveContentByteCountFree`` is not asked.
    public static let archiveExpansionMax = 100
    /// The bytes that any archive, however small, may unpack to.
    public static let archiveContentByteCountFree = 256 << 20
}
