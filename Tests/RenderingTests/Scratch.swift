import Basics
import FrameCodecs
internal import Glibc
import Rendering
import Testing

@Suite struct ScratchSpeed {
    @Test func speed() throws {
        var a = try Frame(width: 1920, height: 1080, format: .bgraPremultiplied)
        let b = try Frame(width: 1920, height: 1080, format: .bgraPremultiplied)
        for mode in BlendMode.allCases {
            for opacity in [1.0, 0.5] {
                var best = Duration.seconds(9)
                for _ in 0..<10 {
                    let t = try ContinuousClock().measure {
                        try blend(source: b, onto: &a, mode: mode, opacity: opacity)
                    }
                    best = min(best, t)
                }
                print(mode.rawValue, opacity, best)
            }
        }
        let scene = Scene.standard(title: "Freezing Point", artist: "Extreme Tux Racer")
        let json = try scene.canonicalJSON()
        #expect(try Scene(json: json) == scene)
        let rate = try FrameRate(30.0)
        let file = try File("/tmp/music.f32")
        let bytes = try file.read(at: 0, count: file.byteCount())
        let samples: [Float] = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        let builder = try AudioAnalysis.Builder(
            scene.analysis, sampleRate: 44100, frameRate: rate, directory: "/tmp")
        let t0 = ContinuousClock().now
        try builder.append(samples.span)
        let analysis = try builder.finish()
        print("analysis", analysis.frameCount, ContinuousClock().now - t0)
        for layer in scene.layers {
            var one = scene
            one.layers = [layer]
            let t1 = ContinuousClock().now
            let renderer = try FrameRenderer(scene: one, width: 1920, height: 1080, frameRate: rate)
            let prepare = ContinuousClock().now - t1
            let row = try analysis.row(ofFrame: 1100)
            var best = Duration.seconds(9)
            for _ in 0..<10 {
                let t = try ContinuousClock().measure {
                    try renderer.render(frame: 1100, analysis: row, into: &a)
                }
                best = min(best, t)
            }
            print(layer.typeName, prepare, best)
        }
        let t1 = ContinuousClock().now
        let renderer = try FrameRenderer(scene: scene, width: 1920, height: 1080, frameRate: rate)
        print("prepare", ContinuousClock().now - t1)
        for i in [150, 400, 700, 1100] {
            let row = try analysis.row(ofFrame: i)
            var best = Duration.seconds(9)
            for _ in 0..<10 {
                let t = try ContinuousClock().measure {
                    try renderer.render(frame: i, analysis: row, into: &a)
                }
                best = min(best, t)
            }
            print("frame", i, best)
            let out = try File("/tmp/frame-\(i).bgra", [.write, .create, .truncate])
            try a.withBytes { try out.write($0, at: 0) }
        }
    }
}
