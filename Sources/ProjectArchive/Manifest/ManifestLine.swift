// What the lines of a manifest say. docs/archive.md has the format; a test holds the two together.
//
// The lines stand in this order: the project; assets by namespace and identifier, first those with
// bytes of their own, then those whose bytes are those of one before; jobs by identifier, behind
// each its frames by index and its segments by track and index; scenes by place; checkpoints by
// number; the end. So the archive can be written and read in one pass, whatever its size, and
// nothing can stand there twice.

package import AssetStore
internal import Basics

/// The facts of the manifest that concern all of it.
enum Manifest {
    /// Where it stands in the archive.
    static let path = "manifest.ndjson"
    static let format = "assetstore-project"
    static let version = 1
}

/// A line of the manifest.
package enum ManifestLine {
    case project(ProjectLine)
    case asset(AssetLine)
    case job(JobLine)
    case frame(FrameLine)
    case segment(SegmentLine)
    case scene(ProjectScene)
    case checkpoint(Checkpoint)
    case end(EndLine)
}

/// The first line: what the archive is, and what the project says of itself.
package struct ProjectLine: Equatable {
    var name: String
    var published: PublishedProject
}

/// Where the bytes of something are in the archive, and what they must be.
struct ContentLine: Equatable {
    /// The path of the entry; `nil` when there are no bytes.
    var entry: String?
    var byteCount: Int
    var checksum: ContentChecksum
}

package struct AssetLine: Equatable {
    var id: AssetID
    /// Its project is empty.
    var description: AssetDescription
    var createdAt: Timestamp
    var content: ContentLine
    /// The asset of an earlier line that has the same bytes; then there is no entry.
    var original: AssetID?
}

package struct JobLine: Equatable {
    var id: JobID
    /// The project of its description is the archive's.
    var facts: JobFacts
}

package struct FrameLine: Equatable {
    var index: Int
    var facts: FrameFacts
    var content: ContentLine
}

package struct SegmentLine: Equatable {
    var track: UInt8
    var index: Int
    var content: ContentLine
}

/// The last line: how much was before it, so that nothing can be missing.
package struct EndLine: Equatable {
    var counts = ManifestCounts()
    /// XXH3-128 of all bytes before the line.
    var checksum = ContentChecksum(high: 0, low: 0)
}

/// How many lines there are of each kind, and the bytes of their entries.
struct ManifestCounts: Equatable {
    var assets = 0
    var jobs = 0
    var frames = 0
    var segments = 0
    var scenes = 0
    var checkpoints = 0
    /// Entries of the archive that lines name.
    var entries = 0
    /// The bytes of those entries.
    var byteCount = 0

    /// Counts a line.
    mutating func add(_ line: ManifestLine) throws(AssetError) {
        switch line {
        case .project, .end: break
        case .asset(let line):
            assets += 1
            if line.original == nil { try add(line.content) }
        case .job: jobs += 1
        case .frame(let line):
            frames += 1
            try add(line.content)
        case .segment(let line):
            segments += 1
            try add(line.content)
        case .scene: scenes += 1
        case .checkpoint: checkpoints += 1
        }
    }

    private mutating func add(_ content: ContentLine) throws(AssetError) {
        if content.entry != nil { entries += 1 }
        let (sum, overflow) = byteCount.addingReportingOverflow(content.byteCount)
        guard !overflow else { throw JSONLine.refused("the sizes are impossible") }
        byteCount = sum
    }
}
