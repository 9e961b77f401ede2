import Basics
import TestSupport
import Testing

@testable import ProjectArchive

/// Archives as `zip`, `7z`, Python and macOS write them.
@Suite struct ArchivesOfOthers {
    private let text = Array(String(repeating: "some text, again and again\n", count: 500).utf8)

    @Test func foldersAndFiles() throws {
        let archive = try ArchiveOnDisk(of: [
            BuiltEntry("tree/", []).with { $0.mode = 0o040755 },
            BuiltEntry("tree/a.txt", text),
            try BuiltEntry("tree/b.txt", text).deflated(),
        ])
        let reader = try ZipReader(path: archive.path)
        #expect(try reader.entry(at: 0).isFolder)
        #expect(try !reader.entry(at: 1).isFolder)
        #expect(
            try contents(of: archive)
                == ["tree/": [], "tree/a.txt": text, "tree/b.txt": text])
    }

    /// `zip -`, Python into a pipe, and libarchive: what is known last stands last.
    @Test func sizesBehindTheContent() throws {
        for signature in [false, true] {
            for long in [false, true] {
                let archive = try ArchiveOnDisk(of: [
                    BuiltEntry("a", text).streamed(signature: signature, long: long),
                    try BuiltEntry("b", text).deflated()
                        .streamed(signature: signature, long: long),
                ])
                #expect(try contents(of: archive) == ["a": text, "b": text])
            }
        }
    }

    /// Python's `force_zip64`, `zip -fz`: zip64 fields where 32 bits would do.
    @Test func zip64WithoutNeed() throws {
        let sizes = [UInt64(text.count), UInt64(text.count)]
        let archive = try ArchiveOnDisk(of: [
            BuiltEntry("a", text).with {
                ($0.localByteCount, $0.localStoredByteCount) = (0xFFFF_FFFF, 0xFFFF_FFFF)
                $0.localExtra = zip64Field(sizes)
            },
            BuiltEntry("b", text).with {
                ($0.byteCount, $0.storedByteCount) = (0xFFFF_FFFF, 0xFFFF_FFFF)
                $0.extra = zip64Field(sizes)
                $0.localExtra = zip64Field(sizes)
            },
            BuiltEntry("c", text).streamed(long: true).with { $0.localExtra = zip64Field([0, 0]) },
        ])
        #expect(try contents(of: archive) == ["a": text, "b": text, "c": text])
    }

    /// macOS: UTF-8 that is not marked as such, letters apart from their accents, sizes behind the
    /// content, and a shadow of every file.
    @Test func macOS() throws {
        let name = "Fotos/Ma\u{308}rz.jpg"
        let archive = try ArchiveOnDisk(of: [
            BuiltEntry("Fotos/", []).with {
                $0.flags = 0
                $0.mode = 0o040755
            },
            try BuiltEntry(name, text).deflated().streamed().with {
                $0.flags = 8
                $0.extra = [0x75, 0x78, 11, 0, 1, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0]
            },
            BuiltEntry("__MACOSX/Fotos/._Ma\u{308}rz.jpg"), BuiltEntry("Fotos/.DS_Store"),
        ])
        let reader = try ZipReader(path: archive.path)
        #expect(try reader.entry(at: 1).path.unicodeScalars.elementsEqual(name.unicodeScalars))
        #expect(try content(of: reader.entry(at: 1), in: reader) == text)
        #expect(
            try (0..<4).map { try reader.entry(at: $0).isIgnorable } == [false, false, true, true])
    }

    @Test func namesInOtherEncodings() throws {
        var unicodeName = ByteWriter()
        let raw: [UInt8] = [0x6D, 0x3F]
        unicodeName.append(ZipExtra.unicodePath)
        unicodeName.append(UInt16(5 + 3))
        unicodeName.append(UInt8(1))
        unicodeName.append(unsafe CRC32.of(raw.span.bytes))
        unicodeName.append(contentsOf: "mü".utf8)
        let archive = try ArchiveOnDisk(of: [
            BuiltEntry("").with {
                $0.flags = 0
                $0.name = [0x81, 0x2E, 0x6A, 0x70, 0x67]
            },
            BuiltEntry("").with {
                $0.flags = 0
                $0.name = raw
                $0.extra = unicodeName.bytes
            },
            BuiltEntry("./dot/a"), BuiltEntry("./", []).with { $0.mode = 0o040755 },
        ])
        #expect(
            Set(try contents(of: archive).keys) == ["ü.jpg", "mü", "dot/a", "./"])
    }

    @Test func orderGapsAndComments() throws {
        var built = BuiltArchive([BuiltEntry("a", text), BuiltEntry("b", [7])])
        built.comment = Array("PK\u{5} a comment".utf8)
        built.entries[0].comment = [1, 2, 3]
        built.prefix = Array("a program that unpacks itself".utf8)
        #expect(
            try contents(of: ArchiveOnDisk(built.bytes)) == ["a": text, "b": [7]])
        // The directory's order is not that of the bytes.
        built.directory = built.entries.reversed()
        let archive = try ArchiveOnDisk(built.bytes)
        #expect(try contents(of: archive) == ["a": text, "b": [7]])
        #expect(try ZipReader(path: archive.path).entry(at: 0).path == "b")
    }

    /// bsdtar fills up what goes into a pipe to blocks of 10 KiB.
    @Test func zerosBehindTheEnd() throws {
        var built = BuiltArchive([BuiltEntry("a", text)])
        for count in [1, 2, 22, 10_239] {
            let padding = [UInt8](repeating: 0, count: count)
            #expect(try contents(of: ArchiveOnDisk(built.bytes + padding)) == ["a": text])
        }
        built.comment = [7, 0, 0]
        #expect(try contents(of: ArchiveOnDisk(built.bytes + [0])) == ["a": text])
    }

    /// Tools without zip64 count on from 0 after 65535.
    @Test func countsThatRanOver() throws {
        let entries = (0..<65_540).map { BuiltEntry("\($0)", [1]) }
        let archive = try ArchiveOnDisk(of: entries)
        #expect(try ZipReader(path: archive.path).entryCount == 65_540)
    }

    @Test func nothingAtAll() throws {
        let archive = try ArchiveOnDisk(of: [])
        let reader = try ZipReader(path: archive.path)
        #expect(reader.entryCount == 0)
        try reader.forEachEntry { _ in
            Issue.record("there is none")
            return true
        }
        #expect(try reader.entry(path: "a") == nil)
    }
}
