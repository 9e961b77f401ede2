import AssetStore
import Basics
import Exporting
import Foundation
import FrameCodecs
import Media
import Rendering
import Synchronization
import TestSupport
import Testing

@Suite struct Renders {
    @Test func aSongBecomesAVideoOfItsLength() throws {
        let fixture = try RenderFixture()
        let store = try Store.create(at: fixture.storePath())
        let job = try RenderJob.submit(fixture.request(), to: store)
        let last = Mutex<RenderProgress?>(nil)
        let result = try job.run(workerCount: 2) {
            false
        } progress: { progress in
            last.withLock { $0 = progress }
        }
        // 6.01 seconds at 25 frames per second: the last frame begins at 6.00.
        #expect(result.frames == .init(total: 151, rendered: 151, reused: 0))
        #expect(result.segments == .init(total: 2, encoded: 2, reused: 0))
        #expect(last.withLock { $0?.encodedFrameCount } == 151)
        let bytes = try fixture.bytes()
        #expect(bytes.count == result.byteCount)
        #expect(result.sha256 == (try sha256(ofFileAt: fixture.outputPath())))

        let info = try #require(
            try MediaInfo.probe(FileBytes(path: fixture.outputPath())))
        #expect(info.videoCodec == "h264" && info.audioCodec == "aac")
        #expect(info.width == 64 && info.height == 48 && info.frameRate == 25)
        #expect(abs((info.durationSeconds ?? 0) - 6.04) < 0.001)

        let video = try #require(try store.asset(result.asset))
        #expect(video.namespace == .videos && video.byteCount == bytes.count)
        #expect(video.description.attributes["job"] == result.job.description)
        #expect(try store.assets(project: "demo", namespace: .audio).count == 1)
        let done = try #require(try store.job(result.job))
        #expect(done.state == .complete && done.frames.count == 0 && done.output == video.id)
        #expect(try store.statistics().reclaimableByteCount == 0)
        #expect(try store.verify().isIntact)
    }

    @Test func theSameRequestAgainDoesNothingTwice() throws {
        let fixture = try RenderFixture(seconds: 2)
        let store = try Store.create(at: fixture.storePath())
        let first = try RenderJob.submit(fixture.request(), to: store).run()
        let again = try RenderJob.submit(fixture.request(), to: store).run()
        #expect(again.job == first.job && again.asset == first.asset)
        #expect(again.frames == .init(total: 50, rendered: 0, reused: 50))
        #expect(again.sha256 == first.sha256)
        // Published somewhere else without rendering.
        let elsewhere = try RenderJob.submit(fixture.request(output: "b.mp4"), to: store).run()
        #expect(elsewhere.frames.rendered == 0)
        #expect(try fixture.bytes("b.mp4") == fixture.bytes())
        // The video is gone: it is made again, the same.
        try store.removeAsset(first.asset)
        try FileManager.default.removeItem(atPath: fixture.outputPath())
        let remade = try RenderJob.submit(fixture.request(), to: store).run()
        #expect(remade.frames.rendered == 50 && remade.sha256 == first.sha256)
        // The file is another's now: it is not touched.
        try Data("mine".utf8).write(to: URL(fileURLWithPath: fixture.outputPath()))
        #expect(throws: AssetError(.alreadyExists, "")) {
            try RenderJob.submit(fixture.request(), to: store)
        }
        #expect(try fixture.bytes() == Array("mine".utf8))
        var request = try fixture.request()
        request.overwrite = true
        _ = try RenderJob.submit(request, to: store).run()
        #expect(try sha256(ofFileAt: fixture.outputPath()) == first.sha256)
    }

    @Test func everyDifferenceIsAnotherJob() throws {
        let fixture = try RenderFixture(seconds: 0.5)
        let store = try Store.create(at: fixture.storePath())
        let base = try fixture.request(output: nil)
        var ids: Set<JobID> = [try RenderJob.submit(base, to: store).id]
        var scene = Scene.standard(title: "another")
        scene.background = Color("#102030") ?? scene.background
        let changes: [(inout RenderRequest) throws -> Void] = [
            { $0.width = 98 }, { $0.frameRate = try FrameRate(parsing: "29.97") },
            { $0.quality = .medium }, { $0.from = 0.1 }, { $0.to = 0.4 },
            { $0.project = "other" }, { $0.scene = scene }, { $0.frameCodec = .lossless },
        ]
        for change in changes {
            var request = base
            try change(&request)
            #expect(ids.insert(try RenderJob.submit(request, to: store).id).inserted)
        }
        var same = base
        same.output = fixture.outputPath()
        same.retention = .all
        #expect(try !ids.insert(RenderJob.submit(same, to: store).id).inserted)
    }

    /// What is kept without loss is what was drawn, to the sample.
    @Test func losslessFramesAreWhatWasDrawn() throws {
        let fixture = try RenderFixture(seconds: 0.5)
        let store = try Store.create(at: fixture.storePath())
        var request = try fixture.request(frameCodec: .lossless)
        request.retention = .all
        var scene = Scene()
        scene.background = try #require(Color("#3366CC"))
        request.scene = scene
        let result = try RenderJob.submit(request, to: store).run()
        var unpacker = try FrameUnpacker()
        for index in [0, 11] {
            let shape = try store.withFrame(index, of: result.job) { stored, bytes in
                #expect(stored.facts.codec == FrameCodec.lossless.rawValue)
                let shape = try unpacker.shape(of: bytes, codec: .lossless)
                var frame = try Frame(
                    width: shape.width, height: shape.height, format: shape.format)
                try unpacker.unpack(bytes, codec: .lossless, into: &frame)
                let row = frame.planes[0].stride
                let pixel = frame.withBytes { memory in
                    (0..<4).map { channel in
                        unsafe memory.unsafeLoad(
                            fromByteOffset: 7 * row + channel, as: UInt8.self)
                    }
                }
                #expect(pixel == [0xCC, 0x66, 0x33, 0xFF])
                return shape
            }
            #expect(
                shape == FrameShape(width: 64, height: 48, format: .bgraPremultiplied))
        }
    }

    @Test func keptFramesStay() throws {
        let fixture = try RenderFixture(seconds: 1)
        let store = try Store.create(at: fixture.storePath())
        var request = try fixture.request()
        request.retention = .all
        let result = try RenderJob.submit(request, to: store).run()
        #expect(try store.job(result.job)?.frames.count == 25)
        #expect(try store.missingFrames(of: result.job, count: 25).isEmpty)
        #expect(try store.verify().isIntact)
    }

    @Test func aDamagedFrameIsDrawnAgain() throws {
        let fixture = try RenderFixture(seconds: 3)
        let reference = try fixture.reference(workerCount: 1)
        let store = try Store.create(at: fixture.storePath())
        let job = try RenderJob.submit(fixture.request(), to: store)
        // All frames are there, but one is not what it was.
        let stop = Mutex(false)
        #expect(throws: AssetError(.cancelled, "")) {
            try job.run(workerCount: 1) {
                stop.withLock { $0 }
            } progress: { progress in
                if progress.renderedFrameCount >= 40 { stop.withLock { $0 = true } }
            }
        }
        let pack = "\(store.path)/packs/0000000000000001.pack"
        let handle = try #require(FileHandle(forUpdatingAtPath: pack))
        let magic = Data("REC2\u{02}".utf8)
        let whole = try #require(try handle.readToEnd())
        let frame = try #require(whole.range(of: magic))
        try handle.seek(toOffset: UInt64(frame.lowerBound + 64 + 200))
        try handle.write(contentsOf: Data([0xAA, 0x55, 0xAA]))
        #expect(try !store.verify().isIntact)
        let result = try job.run(workerCount: 1)
        #expect(result.frames.rendered + result.frames.reused == 75)
        #expect(try fixture.bytes() == reference)
        #expect(try store.verify().isIntact)
    }
}
