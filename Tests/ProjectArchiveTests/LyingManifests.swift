import AssetStore
import Basics
import TestSupport
import Testing

@testable import ProjectArchive

/// An archive whose manifest is not true is refused with one line, and leaves nothing in the store
/// (P12).
@Suite struct LyingManifests {
    /// An exported archive, to be taken apart and put together wrongly.
    private struct Honest {
        var entries: [(path: String, content: [UInt8])] = []
        var lines: [String] = []

        init() throws {
            let source = try ArchiveStore()
            try source.store.fill("p", assetCount: 8, frameCount: 6)
            _ = try source.store.exportProject("p", to: source.file("p.zip"))
            let reader = try ZipReader(path: source.file("p.zip"))
            try reader.forEachEntry { entry in
                let content = try content(of: entry, in: reader)
                if entry.path == Manifest.path {
                    lines = String(decoding: content, as: UTF8.self).split(separator: "\n")
                        .map(String.init)
                } else {
                    entries.append((entry.path, content))
                }
                return true
            }
        }

        /// The place of the first line with this text in it.
        func place(_ text: String) throws -> Int {
            try #require(lines.firstIndex { $0.contains(text) }, "\(text)")
        }

        /// The archive, with an end of its manifest that is right for the lines before, unless it
        /// is kept as it is.
        func archive(keepingEnd: Bool = false) throws -> ArchiveOnDisk {
            var bytes: [UInt8] = []
            for line in lines.dropLast() { bytes += Array("\(line)\n".utf8) }
            var end = lines[lines.count - 1]
            if !keepingEnd {
                var counts = ManifestCounts()
                for line in lines.dropLast() {
                    if let line = try? ManifestLine(Array(line.utf8)) { try counts.add(line) }
                }
                let line = EndLine(
                    counts: counts, checksum: unsafe ContentChecksum(of: bytes.span.bytes))
                end = String(decoding: ManifestLine.end(line).bytes().dropLast(), as: UTF8.self)
            }
            bytes += Array("\(end)\n".utf8)
            return try ArchiveOnDisk(
                of: entries.map { BuiltEntry($0.path, $0.content) }
                    + [BuiltEntry(Manifest.path, bytes)])
        }
    }

    private let honest: Honest
    /// Where nothing of them may ever be.
    private let target: ArchiveStore

    init() throws {
        honest = try Honest()
        target = try ArchiveStore()
        try target.store.fill("other", seed: 9, assetCount: 4, frameCount: 3)
    }

    private func expectRefusal(
        of archive: ArchiveOnDisk, _ reason: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try target.figures()
        let error = #expect(throws: AssetError.self, sourceLocation: sourceLocation) {
            try target.store.importProject(from: archive.path)
        }
        #expect(
            error?.code == .inputUnreadable && error?.message.contains(reason) == true
                && error?.message.hasPrefix(archive.path) == true
                && error?.message.contains("\n") == false,
            "\(error?.message ?? "-")", sourceLocation: sourceLocation)
        #expect(try target.figures() == before, sourceLocation: sourceLocation)
    }

    @Test func theHonestOneIsTaken() throws {
        let archive = try honest.archive()
        _ = try target.store.importProject(from: archive.path)
        let kept = try honest.archive(keepingEnd: true)
        _ = try target.store.importProject(from: kept.path, as: "q")
        #expect(try target.store.projects().map(\.name) == ["other", "p", "q"])
    }

    @Test func theOrderOfEntriesDoesNotMatter() throws {
        var honest = honest
        honest.entries.reverse()
        honest.entries.insert(("__MACOSX/._x", [1]), at: 3)
        honest.entries.insert(("assets/", []), at: 0)
        let archive = try honest.archive()
        #expect(try target.store.importProject(from: archive.path).jobCount == 4)
    }

    /// Changes one line and expects a refusal.
    private func expectRefusal(
        _ needle: String, _ old: String, _ new: String, _ reason: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var honest = honest
        let place = try honest.place(needle)
        let changed = honest.lines[place].replacing(old, with: new)
        #expect(changed != honest.lines[place], sourceLocation: sourceLocation)
        honest.lines[place] = changed
        try expectRefusal(of: try honest.archive(), reason, sourceLocation: sourceLocation)
    }

    @Test func linesThatContradictTheArchive() throws {
        try expectRefusal(
            "\"namespace\":\"images\"", "\"byteCount\":9", "\"byteCount\":8",
            "of which its manifest")
        try expectRefusal(
            "\"type\":\"frame\"", "/000000.jpg", "/000099.jpg", "is named by its manifest")
        try expectRefusal(
            "\"namespace\":\"images\"", "assets/images/", "../assets/", "is named by its manifest")
        var twice = honest
        let place = try twice.place("\"namespace\":\"videos\"")
        let first = try twice.place("\"namespace\":\"images\"")
        for key in ["entry", "byteCount", "checksum"] {
            twice.lines[place] = twice.lines[place].replacing(
                try #require(twice.lines[place].member(key)),
                with: try #require(twice.lines[first].member(key)))
        }
        try expectRefusal(of: try twice.archive(), "is named twice")
        var unnamed = honest
        unnamed.entries.append(("assets/more.png", [1]))
        try expectRefusal(of: try unnamed.archive(), "does not name it")
    }

    @Test func checksumsThatAreNotTrue() throws {
        for type in ["asset", "frame", "segment"] {
            var honest = honest
            let place = try #require(
                honest.lines.lastIndex {
                    $0.contains("\"type\":\"\(type)\"") && $0.contains("\"entry\"")
                })
            let old = try #require(honest.lines[place].member("checksum"))
            honest.lines[place] = honest.lines[place].replacing(
                old, with: "\"checksum\":\"\(String(repeating: "0", count: 32))\"")
            try expectRefusal(of: try honest.archive(), "the checksums differ")
        }
        try expectRefusal("\"sameAs\"", "\"checksum\":\"", "\"checksum\":\"0", "32 hexadecimal")
    }

    @Test func aDamagedLastEntryLeavesTheStoreAsItWas() throws {
        var honest = honest
        let last = honest.entries.count - 1
        var bytes = BuiltArchive(
            honest.entries.map { BuiltEntry($0.path, $0.content) }
        ).bytes
        // One bit of the content of the last entry before the manifest.
        let content = honest.entries[last].content
        let place = try #require(
            bytes.indices.first { start in bytes[start...].starts(with: content) })
        bytes[place + content.count / 2] ^= 1
        let archive = try honest.archive()
        let file = try File(archive.path, [.write])
        try unsafe file.write(
            [bytes[place + content.count / 2]].span.bytes, at: place + content.count / 2)
        try expectRefusal(of: archive, "does not match its checksum")
        honest.entries[last].content[0] ^= 1
        try expectRefusal(of: try honest.archive(), "the checksums differ")
    }

    @Test func linesInTheWrongPlace() throws {
        func expect(_ reason: String, _ change: (inout [String]) throws -> Void) throws {
            var changed = honest
            try change(&changed.lines)
            try expectRefusal(of: try changed.archive(), reason)
        }
        let asset = try honest.place("\"type\":\"asset\"")
        let job = try honest.place("\"type\":\"job\"")
        let frame = try honest.place("\"type\":\"frame\"")
        let scene = try honest.place("\"type\":\"scene\"")
        try expect("it should tell of the project") { $0.swapAt(0, 1) }
        try expect("it is a second first line") { $0.insert($0[0], at: 1) }
        try expect("order") { $0.insert($0[job], at: $0.count - 1) }
        try expect("order") { $0.swapAt(frame, frame + 1) }
        try expect("order") { $0.insert($0[frame], at: frame) }
        try expect("order") { $0.insert($0[scene], at: scene) }
        try expect("order") { $0.insert($0[job], at: asset) }
        try expect("order") { $0.insert($0[frame], at: job) }
        try expect("its manifest does not name it") { $0.remove(at: asset) }
        // A copy of an asset as one that has the bytes of itself.
        try expect("twice") { lines in
            let id = try #require(lines[asset].member("id"))
            var copy = lines[asset].replacing(
                try #require(lines[asset].member("entry")),
                with: id.replacing("\"id\"", with: "\"sameAs\""))
            copy = copy.replacing("\"type\":\"asset\"", with: "\"type\":\"asset\"")
            lines.insert(copy, at: job)
        }
    }

    @Test func linesThatAreNotWhatTheyShouldBe() throws {
        try expectRefusal("\"type\":\"project\"", "\"version\":1", "\"version\":2", "newer")
        try expectRefusal("\"type\":\"project\"", "assetstore-project", "other", "format")
        try expectRefusal(
            "\"type\":\"job\"", "\"kind\":\"", "\"kind\":\"x", "not that of its recipe")
        try expectRefusal("\"type\":\"asset\"", "\"id\":\"", "\"id\":\"x", "an asset's identifier")
        try expectRefusal("\"type\":\"asset\"", "\"kind\"", "\"kond\"", "lacks “kind”")
        try expectRefusal("\"type\":\"asset\"", "{\"type\"", "{\"a\":1,\"type\"", "does not belong")
        try expectRefusal(
            "\"type\":\"asset\"", "{\"type\"", "{\"kind\":\"\",\"type\"", "does not belong")
        try expectRefusal("\"type\":\"asset\"", "\"byteCount\":", "\"byteCount\":-", "0 or more")
        try expectRefusal(
            "\"type\":\"asset\"", "\"byteCount\":", "\"byteCount\":0", "begins with 0")
        try expectRefusal(
            "\"type\":\"asset\"", "\"createdAt\":", "\"createdAt\":9999999999999", "whole number")
        try expectRefusal(
            "\"type\":\"asset\"", "\"attributes\":{", "\"attributes\":{\"x\":1,", "expected")
        try expectRefusal("\"type\":\"frame\"", "\"width\":64", "\"width\":0", "no such frame")
        try expectRefusal("\"type\":\"frame\"", "\"codec\":1", "\"codec\":256", "codec")
        try expectRefusal("\"type\":\"segment\"", "\"track\":0", "\"track\":999", "track")
        try expectRefusal("\"type\":\"scene\"", "\"status\":\"", "\"status\":\"x", "status")
        try expectRefusal("\"type\":\"scene\"", "\"image\":\"", "\"image\":\"x", "no identifier")
        try expectRefusal("\"type\":\"asset\"", "\"type\"", "\"tpye\"", "lacks “type”")
        try expectRefusal("\"type\":\"asset\"", "\"asset\"", "\"asset", "JSON")
        try expectRefusal(
            "\"type\":\"asset\"", "\"name\":\"", "\"name\":\"\(String(repeating: "n", count: 300))",
            "longer than 255")
    }

    @Test func factsThatNoMediumHas() throws {
        for (old, new, reason) in [
            ("\"width\":3", "\"width\":-3", "width -3"),
            ("\"height\":4", "\"height\":4294967296", "height 4294967296"),
            ("\"durationSeconds\":", "\"durationSeconds\":-", "duration -"),
            ("\"durationSeconds\":0.1", "\"durationSeconds\":\"nan\"", "duration nan"),
            ("\"frameRate\":29.97002997002997", "\"frameRate\":\"inf\"", "frame rate inf"),
            ("\"sampleRate\":", "\"sampleRate\":-", "sample rate -48000"),
            ("\"channelCount\":", "\"channelCount\":-", "channel count -2"),
        ] { try expectRefusal("\"type\":\"asset\"", old, new, reason) }
    }

    @Test func anEndThatDoesNotCountWhatWasBefore() throws {
        var shorter = honest
        shorter.lines.remove(at: try shorter.place("\"type\":\"checkpoint\""))
        try expectRefusal(of: try shorter.archive(keepingEnd: true), "counts other lines")
        var changed = honest
        let place = try changed.place("\"type\":\"scene\"")
        changed.lines[place] = changed.lines[place].replacing("[]", with: "{}")
        try expectRefusal(of: try changed.archive(keepingEnd: true), "were changed")
        var cut = honest
        cut.lines[cut.lines.count - 1] = cut.lines[1]
        try expectRefusal(of: try cut.archive(keepingEnd: true), "")
        var without = honest
        without.lines = []
        let empty = try ArchiveOnDisk(
            of: without.entries.map { BuiltEntry($0.path, $0.content) }
                + [BuiltEntry(Manifest.path, [])])
        try expectRefusal(of: empty, "its manifest has no end")
    }

    @Test func anyByteOfTheManifestChanged() throws {
        var random = SeededGenerator(seed: 77)
        let before = try target.figures()
        for _ in 0..<300 {
            var changed = honest
            let place = Int.random(in: 0..<changed.lines.count, using: &random)
            var bytes = Array(changed.lines[place].utf8)
            let at = Int.random(in: 0..<bytes.count, using: &random)
            bytes[at] = UInt8.random(in: 0x20...0x7E, using: &random)
            let line = String(decoding: bytes, as: UTF8.self)
            if line == changed.lines[place] { continue }
            changed.lines[place] = line
            let archive = try changed.archive(keepingEnd: true)
            #expect(throws: AssetError(.inputUnreadable, "")) {
                try target.store.importProject(from: archive.path)
            }
        }
        #expect(try target.figures() == before)
    }
}

extension String {
    /// The text of a member of the JSON object that this is, `"key":value`.
    fileprivate func member(_ key: String) -> String? {
        guard let start = range(of: "\"\(key)\":") else { return nil }
        var end = start.upperBound
        var isInText = false
        while end < endIndex, isInText || self[end] != "," && self[end] != "}" {
            if self[end] == "\"" { isInText.toggle() }
            end = index(after: end)
        }
        return String(self[start.lowerBound..<end])
    }

    private func range(of text: String) -> Range<Index>? { ranges(of: text).first }
}
