import Basics
import TestSupport
import Testing

@testable import ProjectArchive

/// What no honest tool writes is refused before anything of it is used, with one line that says
/// why (P12).
@Suite struct HostileArchives {
    /// Expects that opening the archive fails, and that the message says `reason`.
    private func expectRefusal(
        _ reason: String, _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let archive = try ArchiveOnDisk(bytes)
        let error = #expect(throws: AssetError.self, sourceLocation: sourceLocation) {
            _ = try ZipReader(path: archive.path)
        }
        #expect(error?.code == .inputUnreadable, sourceLocation: sourceLocation)
        let message = error?.message ?? ""
        #expect(
            message.contains(reason) && !message.contains(where: \.isNewline), "\(message)",
            sourceLocation: sourceLocation)
    }

    private func expectRefusal(
        _ reason: String, _ entries: [BuiltEntry],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try expectRefusal(reason, BuiltArchive(entries).bytes, sourceLocation: sourceLocation)
    }

    /// Expects that the archive opens, but that its first entry can't be read to the end.
    private func expectUnreadable(
        _ reason: String, _ entry: BuiltEntry, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let archive = try ArchiveOnDisk(of: [entry])
        let reader = try ZipReader(path: archive.path)
        let first = try reader.entry(at: 0)
        var byteCount = 0
        let error = #expect(throws: AssetError.self, sourceLocation: sourceLocation) {
            try reader.read(first) { byteCount += $0.byteCount }
        }
        #expect(error?.code == .inputUnreadable, sourceLocation: sourceLocation)
        #expect(
            error?.message.contains(reason) == true, "\(error?.message ?? "")",
            sourceLocation: sourceLocation)
        #expect(byteCount <= first.byteCount, sourceLocation: sourceLocation)
    }

    @Test func namesThatLeadElsewhere() throws {
        for (name, reason) in [
            ("../a", ".."), ("a/../../b", ".."), ("a/..", ".."), ("..", ".."), ("a/./b", "“.”"),
            ("/etc/passwd", "absolute"), ("//host/a", "absolute"), ("C:/a", "drive letter"),
            ("c:a", "drive letter"), ("a\\b", "backslash"), ("..\\..\\a", "backslash"),
            ("a\0b", "control"), ("a\nb", "control"), ("a\u{7F}", "control"),
            ("a\u{2028}b", "control"), ("a//b", "empty"),
            // To Swift a slash with an accent is another character; to a disk it is a slash.
            ("/\u{301}etc", "absolute"), ("../\u{301}a", ".."), ("a/\u{301}/../b", ".."),
            ("\\\u{301}a", "backslash"), ("", "empty"), ("./../a", ".."),
            (String(repeating: "x/", count: 600) + "x", "longer"),
        ] {
            try expectRefusal(reason, [BuiltEntry(name)])
        }
        // A harmless name with another in an extra field.
        var field = ByteWriter()
        field.append(ZipExtra.unicodePath)
        field.append(UInt16(5 + 4))
        field.append(UInt8(1))
        field.append(unsafe CRC32.of(Array("a".utf8).span.bytes))
        field.append(contentsOf: "../b".utf8)
        try expectRefusal("..", [BuiltEntry("a").with { $0.extra = field.bytes }])
        try expectRefusal("UTF-8", [BuiltEntry("").with { $0.name = [0xFF, 0xFE] }])
    }

    @Test func linksAndDevices() throws {
        for (mode, reason) in [
            (0o120777, "a link"), (0o010644, "a pipe"), (0o020644, "a device"),
            (0o060644, "a device"), (0o140644, "a socket"), (0o040755, "a folder and a file"),
        ] as [(UInt16, String)] {
            try expectRefusal(reason, [BuiltEntry("a").with { $0.mode = mode }])
        }
        try expectRefusal("folder with content", [BuiltEntry("a/")])
    }

    @Test func namesThatAreThereTwice() throws {
        for (one, other) in [
            ("a/b.png", "a/b.png"), ("a/b.png", "A/B.PNG"), ("é", "e\u{301}"), ("É", "é"),
            ("straße", "STRASSE"), ("x", "x/"), ("./y", "y"),
        ] {
            let second = BuiltEntry(other, other.hasSuffix("/") ? [] : [1])
            try expectRefusal(
                one == other && one.utf8.elementsEqual(other.utf8) ? "twice" : "",
                [BuiltEntry(one), BuiltEntry("between"), second])
        }
    }

    @Test func entriesThatShareBytes() throws {
        let content = [UInt8](repeating: 5, count: 100)
        // A local header and its bytes within the bytes of another entry.
        let inner = BuiltEntry("b", content)
        var archive = BuiltArchive([
            BuiltEntry("a", Array(BuiltArchive([inner]).bytes[..<131])),
            BuiltEntry("c", content),
        ])
        let hidden = inner.with { $0.offset = 31 }
        for directory in [
            [archive.entries[0], hidden], [hidden, archive.entries[0]],
            [archive.entries[0], archive.entries[1], hidden],
            [hidden, archive.entries[1], archive.entries[0]],
        ] {
            archive.directory = directory
            try expectRefusal("overlap", archive.bytes)
        }
        archive.directory = [hidden, archive.entries[1]]
        #expect(try contents(of: ArchiveOnDisk(archive.bytes)).count == 2)
        // Two names for one place.
        archive.directory = archive.entries + [BuiltEntry("d", content).with { $0.offset = 162 }]
        try expectRefusal("another at its place", archive.bytes)
    }

    @Test func headersThatContradictTheDirectory() throws {
        let entry = BuiltEntry("a", Array("0123456789".utf8))
        for (what, liar) in [
            ("name", entry.with { $0.localName = Array("b".utf8) }),
            ("name", entry.with { $0.localName = Array("longer".utf8) }),
            ("method", entry.with { $0.localMethod = 8 }),
            ("flags", entry.with { $0.localFlags = 0 }),
            ("flags", entry.with { $0.localFlags = 0x0801 }),
            ("size", entry.with { $0.localByteCount = 9 }),
            ("size", entry.with { $0.localStoredByteCount = 9 }),
            ("size", entry.with { $0.localByteCount = 0 }),
            ("checksum", entry.with { $0.localCRC = 0 }),
            ("zip64", entry.with { $0.localByteCount = 0xFFFF_FFFF }),
            ("zip64", entry.with { $0.extra = zip64Field([10]) }),
            ("zip64", entry.with { $0.localExtra = zip64Field([10, 10]) }),
            ("zip64", entry.with { $0.byteCount = 0xFFFF_FFFF }),
            (
                "zip64",
                entry.with {
                    $0.byteCount = 0xFFFF_FFFF
                    $0.extra = zip64Field([.max])
                }
            ),
            (
                "two zip64",
                entry.with {
                    $0.byteCount = 0xFFFF_FFFF
                    $0.extra = zip64Field([10]) + zip64Field([11])
                }
            ),
            ("two different sizes", entry.with { $0.byteCount = 11 }),
            ("into the directory", entry.with { ($0.byteCount, $0.storedByteCount) = (999, 999) }),
            ("not where", entry.with { $0.offset = 1 }),
            ("ends early", entry.with { $0.offset = 4_000_000 }),
            ("extra field", entry.with { $0.extra = [1, 0, 200, 0] }),
            ("extra field", entry.with { $0.localExtra = [9, 9, 200, 0] }),
            ("split", entry.with { $0.disk = 1 }),
        ] {
            try expectRefusal(what, [liar])
        }
    }

    @Test func whatIsEncryptedOrPackedOtherwise() throws {
        let entry = BuiltEntry("a")
        for flags in [1, 1 << 6, 1 << 13] as [UInt16] {
            try expectRefusal("encrypted", [entry.with { $0.flags |= flags }])
        }
        for (method, name) in [(12, "bzip2"), (14, "LZMA"), (93, "zstd"), (99, "AES"), (1, "1")] {
            try expectRefusal(name, [entry.with { $0.method = UInt16(method) }])
        }
        try expectRefusal("packed", [entry.with { $0.flags |= 1 << 5 }])
    }

    @Test func archivesThatAreNotWhole() throws {
        var archive = BuiltArchive([BuiltEntry("a", [UInt8](repeating: 1, count: 50))])
        let bytes = archive.bytes
        for count in 0..<bytes.count {
            try expectRefusal("", Array(bytes[..<count]))
            if count > 0 { try expectRefusal("", Array(bytes[count...])) }
        }
        try expectRefusal("tail", bytes + [1])
        try expectRefusal("tail", bytes + [0, 0, 1])
        try expectRefusal("tail", bytes + [UInt8](repeating: 0, count: 1 << 16))
        archive.disk = 1
        try expectRefusal("split", archive.bytes)
        archive.disk = 0
        archive.entryCount = 2
        try expectRefusal("counts", archive.bytes)
        archive.entryCount = nil
        archive.beforeEnd = [0]
        try expectRefusal("not where", archive.bytes)
        archive.beforeEnd = []
        archive.directoryByteCount = 10
        try expectRefusal("not where", archive.bytes)
        archive.directoryByteCount = nil
        // A comment that is itself an end with a comment of its own.
        archive.comment = BuiltArchive([]).bytes
        try expectRefusal("two ends", archive.bytes)
        archive.comment += [0, 0]
        try expectRefusal("two ends", archive.bytes)
    }

    @Test func zip64EndsThatLie() throws {
        let plain = BuiltArchive([BuiltEntry("a")])
        let start = plain.bytes.count - 22 - 47
        func archive(
            count: UInt64 = 1, byteCount: UInt64 = 47, offset: UInt64? = nil, disks: UInt32 = 1,
            size: UInt64 = 44, position: UInt64? = nil
        ) -> [UInt8] {
            var writer = ByteWriter()
            writer.append(ZipSignature.zip64End)
            writer.append(size)
            for _ in 0..<2 { writer.append(UInt16(45)) }
            for _ in 0..<2 { writer.append(UInt32(0)) }
            for number in [count, count, byteCount, offset ?? UInt64(start)] {
                writer.append(number)
            }
            writer.append(ZipSignature.zip64Locator)
            writer.append(UInt32(0))
            writer.append(position ?? UInt64(start + 47))
            writer.append(disks)
            var archive = plain
            archive.beforeEnd = writer.bytes
            (archive.entryCount, archive.directoryByteCount, archive.directoryOffset) = (
                0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF
            )
            return archive.bytes
        }
        #expect(try contents(of: ArchiveOnDisk(archive())) == ["a": [1, 2, 3]])
        for (reason, bytes) in [
            ("counts", archive(count: 2)), ("counts", archive(count: 65_537)),
            ("not where", archive(byteCount: 46)), ("not where", archive(byteCount: .max)),
            ("not where", archive(offset: 0)), ("not where", archive(offset: .max)),
            ("split", archive(disks: 2)), ("not where", archive(size: 45)),
            ("not where", archive(size: .max)), ("not where", archive(position: 3)),
            ("not where", archive(position: .max)),
        ] {
            try expectRefusal(reason, bytes)
        }
    }

    @Test func bombs() throws {
        let entry = BuiltEntry("a", [1]).with { $0.method = 8 }
        try expectRefusal(
            "claims",
            [
                entry.with {
                    $0.stored = [UInt8](repeating: 0, count: 100)
                    $0.byteCount = 200_000
                }
            ])
        // Each may be, all together may not.
        try expectRefusal(
            "100 times its size",
            (0..<10).map { number in
                BuiltEntry("\(number)").with {
                    $0.method = 8
                    $0.stored = [UInt8](repeating: 0, count: 100_000)
                    $0.byteCount = 100_000_000
                }
            })
        try expectRefusal("without content", (0..<100_000).map { BuiltEntry("\($0)", []) })
    }

    @Test func contentThatIsNotWhatWasClaimed() throws {
        let content = Array(String(repeating: "0123456789", count: 50_000).utf8)
        let stored = BuiltEntry("a", content)
        let deflated = try stored.deflated()
        try expectUnreadable("checksum", stored.with { $0.crc = 1 })
        try expectUnreadable("checksum", deflated.with { $0.crc = 1 })
        try expectUnreadable("checksum", deflated.with { $0.content[0] = 1 })
        for wrong in [1, content.count - 1, content.count + 1] {
            try expectUnreadable("", deflated.with { $0.byteCount = UInt32(wrong) })
        }
        let packed = try #require(deflated.stored)
        try expectUnreadable(
            "can't be unpacked", deflated.with { $0.stored = Array(packed.dropLast(9)) })
        try expectUnreadable("can't be unpacked", deflated.with { $0.stored = packed + [1, 2, 3] })
        try expectUnreadable(
            "can't be unpacked",
            deflated.with { $0.stored = [UInt8](repeating: 0xFF, count: packed.count) })
        try expectUnreadable(
            "behind its content", stored.streamed().with { $0.descriptor[9] ^= 1 })
        try expectUnreadable(
            "behind its content", deflated.streamed().with { $0.descriptor.removeAll() })
    }

    /// Whatever is changed in an archive, it is read as before or refused.
    @Test func damagedArchivesNeverGiveOtherContent() throws {
        let text = Array(String(repeating: "text ", count: 300).utf8)
        let sound = BuiltArchive([
            BuiltEntry("a.txt", text), try BuiltEntry("b/c.txt", text).deflated(),
            try BuiltEntry("d", text).deflated().streamed(), BuiltEntry("e/", []),
        ]).bytes
        let expected = try contents(of: ArchiveOnDisk(sound))
        let archive = try ArchiveOnDisk(sound)
        let file = try File(archive.path, [.write])
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<3000 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[index] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
            }
            try file.write(unsafe bytes.span.bytes, at: 0)
            do {
                for (path, content) in try contents(of: archive) {
                    // Names that are not in a checksum may have changed.
                    #expect(expected[path] == nil || expected[path] == content)
                    #expect(expected.values.contains(content))
                }
            } catch let error as AssetError {
                #expect(error.code == .inputUnreadable)
            }
        }
    }
}
