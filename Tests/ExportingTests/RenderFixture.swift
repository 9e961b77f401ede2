import AssetStore
import Basics
import Exporting
import Foundation
import TestSupport

/// A directory with a song, and renders of it small enough for a test.
struct RenderFixture: Sendable {
    let directory: TemporaryDirectory

    /// - Parameter seconds: how long the song is.
    init(seconds: Double = 6.01) throws {
        directory = try TemporaryDirectory()
        let rate = 22_050
        let song = wavFile(rate: rate, channels: 2, frames: Int(seconds * Double(rate))) {
            frame, channel in
            // A chord whose notes come and go.
            let time = Double(frame) / Double(rate)
            let notes: [Double] = [110, 440, 1760 + Double(channel) * 20, 5000]
            var sum = 0.0
            for (number, note) in notes.enumerated() {
                let loudness = 0.5 + 0.5 * sin(time * Double(number + 1) * 2)
                sum += 6000 * loudness * sin(2 * Double.pi * note * time)
            }
            return Int16(sum)
        }
        try Data(song).write(to: URL(fileURLWithPath: songPath))
    }

    var songPath: String { directory.file("song.wav") }
    func storePath(_ name: String = "store") -> String { directory.file(name) }
    func outputPath(_ name: String = "video.mp4") -> String { directory.file(name) }

    static func request(
        song: String, output: String?, frameRate: Int = 25, frameCodec: RenderFrameCodec = .jpeg
    ) throws -> RenderRequest {
        try RenderRequest(
            audio: .file(song), project: "demo", width: 64, height: 48,
            frameRate: FrameRate(numerator: frameRate), quality: .low, frameCodec: frameCodec,
            output: output)
    }

    func request(
        output: String? = "video.mp4", frameCodec: RenderFrameCodec = .jpeg
    ) throws -> RenderRequest {
        try Self.request(
            song: songPath, output: output.map { outputPath($0) }, frameCodec: frameCodec)
    }

    /// Renders in one go and returns the file's bytes.
    func reference(workerCount: Int, frameCodec: RenderFrameCodec = .jpeg) throws -> [UInt8] {
        let name = "reference-\(workerCount)-\(frameCodec)"
        let store = try Store.create(at: storePath(name))
        let request = try request(output: "\(name).mp4", frameCodec: frameCodec)
        _ = try RenderJob.submit(request, to: store).run(workerCount: workerCount)
        try store.close()
        return try bytes("\(name).mp4")
    }

    func bytes(_ name: String = "video.mp4") throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: outputPath(name))))
    }
}
