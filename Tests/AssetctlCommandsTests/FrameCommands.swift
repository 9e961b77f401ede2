// Pictures and videos become sequences, and sequences become pictures again.

import AssetStore
import AssetctlCommands
internal import Basics
internal import Foundation
internal import FrameCodecs
internal import Media
internal import TestSupport
import Testing

@Suite struct FrameCommands {
    let store: CommandStore
    init() throws { store = try CommandStore() }

    private func file(_ name: String, _ bytes: [UInt8]) throws {
        let path = store.directory.file(name)
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private func png(_ seed: Int) throws -> [UInt8] {
        var frame = try Frame(width: 24, height: 16, format: .bgraPremultiplied)
        let stride = frame.planes[0].stride
        unsafe frame.withUnsafeMutableBytes { memory in
            for y in 0..<16 {
                for x in 0..<96 {
                    unsafe memory[y * stride + x] =
                        x % 4 == 3 ? 255 : UInt8(truncatingIfNeeded: x * y + seed)
                }
            }
        }
        return try PNGEncoder().encode(frame) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
    }

    /// A video of six frames, one colour after another.
    private func makeVideo(at path: String) throws {
        let settings = try VideoSettings(
            width: 64, height: 48, frameRate: FrameRate(numerator: 25))
        let encoder = try SegmentEncoder(settings)
        var packets: [EncodedPacket] = []
        for index in 0..<6 {
            var frame = try Frame(width: 64, height: 48, format: .yuv420BT709)
            unsafe frame.withUnsafeMutableBytes { memory in
                for place in memory.indices { unsafe memory[place] = UInt8(40 + 30 * index) }
            }
            packets += try encoder.encode(frame, index: index)
        }
        packets += try encoder.finish()
        let all = packets
        try MP4Muxer.write(
            to: path,
            video: MP4Muxer.VideoTrack(
                settings: settings, extradata: encoder.extradata,
                makePackets: {
                    var rest = all[...]
                    return { rest.popFirst() }
                }))
    }

    @Test func picturesComeBackAsTheyWere() throws {
        for index in [0, 2, 11] { try file("in/\(index).png", png(index)) }
        let result = store.run(
            "--json", "frames", "import", "intro", store.directory.file("in"), "--project", "p")
        #expect(result.status == 0)
        #expect(try result.json[0]["frames"] == .number(literal: "3"))
        let listed = try store.run("--json", "frames", "ls", "intro").json
        #expect(listed.map { $0["index"]?.text } == ["0", "2", "11"])
        #expect(listed.allSatisfy { $0["codec"] == "lossless" })
        let folder = store.directory.file("out")
        #expect(store.run("frames", "export", "intro", folder).status == 0)
        for index in [0, 2, 11] {
            let name = String(repeating: "0", count: index > 9 ? 4 : 5) + "\(index).png"
            #expect(try store.contents("out/\(name)") == png(index))
        }
        let raw = store.directory.file("f.raw")
        #expect(store.run("frames", "get", "intro", "2", "--output", raw).status == 0)
        #expect(try store.contents("f.raw").count == 24 * 16 * 4)
        let job = try store.run("--json", "job", "show", "intro").json[0]
        #expect(job["state"] == "complete" && job["project"] == "p")
        #expect(store.run("verify").status == 0)
    }

    /// What `frames export` writes as raw samples comes back as the same frames, of any format.
    @Test(arguments: PixelFormat.allCases)
    func rawFilesComeBackAsTheyWere(_ format: PixelFormat) throws {
        let frame = try Frame(width: 21, height: 13, format: format)
        let byteCount = frame.planes.reduce(0) { $0 + $1.rowByteCount * $1.rows }
        let files = (0..<3).map { index in
            (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 * (index + 3) + $0 / 7) }
        }
        for (index, bytes) in files.enumerated() { try file("in/\(index).raw", bytes) }
        let folder = store.directory.file("in")
        let imported = store.run("frames", "import", "s", folder, "--raw", "21x13,\(format)")
        #expect(imported.status == 0)
        let out = store.directory.file("out")
        let exported = store.run("--json", "frames", "export", "s", out, "--format", "raw")
        #expect(exported.status == 0)
        #expect(try exported.json[0]["pixelFormats"] == .array([.string("\(format)")]))
        for (index, bytes) in files.enumerated() {
            #expect(try store.contents("out/00000\(index).raw") == bytes)
        }
    }

    @Test func rawFilesThatCanNotBeUnderstoodAreRefused() throws {
        try file("in/0.raw", [UInt8](repeating: 7, count: 12))
        let folder = store.directory.file("in")
        let silent = store.run("frames", "import", "s", folder)
        #expect(silent.status == 66 && silent.lastWord.contains("--raw"))
        let other = store.run("frames", "import", "s", folder, "--raw", "2x2,rgba")
        #expect(other.status == 66 && other.lastWord.contains("12 bytes"))
        for text in ["2x2", "2x2,", "2,rgb", "0x2,rgb", "2x2,rgb,", "2x2,cmyk", "99999999x1,rgb"] {
            #expect(store.run("frames", "import", "s", folder, "--raw", text).status == 64)
        }
        #expect(store.run("frames", "import", "s", folder, "--raw", "2x2,rgb").status == 0)
    }

    @Test func jpegFilesStayAsTheyAre() throws {
        for seed in 0..<3 { try file("in/shot-\(seed + 8).jpg", SmallMedia.jpeg(seed: seed)) }
        let pattern = store.directory.file("in/*.jpg")
        #expect(store.run("frames", "import", "shots", pattern).status == 0)
        let jpg = store.directory.file("f.jpg")
        // Ten follows nine.
        #expect(store.run("frames", "get", "shots", "2", "--output", jpg).status == 0)
        #expect(try store.contents("f.jpg") == SmallMedia.jpeg(seed: 2))
        // Without loss is without loss, and JPEG is packed anew where it must be.
        #expect(
            store.run("frames", "import", "b", pattern, "--frame-codec", "lossless").status == 0)
        #expect(try store.run("--json", "frames", "ls", "b").json[0]["codec"] == "lossless")
        try file("in/x.png", png(1))
        let png = store.directory.file("in/x.png")
        #expect(store.run("frames", "import", "c", png, "--frame-codec", "jpeg").status == 0)
        #expect(try store.run("--json", "frames", "ls", "c").json[0]["codec"] == "jpeg")
    }

    @Test func aSequenceIsReplacedOnlyWhenAsked() throws {
        for index in 0..<4 { try file("in/\(index).png", png(index)) }
        let folder = store.directory.file("in")
        #expect(store.run("frames", "import", "s", folder).status == 0)
        let refused = store.run("frames", "import", "s", folder)
        #expect(refused.status == 1 && refused.lastWord.contains("--overwrite"))
        try FileManager.default.removeItem(atPath: store.directory.file("in/3.png"))
        #expect(store.run("frames", "import", "s", folder, "--overwrite").status == 0)
        #expect(try store.run("--json", "frames", "ls", "s").json.count == 3)
    }

    @Test func anInterruptedImportGoesOn() throws {
        for index in 0..<4 { try file("in/\(index).png", png(index)) }
        let interrupt = Interrupt()
        _ = interrupt.signalled()
        let folder = store.directory.file("in")
        let result = store.run("frames", "import", "s", folder, interrupt: interrupt)
        #expect(result.status == 130 && result.lastWord.contains("to go on: "))
        #expect(try store.run("--json", "job", "show", "s").json[0]["state"] == "pending")
        #expect(store.run("frames", "import", "s", folder).status == 0)
        #expect(try store.run("--json", "frames", "ls", "s").json.count == 4)
    }

    @Test func aVideoBecomesItsFrames() throws {
        let path = store.directory.file("v.mp4")
        try makeVideo(at: path)
        #expect(store.run("frames", "import", "v", path).status == 0)
        let frames = try store.run("--json", "frames", "ls", "v").json
        #expect(frames.count == 6 && frames[0]["codec"] == "lossless")
        // Also one that is stored.
        let put = try store.run("--json", "put", path, "--project", "p").json[0]
        let id = try #require(put["id"]?.string)
        #expect(store.run("frames", "import", "w", id).status == 0)
        let again = try store.run("--json", "frames", "ls", "w").json
        #expect(again.map { $0["checksum"] } == frames.map { $0["checksum"] })
    }

    @Test func partsAndThumbnailsAndSheets() throws {
        for index in 0..<9 { try file("in/\(index).png", png(index)) }
        #expect(store.run("frames", "import", "s", store.directory.file("in")).status == 0)
        func size(_ name: String) throws -> [Int] {
            let frame = try ImageDecoder.decode(FileBytes(path: store.directory.file(name)))
            return [frame.width, frame.height]
        }
        let part = store.directory.file("part.png")
        #expect(
            store.run("frames", "get", "s", "1", "--output", part, "--region", "4,2,10,5").status
                == 0)
        #expect(try size("part.png") == [10, 5])
        let outside = store.run(
            "frames", "get", "s", "1", "--output", part, "--region", "20,0,10,5", "--overwrite")
        #expect(outside.status == 64)
        let small = store.directory.file("small.jpg")
        #expect(
            store.run("frames", "get", "s", "1", "--output", small, "--width", "12").status == 0)
        #expect(try size("small.jpg") == [12, 8])
        let sheet = store.directory.file("sheet.jpg")
        let drawn = store.run(
            "frames", "sheet", "s", "--output", sheet, "--columns", "4", "--width", "24")
        #expect(drawn.status == 0)
        #expect(try size("sheet.jpg") == [4 * 32 + 8, 3 * 24 + 8])
    }

    @Test func whatIsNotThereIsNamed() throws {
        let nothing = store.directory.file("nothing")
        let result = store.run("frames", "import", "s", nothing)
        #expect(result.status == 66 && result.lastWord.contains(nothing))
        try FileManager.default.createDirectory(
            atPath: store.directory.file("empty"), withIntermediateDirectories: true)
        let empty = store.run("frames", "import", "s", store.directory.file("empty"))
        #expect(empty.status == 66 && empty.lastWord.contains("no picture files"))
        try file("in/0.png", [1, 2, 3])
        let broken = store.run("frames", "import", "s", store.directory.file("in"))
        #expect(broken.status == 66 && broken.lastWord.contains("0.png"))
    }
}
