import AssetStore
import AssetctlCommands
import Basics
import Foundation
import TestSupport
import Testing

/// `export` and `import`.
@Suite struct ArchiveCommands {
    private let test: CommandStore

    init() throws { test = try CommandStore() }

    @Test func aProjectGoesOutAndComesBack() throws {
        let id = try test.put("a.wav", SmallMedia.wav)
        let path = test.directory.file("p.zip")
        let exported = test.run("export", "p", "--output", path, "--json")
        #expect(exported.status == 0, "\(exported.error)")
        let report = try #require(try exported.json.first)
        #expect(
            report.keys == [
                "project", "file", "assets", "jobs", "frames", "segments", "scenes",
                "checkpoints", "byteCount", "archiveByteCount", "reusedByteCount", "skipped",
                "seconds",
            ])
        #expect(report["assets"] == .number(literal: "1"))
        #expect(try test.names == ["p.zip"])

        let refused = test.run("import", path)
        #expect(refused.status == 1 && refused.lastWord.contains("--project"))
        let imported = test.run("import", path, "--project", "q", "--json")
        #expect(imported.status == 0, "\(imported.error)")
        #expect(try imported.json.first?["project"] == .string("q"))
        let listed = test.run("ls", "--project", "q", "--json")
        #expect(try listed.json.first?["name"] == .string("a.wav"))
        #expect(try listed.json.first?["id"]?.string != id)
        #expect(test.run("project", "rm", "p").status == 0)
        #expect(test.run("import", path).output.hasPrefix("imported 1 asset, 0 jobs and 0 frames"))
        #expect(test.run("show", id).status == 0)
        #expect(test.run("verify").status == 0)
    }

    @Test func mediaOfOthersIsImported() throws {
        // A stored entry, as any tool writes it.
        var zip = ByteWriter()
        func append(_ signature: UInt32, _ more: (inout ByteWriter) -> Void) {
            zip.append(signature)
            more(&zip)
        }
        let content = SmallMedia.wav
        let crc = crc32(content)
        func common(_ writer: inout ByteWriter) {
            for value in [UInt16(20), 0, 0] { writer.append(value) }
            writer.append(UInt32(0x5765_6B40))
            for value in [crc, UInt32(content.count), UInt32(content.count)] {
                writer.append(value)
            }
            for value in [UInt16(5), 0] { writer.append(value) }
        }
        append(0x0403_4B50) { common(&$0) }
        zip.append(contentsOf: "x.wav".utf8)
        zip.append(contentsOf: content)
        let start = zip.count
        append(0x0201_4B50) { writer in
            writer.append(UInt16(20))
            common(&writer)
            for value in [UInt16(0), 0, 0] { writer.append(value) }
            for value in [UInt32(0), 0] { writer.append(value) }
        }
        zip.append(contentsOf: "x.wav".utf8)
        let end = zip.count
        append(0x0605_4B50) { writer in
            for value in [UInt16(0), 0, 1, 1] { writer.append(value) }
            writer.append(UInt32(end - start))
            writer.append(UInt32(start))
            writer.append(UInt16(0))
        }
        let path = try test.file("holiday.zip", zip.bytes)
        let outcome = test.run("import", path)
        #expect(outcome.status == 0, "\(outcome.error)")
        let listed = try #require(try test.run("ls", "--json").json.first)
        #expect(listed["project"] == .string("holiday"))
        #expect(listed["mediaType"] == .string("audio/wav"))
        #expect(listed["sampleRate"] == .number(literal: "8000"))
    }

    @Test func whatIsWrongIsTold() throws {
        #expect(test.run("import", "none.zip").status == 66)
        #expect(try test.names.isEmpty && FileSystem.kind(of: test.path) == nil)
        let noZip = try test.file("x.zip", [1, 2, 3])
        #expect(test.run("import", noZip).status == 66)
        _ = try test.put("a.wav", SmallMedia.wav)
        let path = test.directory.file("p.zip")
        #expect(test.run("export", "q", "--output", path).status == 66)
        #expect(test.run("export", "p").status == 64)
        #expect(test.run("export", "p", "--output", path).status == 0)
        #expect(test.run("export", "p", "--output", path).status == 1)
        #expect(test.run("export", "p", "--output", path, "--overwrite").status == 0)
        #expect(test.run("import", path, "--project", "").status == 64)

        let small = try CommandStore()
        #expect(small.run("init", "--quota", "100").status == 0)
        let full = small.run("import", path)
        #expect(full.status == 75 && full.lastWord.contains("to go on: assetctl"))
        #expect(small.run("quota", "none").status == 0)
        #expect(small.run("import", path).status == 0)
    }

    @Test func interruptedTheySayHowToGoOn() throws {
        _ = try test.put("a.wav", SmallMedia.wav)
        let path = test.directory.file("p.zip")
        let interrupt = Interrupt()
        _ = interrupt.signalled()
        let exported = test.run("export", "p", "--output", path, interrupt: interrupt)
        #expect(exported.status == 130)
        #expect(exported.lastWord.contains("interrupted; to go on: assetctl --store"))
        #expect(test.run("export", "p", "--output", path).status == 0)
        let other = try CommandStore()
        let imported = other.run("import", path, interrupt: interrupt)
        #expect(imported.status == 130 && imported.lastWord.contains("to go on: assetctl"))
        #expect(other.run("import", path).status == 0)
        #expect(other.run("verify").status == 0)
    }

    /// CRC-32 as zip has it, bit by bit.
    private func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
