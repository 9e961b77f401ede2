// What was put comes out again, and nothing is stored or written halfway.

import AssetctlCommands
internal import TestSupport
import Testing

@Suite struct PuttingAndGetting {
    let store: CommandStore
    init() throws { store = try CommandStore() }

    @Test func mediaAreKnownByTheirBytes() throws {
        let wav = try store.file("a.bin", SmallMedia.wav)
        let png = try store.file("b.bin", SmallMedia.png())
        let result = store.run("--json", "put", wav, png, "--project", "p", "--kind", "scene")
        #expect(result.status == 0)
        let (audio, image) = (try result.json[0], try result.json[1])
        #expect(
            audio.keys == [
                "id", "namespace", "project", "kind", "name", "mediaType", "byteCount",
                "storedByteCount", "checksum", "createdAt", "attributes", "durationSeconds",
                "sampleRate", "channelCount",
            ])
        #expect(audio["namespace"] == "audio" && audio["mediaType"] == "audio/wav")
        #expect(audio["durationSeconds"] == .number(literal: "1"))
        #expect(audio["sampleRate"] == .number(literal: "8000"))
        #expect(audio["channelCount"] == .number(literal: "2"))
        #expect(image["namespace"] == "images" && image["mediaType"] == "image/png")
        #expect(image["width"] == .number(literal: "24"))
        #expect(image["height"] == .number(literal: "16"))
        #expect(image["name"] == "b.bin" && image["kind"] == "scene" && image["project"] == "p")
        #expect(image["attributes"] == .object([]))
        #expect(try #require(image["checksum"]?.string).count == 32)
        #expect(try #require(image["createdAt"]?.string).hasSuffix("Z"))
    }

    @Test func everyBytesComesBack() throws {
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(9_000_001)
        let id = try store.put(
            "big", bytes, "--namespace", "videos", "--media-type", "video/mp4")
        #expect(store.run("get", id).bytes == bytes)
        #expect(store.run("get", id, "--output", "-").bytes == bytes)
        let written = store.run("get", id, "--output", store.directory.file("out"))
        #expect(written.status == 0 && written.bytes.isEmpty)
        #expect(written.lastWord.hasPrefix("wrote 8.6 MiB to "))
        #expect(try store.contents("out") == bytes)
    }

    @Test func emptyAssetsAreAssets() throws {
        let id = try store.put("e", [], "--namespace", "images", "--media-type", "image/png")
        let result = store.run("get", id)
        #expect(result.status == 0 && result.bytes.isEmpty)
        #expect(store.run("get", id, "--output", store.directory.file("out")).status == 0)
        #expect(try store.contents("out") == [])
    }

    @Test(arguments: [
        ("0-0", 0..<1), ("100-199", 100..<200), ("4194300-4194310", 4_194_300..<4_194_311),
        ("4999990-", 4_999_990..<5_000_000), ("-10", 4_999_990..<5_000_000),
        ("4999999-9999999", 4_999_999..<5_000_000), ("0-4999999", 0..<5_000_000),
    ])
    func rangesAreInclusive(_ range: String, _ expected: Range<Int>) throws {
        var random = SeededGenerator(seed: 2)
        let bytes = random.bytes(5_000_000)
        let id = try store.put("r", bytes, "--namespace", "videos", "--media-type", "video/mp4")
        let result = store.run("get", id, "--range", range)
        #expect(result.status == 0)
        #expect(result.bytes == Array(bytes[expected]))
    }

    @Test func aRangeBehindTheEndIsWrongUsage() throws {
        let id = try store.put("w", SmallMedia.wav)
        let result = store.run(
            "get", id, "--range", "32044-", "--output", store.directory.file("out"))
        #expect(result.status == 64)
        #expect(result.lastWord.contains("begins at byte 32044, but there are only 32044"))
        #expect(try store.names.isEmpty)
    }

    @Test func filesAreNotOverwrittenUnasked() throws {
        let id = try store.put("w", SmallMedia.wav)
        let path = try store.file("mine", [1])
        let refused = store.run("get", id, "--output", path)
        #expect(refused.status == 1 && refused.lastWord.contains("--overwrite"))
        #expect(try store.contents("mine") == [1])
        #expect(store.run("get", id, "--output", path, "--overwrite").status == 0)
        #expect(try store.contents("mine") == SmallMedia.wav)
    }

    @Test func standardInputIsLookedIntoToo() throws {
        let result = store.run(
            "--json", "put", "-", "--project", "p", input: try SmallMedia.png())
        #expect(result.status == 0)
        let image = try #require(try result.json.first)
        #expect(image["mediaType"] == "image/png" && image["name"] == "")
        let id = try #require(image["id"]?.string)
        #expect(store.run("get", id).bytes == (try SmallMedia.png()))
    }

    @Test func allThatIsSaidIsKept() throws {
        let parameters = try store.file("p.json", Array(#"{"seed": 7, "big": 1e400}"#.utf8))
        let id = try store.put(
            "w", SmallMedia.wav, "--name", "A name", "--kind", "voice", "--attribute", "take=3",
            "--attribute", "empty=", "--parameters", parameters, "--media-type", "audio/x-mine")
        let asset = try #require(try store.run("--json", "show", id).json.first)
        #expect(asset["name"] == "A name" && asset["mediaType"] == "audio/x-mine")
        #expect(asset["attributes"] == ["empty": "", "take": "3"])
        #expect(asset["parameters"]?.text == #"{"seed":7,"big":1e400}"#)
        #expect(asset.keys.firstIndex(of: "parameters") == 11)
        let page = store.run("show", id).output
        #expect(page.contains("\nname        A name\n") && page.contains("8000 Hz stereo"))
    }

    @Test func unknownBytesNeedToBeNamed() throws {
        let path = try store.file("x.bin", [1, 2, 3, 4])
        for more in [[], ["--namespace", "images"], ["--media-type", "image/png"]] {
            let captured = CapturedConsole()
            let status = Assetctl.run(
                arguments: ["--store", store.path, "put", path, "--project", "p"] + more,
                console: captured.console)
            #expect(status == 66)
            #expect(captured.error.text.contains("--namespace and --media-type"))
        }
    }

    @Test func oneThatFailsDoesNotKeepTheOthers() throws {
        let wav = try store.file("a.wav", SmallMedia.wav)
        let text = try store.file("b.txt", Array("text".utf8))
        let png = try store.file("c.png", SmallMedia.png())
        let result = store.run("--json", "put", wav, text, png, "--project", "p")
        #expect(result.status == 66)
        #expect(try result.json.map { $0["name"] } == ["a.wav", "c.png"])
        #expect(result.lastWord.contains("1 of 3 is not stored") && result.lastWord.contains(text))
    }

    @Test func aMissingFileIsToldBeforeAnythingIsStored() throws {
        let wav = try store.file("a.wav", SmallMedia.wav)
        let result = store.run("put", wav, store.directory.file("none"), "--project", "p")
        #expect(result.status == 66 && result.lastWord.contains("none: no such file"))
        #expect(try store.names == ["a.wav"])
        #expect(store.run("info").status == 66)
    }

    @Test func aFullQuotaPausesAndSaysHowToGoOn() throws {
        #expect(store.run("init", "--quota", "20K").status == 0)
        let wav = try store.file("a.wav", SmallMedia.noise(seed: 1))
        let other = try store.file("b.wav", SmallMedia.noise(seed: 2))
        let result = store.run("--json", "put", wav, other, "--project", "p")
        #expect(result.status == 75)
        #expect(try result.json.count == 1)
        #expect(result.lastWord.contains("quota"))
        #expect(result.lastWord.hasSuffix("put --project p -- \(other)"))
    }

    @Test func aDamagedAssetGivesNoFile() throws {
        let id = try store.put("w", SmallMedia.wav)
        try store.damage(SmallMedia.wav)
        let result = store.run("get", id, "--output", store.directory.file("out"))
        #expect(result.status == 1)
        #expect(result.lastWord.contains(id) && result.lastWord.contains("part 0"))
        #expect(try store.names.isEmpty)
        let streamed = store.run("get", id)
        #expect(streamed.status == 1 && streamed.bytes.isEmpty)
    }

    @Test func anInterruptedPutStoresNothingOfTheFile() throws {
        let wav = try store.file("a.wav", SmallMedia.wav)
        let interrupt = Interrupt()
        _ = interrupt.signalled()
        let result = store.run("put", wav, "--project", "p", interrupt: interrupt)
        #expect(result.status == 130)
        #expect(result.lastWord.contains("interrupted; to go on: assetctl --store"))
        #expect(store.run("ls").output.isEmpty)
    }

    @Test(arguments: [
        ["put", "x"], ["put", "--project", "p"], ["put", "x", "--project="],
        ["put", "x", "--project", "p", "--namespace", "frames"],
        ["put", "x", "--project", "p", "--media-type", "png"],
        ["put", "x", "--project", "p", "--attribute", "novalue"],
        ["put", "x", "y", "--project", "p", "--name", "n"],
        ["put", "-", "-", "--project", "p"],
        ["get"], ["get", "nonsense"], ["get", "01980000-0000-7000-8000-000000000000", "x"],
        ["get", "01980000-0000-7000-8000-000000000000", "--range", "9-1"],
        ["show", "1"], ["rm"], ["rm", "01980000-0000-7000-8000-000000000000", "nonsense"],
        ["init", "--quota", "0"], ["init", "--quota", "much"], ["ls", "x"],
        ["ls", "--namespace", "jobs"], ["verify", "x"], ["info", "x"],
    ])
    func wrongUsageIs64(_ arguments: [String]) throws {
        let captured = CapturedConsole()
        let status = Assetctl.run(
            arguments: ["--store", store.path] + arguments, console: captured.console)
        #expect(status == 64, "\(captured.error.text)")
        #expect(try !store.names.contains("store"))
    }

    @Test func badParametersAreNamed() throws {
        let wav = try store.file("a.wav", SmallMedia.wav)
        let bad = try store.file("p.json", Array("{".utf8))
        let result = store.run("put", wav, "--project", "p", "--parameters", bad)
        #expect(result.status == 66 && result.lastWord.contains("p.json is not JSON"))
        let missing = store.run("put", wav, "--project", "p", "--parameters", "/none")
        #expect(missing.status == 66 && missing.lastWord.contains("/none"))
    }
}
