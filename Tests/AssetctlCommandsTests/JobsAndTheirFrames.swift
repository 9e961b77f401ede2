// Jobs are shown as they stand, and their frames come out as pictures.

import AssetStore
import AssetctlCommands
internal import Basics
internal import FrameCodecs
internal import Media
internal import TestSupport
import Testing

@Suite struct JobsAndTheirFrames {
    let store: CommandStore
    init() throws { store = try CommandStore() }

    private static func render(
        _ recipe: String = "{}", project: String = "p", frames: Int = 10
    ) -> JobDescription {
        JobDescription(
            project: project, kind: "render", recipe: recipe, submission: "{}",
            frameCount: frames)
    }

    /// A job whose worker stored `indexes` and then died, or ended it by `end`.
    private func job(
        _ description: JobDescription = render(), frames indexes: [Int] = [],
        end: (JobLease) throws -> Void = { _ in }
    ) throws -> String {
        try store.directly { store in
            let job = try store.submit(description)
            let lease = try store.start(job.id)
            let writer = FrameWriter(lease)
            for index in indexes {
                try writer.append(
                    index, FrameFacts(codec: FrameCodec.jpeg.rawValue, width: 24, height: 16),
                    try SmallMedia.jpeg(seed: index))
            }
            try writer.flush()
            try end(lease)
            return job.id.description
        }
    }

    @Test func everyStateIsShown() throws {
        let pending = try store.directly { store in
            try store.submit(Self.render("0")).id.description
        }
        let orphaned = try job(Self.render("1"), frames: [0, 1, 5])
        let failed = try job(Self.render("2", project: "q")) { try $0.fail("no sound") }
        let complete = try job(Self.render("3")) { lease in
            var writer = try lease.store.makeWriter(
                for: AssetDescription(namespace: .videos, project: "p", mediaType: "video/mp4"))
            let bytes: [UInt8] = [1, 2, 3]
            unsafe try writer.write(bytes.span.bytes)
            _ = try lease.complete(output: writer, keepingFrames: false)
        }
        let all = try store.run("--json", "jobs").json
        #expect(all.map { $0["id"]?.string } == [pending, orphaned, failed, complete])
        #expect(
            all.map { $0["state"] } == ["pending", "processing", "error", "complete"])
        let keys = [
            "id", "project", "kind", "state", "attempt", "frames", "createdAt", "startedAt",
            "completedAt", "error",
        ]
        #expect(all[0].keys == keys && all[2].keys == keys)
        #expect(all[1].keys == keys + ["orphaned"] && all[1]["orphaned"] == true)
        #expect(all[3].keys == keys + ["output"])
        #expect(all[0]["startedAt"] == .null && all[0]["attempt"] == .number(literal: "0"))
        #expect(all[1]["frames"]?.text == #"{"total":10,"stored":3}"#)
        #expect(all[2]["error"] == "no sound")
        let output = try #require(all[3]["output"]?.string)
        #expect(store.run("get", output).bytes == [1, 2, 3])

        #expect(
            try store.run("--json", "jobs", "--project", "q").json.map { $0["id"]?.string } == [
                failed
            ])
        #expect(
            try store.run("--json", "jobs", "--state", "processing").json.map { $0["id"]?.string }
                == [orphaned])
        #expect(store.run("jobs", "--state", "cancelled").error == "there are no such jobs\n")
        #expect(store.run("jobs", "--state", "dead").status == 64)
        let died = "processing (its worker died; run the same command again to resume)"
        #expect(store.run("jobs").output.contains("3/10  "))
        #expect(store.run("jobs").output.contains(died))
        #expect(store.run("job", "show", orphaned).output.contains("\nstate    \(died)\n"))
        #expect(try store.run("--json", "job", "show", orphaned).json == [all[1]])
    }

    @Test func aLivingWorkerIsNoOrphan() throws {
        let kept = try Store.openOrCreate(at: store.path)
        let lease = try kept.start(try kept.submit(Self.render()).id)
        let shown = try #require(
            try store.run("--json", "job", "show", lease.job.description).json.first)
        #expect(shown["state"] == "processing" && shown["orphaned"] == nil)
    }

    @Test func cancellingEndsWhatIsOpen() throws {
        let id = try job(frames: [0])
        let cancelled = try #require(try store.run("--json", "job", "cancel", id).json.first)
        #expect(cancelled["state"] == "cancelled")
        // Twice is as good as once.
        #expect(store.run("job", "cancel", id).status == 0)
        let failed = try job(Self.render("other")) { try $0.fail("no sound") }
        let refused = store.run("job", "cancel", failed)
        #expect(refused.status == 1 && refused.lastWord.contains("has ended (error)"))
    }

    @Test func removingTakesTheFramesAlong() throws {
        let id = try job(frames: [0, 1, 2])
        let removed = store.run("job", "rm", id)
        #expect(removed.status == 0)
        #expect(removed.output == "removed job \(id) with 3 frames\n")
        #expect(store.run("job", "show", id).status == 66)
        #expect(store.run("job", "rm", id).lastWord.contains("there is no job or sequence"))
        let info = try #require(try store.run("--json", "info").json.first)
        #expect(info["frameCount"] == .number(literal: "0"))
        #expect(store.run("verify").status == 0)
    }

    @Test func framesAreListed() throws {
        let id = try job(frames: [3, 0, 7])
        let frames = try store.run("--json", "frames", "ls", id).json
        #expect(frames.map { $0["index"]?.text } == ["0", "3", "7"])
        #expect(
            frames[0].keys == [
                "index", "codec", "width", "height", "byteCount", "storedByteCount", "checksum",
            ])
        #expect(frames[0]["codec"] == "jpeg" && frames[0]["width"] == .number(literal: "24"))
        let lines = store.run("frames", "ls", id).output.split(separator: "\n")
        #expect(lines.count == 4 && lines[3].contains(" 7  jpeg      24×16 "))
        let empty = try job(Self.render("empty"))
        #expect(store.run("frames", "ls", empty).error == "job \(empty) has no stored frames\n")
    }

    @Test func longListingsArePaged() throws {
        let id = try store.directly { store in
            let lease = try store.start(try store.submit(Self.render(frames: 2500)).id)
            let writer = FrameWriter(lease)
            for index in 0..<2500 where index % 1000 != 999 {
                try writer.append(index, FrameFacts(codec: 9, width: 1, height: 1), [1])
            }
            try writer.flush()
            return lease.job.description
        }
        let frames = try store.run("--json", "frames", "ls", id).json
        #expect(frames.count == 2498)
        #expect(frames.last?["index"] == .number(literal: "2499"))
        #expect(frames.first?["codec"] == "9")
        // A codec of a later version is named, not guessed at.
        let result = store.run(
            "frames", "get", id, "5", "--output", store.directory.file("f.png"))
        #expect(result.status == 1 && result.lastWord.contains("codec 9"))
        #expect(try store.names.isEmpty)
    }

    @Test func aFrameComesAsItIsStoredOrAsPNG() throws {
        let id = try job(frames: [4])
        let jpg = store.directory.file("f.jpg")
        #expect(store.run("frames", "get", id, "4", "--output", jpg).status == 0)
        #expect(try store.contents("f.jpg") == SmallMedia.jpeg(seed: 4))
        let png = store.directory.file("F.PNG")
        #expect(store.run("frames", "get", id, "4", "--output", png).status == 0)
        #expect(try pixels("F.PNG") == decodedJPEG(seed: 4))
        let again = store.run("frames", "get", id, "4", "--output", jpg)
        #expect(again.status == 1 && again.lastWord.contains("--overwrite"))
        #expect(store.run("frames", "get", id, "4", "--output", jpg, "--overwrite").status == 0)
        let missing = store.run(
            "frames", "get", id, "5", "--output", store.directory.file("g.jpg"))
        #expect(missing.status == 66 && missing.lastWord.contains("frame 5"))
        #expect(try store.names == ["F.PNG", "f.jpg"])
    }

    @Test func framesAreExportedUnderTheirIndexes() throws {
        let id = try job(frames: [0, 1, 2, 12])
        let folder = store.directory.file("out")
        let result = store.run("--json", "frames", "export", id, folder)
        #expect(try result.json == [["job": .string(id), "frames": .number(literal: "4")]])
        #expect(
            try FileSystem.names(in: folder)
                == ["000000.png", "000001.png", "000002.png", "000012.png"])
        #expect(try pixels("out/000012.png") == decodedJPEG(seed: 12))
        #expect(store.run("frames", "export", id, folder, "--format", "jpg").status == 0)
        #expect(try store.contents("out/000002.jpg") == SmallMedia.jpeg(seed: 2))
        let refused = store.run("frames", "export", id, folder)
        #expect(refused.status == 1 && refused.lastWord.contains("000000.png exists already"))
        #expect(store.run("frames", "export", id, folder, "--overwrite").status == 0)
        #expect(try FileSystem.names(in: folder).count == 8)
    }

    @Test func anExportCanBeInterrupted() throws {
        let id = try job(frames: [0, 1])
        let interrupt = Interrupt()
        _ = interrupt.signalled()
        let result = store.run(
            "frames", "export", id, store.directory.file("out"), interrupt: interrupt)
        #expect(result.status == 130)
        #expect(result.lastWord.contains("0 of 2 frames are written"))
        #expect(result.lastWord.hasSuffix("out --overwrite"))
    }

    @Test func aDamagedFrameIsNamedAndLeavesNoFile() throws {
        let id = try job(frames: [0, 1])
        try store.damage(SmallMedia.jpeg(seed: 1))
        for output in ["f.jpg", "f.png"] {
            let result = store.run(
                "frames", "get", id, "1", "--output", store.directory.file(output))
            #expect(result.status == 1)
            #expect(result.lastWord.contains("frame 1 of job \(id)"))
        }
        #expect(try store.names.isEmpty)
        let report = try #require(try store.run("--json", "verify").json.first)
        #expect(report["damaged"]?.elements.first?["id"]?.string == id)
        #expect(report["damaged"]?.elements.first?["part"] == .number(literal: "1"))
    }

    @Test func sequencesAreFoundByName() throws {
        func sequence(_ project: String) -> JobDescription {
            JobDescription(
                project: project, kind: "sequence", recipe: #"{"sequence":"intro"}"#,
                submission: "{}", frameCount: 2)
        }
        let id = try job(sequence("p"), frames: [0, 1])
        #expect(try store.run("--json", "frames", "ls", "intro").json.count == 2)
        #expect(try store.run("--json", "job", "show", "intro").json[0]["id"]?.string == id)
        let other = try job(sequence("q"))
        let ambiguous = store.run("frames", "ls", "intro")
        #expect(ambiguous.status == 64)
        #expect(ambiguous.lastWord.contains(id) && ambiguous.lastWord.contains(other))
        #expect(store.run("frames", "ls", "outro").status == 66)
    }

    @Test(arguments: [
        ["job", "show"], ["job", "cancel", "a", "b"], ["jobs", "x"], ["frames", "ls"],
        ["frames", "get", "a", "0"], ["frames", "get", "a", "0", "--output", "f.gif"],
        ["frames", "get", "a", "-1", "--output", "f.png"],
        ["frames", "get", "a", "one", "--output", "f.png"], ["frames", "export", "a"],
        ["frames", "export", "a", "d", "--format", "gif"],
    ])
    func wrongUsageIs64(_ arguments: [String]) throws {
        let captured = CapturedConsole()
        let status = Assetctl.run(
            arguments: ["--store", store.path] + arguments, console: captured.console)
        #expect(status == 64, "\(captured.error.text)")
    }

    /// The pixels of a picture file, row by row.
    private func pixels(_ name: String) throws -> [UInt8] {
        let frame = try ImageDecoder.decode(FileBytes(path: store.directory.file(name)))
        return pixels(frame)
    }

    private func decodedJPEG(seed: Int) throws -> [UInt8] {
        pixels(try unpacked(SmallMedia.jpeg(seed: seed)))
    }

    private func unpacked(_ jpeg: [UInt8]) throws -> Frame {
        var frame = try Frame(width: 24, height: 16, format: .bgraPremultiplied)
        var decoder = try JPEGDecoder()
        unsafe try decoder.decode(jpeg.span.bytes, into: &frame)
        return frame
    }

    private func pixels(_ frame: borrowing Frame) -> [UInt8] {
        let plane = frame.planes[0]
        return frame.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { memory in
                (0..<plane.rows).flatMap { row in
                    let start = row * plane.stride
                    return unsafe Array(memory[start..<start + plane.rowByteCount])
                }
            }
        }
    }
}

extension FrameWriter {
    /// Appends a frame whose bytes are an array's.
    fileprivate func append(_ index: Int, _ facts: FrameFacts, _ bytes: [UInt8]) throws {
        unsafe try append(index, facts, bytes.span.bytes)
    }
}
