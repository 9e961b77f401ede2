import Basics
import TestSupport
import Testing

@testable import ProjectArchive

/// What is written can be read here and elsewhere, and is the same every time.
@Suite struct WrittenArchives {
    private let moment = Timestamp(millisecondsSinceEpoch: 1_700_000_001_500)

    private func write(
        to path: String, _ body: (ZipWriter) throws -> Void
    ) throws {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let writer = ZipWriter(
            try File(path, [.write, .createNew]), temporariesIn: directory)
        try body(writer)
        try writer.finish()
    }

    @Test func whatIsWrittenIsRead() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.zip")
        var generator = SeededGenerator(seed: 7)
        let pieces = (0..<12).map { generator.bytes($0 * 30_011) }
        let text = Array(String(repeating: "{\"id\": 1, \"name\": \"a\"}\n", count: 20_000).utf8)
        try write(to: path) { writer in
            try writer.add(
                "images/one.png", modifiedAt: moment, bytes: pieces[3])
            try writer.add("videos/Ünïcode – 日本.mp4", modifiedAt: moment, byteCount: nil) {
                append in
                for piece in pieces { try append(unsafe piece.span.bytes) }
            }
            try writer.add(
                "manifest.ndjson", modifiedAt: moment, method: .deflated, byteCount: text.count
            ) { append in try append(unsafe text.span.bytes) }
            try writer.add("empty", modifiedAt: moment, method: .deflated, byteCount: 0) { _ in }
        }
        let contents = try contents(ofArchive: path)
        #expect(contents.count == 4)
        #expect(contents["images/one.png"] == pieces[3])
        #expect(contents["videos/Ünïcode – 日本.mp4"] == pieces.flatMap { $0 })
        #expect(contents["manifest.ndjson"] == text)
        #expect(contents["empty"] == [])
        let reader = try ZipReader(path: path)
        let manifest = try #require(try reader.entry(path: "manifest.ndjson"))
        #expect(manifest.storedByteCount < text.count / 10)
        #expect(manifest.modifiedAt.millisecondsSinceEpoch == 1_700_000_001_000)
        #expect(try reader.entry(path: "Manifest.ndjson") == nil)
        #expect(try reader.entry(at: 2) == manifest)
    }

    /// Readers of streams need checksum and sizes in front of what is stored.
    @Test func sizesAndChecksumsStandBeforeTheContent() throws {
        let directory = try TemporaryDirectory()
        for byteCount in [nil, 600_000] {
            let path = directory.file("\(byteCount ?? 0).zip")
            var generator = SeededGenerator(seed: 8)
            let content = generator.bytes(600_000)
            try write(to: path) { writer in
                try writer.add("a", modifiedAt: moment, byteCount: byteCount) { append in
                    try append(unsafe content.span.bytes)
                }
            }
            let file = try File(path)
            let header = try file.read(at: 0, count: 60)
            let crc = unsafe CRC32.of(content.span.bytes)
            #expect(header[6] == 0)
            #expect(header[14..<18].elementsEqual(littleEndian(crc)))
            if byteCount == nil {
                #expect(header[18..<26].allSatisfy { $0 == 0xFF })
                #expect(header[44..<52].elementsEqual(littleEndian(UInt64(600_000))))
            } else {
                #expect(header[18..<22].elementsEqual(littleEndian(UInt32(600_000))))
                #expect(header[22..<26].elementsEqual(littleEndian(UInt32(600_000))))
            }
        }
    }

    @Test func theSameEntriesGiveTheSameBytes() throws {
        let directory = try TemporaryDirectory()
        var checksums: [UInt32] = []
        for name in ["a", "b"] {
            try write(to: directory.file(name)) { writer in
                for number in 0..<50 {
                    let content = [UInt8](repeating: UInt8(number), count: number * 1000)
                    try writer.add(
                        "\(number)", modifiedAt: moment,
                        method: number % 2 == 0 ? .stored : .deflated,
                        byteCount: nil
                    ) { append in try append(unsafe content.span.bytes) }
                }
            }
            let file = try File(directory.file(name))
            let bytes = try file.read(at: 0, count: try file.byteCount())
            checksums.append(unsafe CRC32.of(bytes.span.bytes))
        }
        #expect(checksums[0] == checksums[1])
    }

    @Test func moreEntriesThan16BitsCount() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.zip")
        let count = 66_000
        try write(to: path) { writer in
            for number in 0..<count {
                let content = [UInt8(truncatingIfNeeded: number)]
                try writer.add(
                    "frames/\(number).jpg", modifiedAt: moment, bytes: content)
            }
        }
        let reader = try ZipReader(path: path)
        #expect(reader.entryCount == count)
        #expect(reader.contentByteCount == count)
        let entry = try #require(try reader.entry(path: "frames/65999.jpg"))
        #expect(try content(of: entry, in: reader) == [UInt8(65_999 & 0xFF)])
        #expect(try reader.entry(at: 65_999) == entry)
        var seen = 0
        try reader.forEachEntry(from: 65_990) { _ in
            seen += 1
            return seen < 5
        }
        #expect(seen == 5)
    }

    /// Headers beyond 4 GiB, on a file that is mostly a hole.
    @Test func entriesAndArchivesBeyond4GiB() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a.zip")
        let file = try File(path, [.write, .createNew])
        let long = 5 << 30
        var record = ZipRecord(
            path: "long", method: .stored, modifiedAt: moment, crc32: 0,
            storedByteCount: long, byteCount: long, offset: 0, reservesLongSizes: true)
        var header = record.localHeader()
        try file.write(unsafe header.span.bytes, at: 0)
        var directoryBytes = record.directoryRecord()
        let second = header.count + long
        record = ZipRecord(
            path: "short", method: .stored, modifiedAt: moment, crc32: 0,
            offset: second, reservesLongSizes: false)
        header = record.localHeader()
        directoryBytes += record.directoryRecord()
        let start = second + header.count
        directoryBytes +=
            ZipEndWriter(entryCount: 2, directory: start..<start + directoryBytes.count).bytes
        try file.write(unsafe (header + directoryBytes).span.bytes, at: second)

        let reader = try ZipReader(path: path)
        let entry = try #require(try reader.entry(path: "long"))
        #expect(entry.byteCount == long)
        #expect(try reader.entry(path: "short")?.byteCount == 0)
    }

    @Test func anEntryThatFailsLeavesNoTrace() throws {
        struct Failure: Error {}
        let directory = try TemporaryDirectory()
        let path = directory.file("a.zip")
        try write(to: path) { writer in
            try writer.add("first", modifiedAt: moment, bytes: [1])
            for (count, method) in [(10, .stored), (100_000, .stored), (100_000, .deflated)]
                as [(Int, ZipMethod)]
            {
                var generator = SeededGenerator(seed: 9)
                let content = generator.bytes(count)
                #expect(throws: Failure.self) {
                    try writer.add(
                        "second", modifiedAt: moment, method: method, byteCount: nil
                    ) { append in
                        for _ in 0..<5 { try append(unsafe content.span.bytes) }
                        throw Failure()
                    }
                }
                #expect(throws: AssetError(.invalidArgument, "")) {
                    try writer.add(
                        "second", modifiedAt: moment, method: method, byteCount: count + 1
                    ) { append in
                        try append(unsafe content.span.bytes)
                    }
                }
            }
            try writer.add("second", modifiedAt: moment, bytes: [2])
        }
        #expect(try contents(ofArchive: path) == ["first": [1], "second": [2]])
        #expect(try File(path).byteCount() < 400)
    }

    @Test func namesThatNobodyWouldTakeAreNotWritten() throws {
        let directory = try TemporaryDirectory()
        try write(to: directory.file("a.zip")) { writer in
            try writer.add("Straße/É.png", modifiedAt: moment, bytes: [1])
            #expect(try writer.contains("STRASSE/e\u{301}.png"))
            #expect(try !writer.contains("strase/é.png"))
            for name in [
                "", "/a", "a/../b", "a\\b", "c:/x", "a\nb", "folder/", "strasse/E\u{301}.PNG",
                String(repeating: "n", count: 1025),
            ] {
                #expect(throws: AssetError(.invalidArgument, "")) {
                    try writer.add(name, modifiedAt: moment, bytes: [1])
                }
            }
        }
        #expect(try ZipReader(path: directory.file("a.zip")).entryCount == 1)
    }

    @Test func timesAreKeptToTheSecondAsFarAsTheFormatGoes() throws {
        for (milliseconds, seconds) in [
            (0, 315_532_800), (1_700_000_001_999, 1_700_000_000), (-5, 315_532_800),
            (9_999_999_999_999, 4_354_819_198), (951_782_400_000, 951_782_400),
        ] as [(Int64, Int64)] {
            let time = ZipTime(Timestamp(millisecondsSinceEpoch: milliseconds))
            #expect(time.timestamp.millisecondsSinceEpoch == seconds * 1000)
        }
        // 2000-02-29, 12:34:56.
        #expect(
            ZipTime(Timestamp(millisecondsSinceEpoch: 951_827_696_000)).rawValue
                == UInt32(20 << 9 | 2 << 5 | 29) << 16 | UInt32(12 << 11 | 34 << 5 | 28))
        let directory = try TemporaryDirectory()
        let path = directory.file("a.zip")
        try write(to: path) { writer in
            for (number, milliseconds) in [-1, 0, 1_999, 1 << 45].enumerated() {
                try writer.add(
                    "\(number)", modifiedAt: Timestamp(millisecondsSinceEpoch: Int64(milliseconds)),
                    bytes: [1])
            }
        }
        let reader = try ZipReader(path: path)
        let seconds = try (0..<4).map {
            try reader.entry(at: $0).modifiedAt.millisecondsSinceEpoch / 1000
        }
        #expect(seconds == [-1, 0, 1, 4_354_819_198])
    }
}

private func littleEndian<T: FixedWidthInteger & Sendable & BitwiseCopyable>(
    _ value: T
) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(value)
    return writer.bytes
}
