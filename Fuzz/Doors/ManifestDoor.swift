// Lines of an archive's manifest.

internal import Basics
internal import ProjectArchive

extension Door {
    package static let manifests = Door(
        name: "manifests", byteCountMax: 4096, secondsMax: 5, memoryMebibytesMax: 512,
        open: { { try enterManifest($0) } }, seeds: ArchiveSeeds.lines)
}

private func enterManifest(_ bytes: [UInt8]) throws -> Verdict {
    let line = try unlessRefused(.inputUnreadable, by: "a line") { try ManifestLine(bytes) }
    guard let line else { return .refused }
    let written = line.bytes()
    try promise(written.last == UInt8(ascii: "\n"), "a line has no end")
    try promise(!written.dropLast().contains(UInt8(ascii: "\n")), "a line became two")
    try promise(
        written.count <= Limits.archiveManifestLineByteCountMax, "a line of \(written.count) bytes")
    let again = try ManifestLine(written.dropLast())
    try promise(again.bytes() == written, "a line changed when it was written and read")
    return .accepted
}
