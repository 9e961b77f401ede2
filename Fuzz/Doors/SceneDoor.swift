// Scene files: what is read is written as the same, and can be drawn.

internal import Basics
internal import FrameCodecs
internal import Rendering

extension Door {
    package static let scenes = Door(
        name: "scenes", byteCountMax: 8192, secondsMax: 20, memoryMebibytesMax: 1024,
        open: {
            let visit = try SceneVisit()
            return { try visit.enter($0) }
        }, seeds: SceneSeeds.all)
}

private final class SceneVisit {
    private let picture: SharedFrame

    init() throws {
        picture = SharedFrame(
            try TestFrames.made(
                FrameShape(width: 7, height: 50, format: .bgraPremultiplied), from: [9, 99, 200]))
    }

    func enter(_ bytes: [UInt8]) throws -> Verdict {
        let scene = try unlessRefused(.invalidArgument, by: "a scene") { try Scene(json: bytes) }
        guard let scene else { return .refused }
        let json = try scene.canonicalJSON()
        let again = try Scene(json: json)
        try promise(again == scene, "a scene changed when it was written and read")
        try promise(try again.canonicalJSON() == json, "a scene is written in two ways")
        let images = Dictionary(
            uniqueKeysWithValues: scene.imageReferences.map { ($0, picture) })
        // A font may be missing.
        let isDrawn: Void? = try unlessRefused(
            .invalidArgument, .inputMissing, .inputUnreadable, by: "drawing"
        ) {
            // The size is the scene's own, so that a scene is drawn the same each time.
            let renderer = try FrameRenderer(
                scene: scene, width: 8 + json.count % 60, height: 4 + json.count % 40,
                frameRate: FrameRate(numerator: 25), images: images)
            var frame = try Frame(
                width: renderer.width, height: renderer.height, format: .bgraPremultiplied)
            var random = DrawnChoices([], seed: UInt64(json.count))
            let row = AnalysisRow(
                frequency: random.bytes(scene.analysis.binCount),
                timeDomain: random.bytes(scene.analysis.fftSize), sampleRate: 44_100)
            try renderer.render(frame: json.count % 100, analysis: row, into: &frame)
            let first = TestFrames.samples(of: frame)
            try renderer.render(frame: json.count % 100, analysis: row, into: &frame)
            try promise(first == TestFrames.samples(of: frame), "a frame is drawn in two ways")
        }
        return isDrawn == nil ? .refused : .accepted
    }
}

extension DrawnChoices {
    /// Bytes by chance.
    fileprivate mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
