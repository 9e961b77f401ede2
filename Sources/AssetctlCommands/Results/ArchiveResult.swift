// What was exported or imported, as the commands print it.

internal import Basics
internal import ProjectArchive

extension ArchiveReport {
    /// The object that `--json` prints.
    func json(file: String, seconds: Double) -> JSONValue {
        [
            "project": .string(project), "file": .string(file),
            "assets": .integer(assetCount), "jobs": .integer(jobCount),
            "frames": .integer(frameCount), "segments": .integer(segmentCount),
            "scenes": .integer(sceneCount), "checkpoints": .integer(checkpointCount),
            "byteCount": .integer(byteCount), "archiveByteCount": .integer(archiveByteCount),
            "reusedByteCount": .integer(reusedByteCount), "skipped": .integer(skippedCount),
            "seconds": .double((seconds * 1000).rounded() / 1000),
        ]
    }

    /// `3 assets, 2 jobs and 100 frames (4.0 MiB)`.
    var text: String {
        let what = [
            counted(assetCount, "asset"), counted(jobCount, "job"), counted(frameCount, "frame"),
        ]
        return "\(what[0]), \(what[1]) and \(what[2]) (\(ByteSize.format(byteCount)))"
    }
}
