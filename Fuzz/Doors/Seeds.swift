// Bytes that doors accept, made by the product itself: what fuzzers begin with, and what the tests
// show to be accepted.

internal import AssetStore
internal import AssetctlCommands
internal import Basics
internal import FrameCodecs
internal import Media
internal import ProjectArchive
internal import Rendering
internal import TestSupport

typealias Seed = (name: String, bytes: [UInt8])

enum FrameSeeds {
    /// Payloads of every codec and format.
    static func payloads() throws -> [Seed] {
        var seeds: [Seed] = []
        var encoder = LosslessEncoder()
        var jpeg = try JPEGEncoder()
        for format in PixelFormat.allCases {
            let shape = FrameShape(width: 19, height: 70, format: format)
            let frame = try TestFrames.made(shape, from: Array(0..<90) + [7, 7, 7, 7, 200])
            var payload: [UInt8] = []
            try encoder.encode(frame, into: &payload)
            seeds.append(("lossless-\(format)", [0, 100, 9] + payload))
            // The reference is the one that the door makes of the second and third byte.
            let reference = try TestFrames.made(shape, from: [30, 77, 4])
            var changed = try TestFrames.made(shape, from: [30, 77, 4])
            changed.withMutableBytes { $0.storeBytes(of: 1, toByteOffset: 40, as: UInt8.self) }
            payload = []
            try encoder.encode(changed, reference: reference, into: &payload)
            seeds.append(("reference-\(format)", [0, 30, 4] + payload))
        }
        for (number, format) in [PixelFormat.bgraPremultiplied, .grey, .yuv420JPEG].enumerated() {
            for subsampling in [JPEGSubsampling.yuv420, .yuv444]
            where subsampling == .yuv420 || format != .yuv420JPEG {
                let shape = FrameShape(width: 24, height: 17, format: format)
                let frame = try TestFrames.made(shape, from: Array(0..<251))
                let payload = try jpeg.encode(frame, quality: 60, subsampling: subsampling) {
                    bytes in
                    unsafe bytes.withUnsafeBytes { unsafe Array($0) }
                }
                seeds.append(
                    ("jpeg-\(format)-\(subsampling)", [1, UInt8(number), 3] + payload))
            }
        }
        return seeds
    }

    /// Pictures for every way and format.
    static func pictures() throws -> [Seed] {
        var seeds: [Seed] = []
        var random = SeededGenerator(seed: 5)
        for way in UInt8(0)..<5 {
            for format in UInt8(0)..<UInt8(PixelFormat.allCases.count) {
                let contents = [
                    [UInt8](repeating: 77, count: 3), Array(0..<99), random.bytes(150),
                ]
                let content = contents[Int(way + format) % 3]
                seeds.append(
                    ("\(way)-\(format)", [way, format, 30 + way, 90, format, 3, 5] + content))
            }
        }
        return seeds
    }
}

enum ArchiveSeeds {
    /// The archive of a project.
    private static func exported() throws -> [UInt8] {
        let workplace = try Workplace()
        let store = try Store.create(at: workplace.file("store"))
        try SampleProject.fill(store)
        _ = try store.exportProject("project", to: workplace.file("a.zip"))
        try store.close()
        return try Workplace.bytes(of: workplace.file("a.zip"))
    }

    /// The lines of its manifest, each with its end.
    private static func manifest(of archive: [UInt8]) throws -> [[UInt8]] {
        let workplace = try Workplace()
        try workplace.write(archive, to: "a.zip")
        let reader = try ZipReader(path: workplace.file("a.zip"))
        guard let entry = try reader.entry(path: "manifest.ndjson") else { return [] }
        var bytes: [UInt8] = []
        try reader.read(entry) { piece in
            unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { Array($0) + [UInt8(ascii: "\n")] }
    }

    /// An archive that has no manifest.
    private static func plain() throws -> [UInt8] {
        let workplace = try Workplace()
        let file = try File(workplace.file("a.zip"), [.write, .createNew])
        let writer = ZipWriter(file, temporariesIn: workplace.path)
        let now = Timestamp(millisecondsSinceEpoch: 1_600_000_000_000)
        for (name, byteCount) in [("a.png", 30), ("folder/b.wav", 0), ("folder/ü.mp4", 90)] {
            try unsafe writer.add(
                name, modifiedAt: now,
                content: SampleProject.content(byteCount: byteCount).span.bytes)
        }
        try writer.add("packed.txt", modifiedAt: now, method: .deflated, byteCount: 200) { append in
            try unsafe append([UInt8](repeating: 65, count: 200).span.bytes)
        }
        try writer.finish()
        return try Workplace.bytes(of: workplace.file("a.zip"))
    }

    static func all() throws -> [Seed] {
        let archive = try exported()
        let manifest = try manifest(of: archive)
        return [
            ("exported", [ArchiveKind.archive.rawValue] + archive),
            ("plain", [ArchiveKind.archive.rawValue] + (try plain())),
            ("manifest", [ArchiveKind.manifest.rawValue] + manifest.flatMap { $0 }),
        ]
    }

    static func lines() throws -> [Seed] {
        try manifest(of: exported()).enumerated().map { ("\($0)", Array($1.dropLast())) }
    }
}

enum PackSeeds {
    static func all() throws -> [Seed] {
        let workplace = try Workplace()
        let store = try Store.create(at: workplace.file("store"))
        try SampleProject.fill(store)
        try store.close()
        let pack = try Workplace.bytes(of: workplace.file("store/packs/0000000000000001.pack"))
        let records = Array(pack[PackHeader.byteCount...])
        let salvaging: PackManner = [.rightChecksums, .salvaging]
        return [
            ("scanned", [0] + records),
            ("right", [PackManner.rightChecksums.rawValue] + records),
            (
                "holes",
                [PackManner.holes.rawValue] + [UInt8](repeating: 0, count: 8192) + records
            ),
            ("salvaged", [salvaging.rawValue] + records),
        ]
    }
}

enum CatalogSeeds {
    /// For each form bytes that it takes: found by giving it those of a store's records, which
    /// mostly are of another one, and numbers.
    static func all() throws -> [Seed] {
        try CatalogForm.all.enumerated().compactMap { number, form in
            for bytes in try candidates() {
                guard let written = try? unsafe form.rewritten(bytes.span.bytes) else { continue }
                let kind = form.isKey ? "key" : "value"
                return ("\(form.table)-\(kind)", [UInt8(number)] + written)
            }
            return nil
        }
    }

    /// Records of every length that begin with a version and hold small numbers and empty texts.
    private static func candidates() throws -> [[UInt8]] {
        var candidates: [[UInt8]] = []
        for version in UInt8(0)...2 {
            for second in UInt8(0)...2 {
                for count in 0..<220 {
                    candidates.append(
                        Array(
                            ([version, second] + [UInt8](repeating: 0, count: 218)).prefix(count)))
                }
            }
        }
        return candidates
    }
}

enum SceneSeeds {
    static func all() throws -> [Seed] {
        let standard = try Scene.standard(title: "Title", artist: "Artist").canonicalJSON()
        return [
            ("standard", standard), ("all", Array(everything.utf8)), ("least", Array(least.utf8)),
        ]
    }

    private static let least = #"{"version":1,"layers":[]}"#

    /// A layer of each kind.
    private static let everything = #"""
        {"version":1,"background":"#10203040","analysis":{"fftSize":64,"smoothing":0.5},"layers":[
        {"type":"gradient","shape":"linear","angle":30,"stops":[{"at":0,"color":"#fff"},
        {"at":1,"color":"#f00"}]},
        {"type":"gradient","shape":"radial","centerX":0.5,"centerY":0.5,"radius":1,"opacity":0.5},
        {"type":"glow","centerX":0.5,"radiusX":0.4,"radiusY":0.5,"lowFrequency":30,
        "highFrequency":150,"rest":0.25,"contrast":2,"blend":"screen"},
        {"type":"image","asset":"a","fit":"cover","cornerRadius":0.25,
        "rectangle":{"x":0.2,"y":0.1,"width":0.5,"height":0.5}},
        {"type":"bars","count":9,"gap":0.3,"roundness":1,"growth":"both","symmetric":true,
        "rectangle":{"x":0.1,"y":0.4,"width":0.8,"height":0.4},"blend":"difference"},
        {"type":"waveform","lineWidth":0.01,"gain":2,"taper":0.2,"opacity":0.7},
        {"type":"text","text":"Text","size":0.3,"shadowBlur":0.4,"shadow":"#000"}]}
        """#
}

enum MediaSeeds {
    static func all() throws -> [Seed] {
        let shape = FrameShape(width: 16, height: 18, format: .rgb)
        let frame = try TestFrames.made(shape, from: Array(0..<200))
        let png = try PNGEncoder().encode(frame) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        var encoder = try JPEGEncoder()
        let jpeg = try encoder.encode(frame, quality: 50) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        let wav = wavFile(rate: 8000, channels: 2, frames: 100) { frame, channel in
            Int16(truncatingIfNeeded: frame * 300 + channel)
        }
        let pam =
            "P7\n# a seed\nWIDTH 4\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
            + String(repeating: "abcd", count: 8)
        return [
            ("png", png), ("jpeg", jpeg), ("wav", wav), ("pam", Array(pam.utf8)),
            ("gif", gif), ("bmp", bmp), ("mp4", try video(withAudio: false)),
            ("mp4-audio", try video(withAudio: true)),
        ]
    }

    /// One white pixel.
    private static let gif =
        Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 255, 255, 255, 0, 0, 0]
        + [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B]

    /// Two by two pixels of 24 bits.
    private static let bmp =
        Array("BM".utf8) + [70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0]
        + [2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0, 0, 0, 0, 0, 16, 0, 0, 0]
        + [UInt8](repeating: 0, count: 16) + Array(0..<16)

    /// Three frames of H.264, if wanted with a tone.
    private static func video(withAudio: Bool) throws -> [UInt8] {
        let workplace = try Workplace()
        let settings = try VideoSettings(
            width: 32, height: 16, frameRate: FrameRate(numerator: 25), preset: .ultrafast, crf: 40)
        let encoder = try SegmentEncoder(settings)
        var packets: [EncodedPacket] = []
        for index in 0..<3 {
            let shape = FrameShape(width: 32, height: 16, format: .yuv420BT709)
            let frame = try TestFrames.made(shape, from: [60, 70, UInt8(80 + index)])
            packets += try encoder.encode(frame, index: index)
        }
        packets += try encoder.finish()
        try MP4Muxer.write(
            to: workplace.file("a.mp4"),
            video: MP4Muxer.VideoTrack(
                settings: settings, extradata: encoder.extradata,
                makePackets: { [packets] in puller(packets) }),
            audio: withAudio ? try tone() : nil)
        return try Workplace.bytes(of: workplace.file("a.mp4"))
    }

    private static func tone() throws -> MP4Muxer.AudioTrack {
        let encoder = try AudioEncoder(sourceRate: 8000, sourceChannelCount: 1, frameCount: 960)
        let samples = (0..<960).map { Float($0 % 40) / 80 }
        var packets = try encoder.encode(samples.span)
        packets += try encoder.finish()
        return MP4Muxer.AudioTrack(
            sampleRate: encoder.sampleRate, channelCount: encoder.channelCount,
            initialPadding: encoder.initialPadding, extradata: encoder.extradata,
            makePackets: { [packets] in puller(packets) })
    }

    private static func puller(_ packets: [EncodedPacket]) -> PacketPuller {
        var rest = packets[...]
        return { rest.popFirst() }
    }
}

enum TextSeeds {
    static func all() throws -> [Seed] {
        let urls = [
            "data:,", "data:image/png;base64,AAEC", "data:;base64,QQ==",
        ]
        return urls.enumerated().map {
            ("url-\($0)", [TextKind.dataURL.rawValue] + Array($1.utf8))
        } + [
            ("base64", [TextKind.base64.rawValue] + Array("AAECAwQF/+8=".utf8)),
            ("bytes", [TextKind.bytes.rawValue, 0, 1, 2, 255]),
            (
                "asset",
                [TextKind.identifier.rawValue] + Array("01980000-0000-7000-8000-000000000000".utf8)
            ),
            (
                "job",
                [TextKind.identifier.rawValue] + Array("0198000000007000800000000000abcd".utf8)
            ),
        ]
    }
}

enum ArgumentSeeds {
    static func all() throws -> [Seed] {
        var seeds: [Seed] = []
        let lines: [(command: String, words: [String])] = [
            ("put", ["a.png", "--project", "p", "--name=n", "--attribute", "a=b"]),
            ("ls", ["--project", "p"]), ("render", ["--audio", "a.wav", "--output", "a.mp4"]),
            ("quota", ["1.5GiB"]), ("verify", ["--repair"]),
            ("get", ["01980000-0000-7000-8000-000000000000", "--range", "0-99"]),
            (
                "frames get",
                ["0198000000007000800000000000abcd", "7", "--output", "f.png"]
            ),
        ]
        for (number, command) in CommandList.all.commands.enumerated() {
            guard let line = lines.first(where: { $0.command == command.name }) else { continue }
            seeds.append(
                (
                    "command-\(number)",
                    [ArgumentKind.command.rawValue, UInt8(number)]
                        + Array(line.words.joined(separator: "\0").utf8)
                ))
        }
        for (number, words) in ["put", "ls", "job\0show", "help\0put"].enumerated() {
            seeds.append(("help-\(number)", [ArgumentKind.help.rawValue] + Array(words.utf8)))
        }
        let json = #"{"a":[1,-2.5e3,"ü\n😀\\",null,true,{"b":{}}]}"#
        seeds.append(("json", [ArgumentKind.json.rawValue] + Array(json.utf8)))
        let values = [
            "1.5GiB", "500", "1:02:03.5", "1280x720", "4k", "0-99", "-5", "29.97", "30000/1001",
            "every:3", "last:9", "none",
        ]
        for (number, text) in values.enumerated() {
            seeds.append(("value-\(number)", [ArgumentKind.value.rawValue] + Array(text.utf8)))
        }
        return seeds
    }
}

enum DamageSeeds {
    static func all() throws -> [Seed] {
        // None at all, and some that hit what nothing needs.
        [("none", []), ("pack", [3, 0, 1, 0, 1, 0])]
    }
}

enum StoreSeeds {
    static func all() throws -> [Seed] {
        (UInt8(0)..<4).map { number in
            var random = SeededGenerator(seed: UInt64(number))
            return ("\(number)", [number] + random.bytes(200 + 200 * Int(number)))
        }
    }
}
