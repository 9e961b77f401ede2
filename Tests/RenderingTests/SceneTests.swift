// Scene files: what goes in comes out, and what is wrong is told with its place.

import Basics
import Rendering
import Testing

@Suite struct ScenesAsJSON {
    @Test func theStandardSceneComesBack() throws {
        let scene = Scene.standard(title: "Title \"quoted\" / ü", artist: "Artist")
        let json = try scene.canonicalJSON()
        let back = try Scene(json: json)
        #expect(back == scene)
        #expect(try back.canonicalJSON() == json)
    }

    @Test func defaultsAndSpacingDoNotChangeTheCanonicalForm() throws {
        let short = try Scene(json: Array(#"{"version":1,"layers":[{"type":"bars"}]}"#.utf8))
        let long = try Scene(
            json: Array(
                """
                { "layers": [ { "opacity": 1, "type": "bars", "blend": "normal", "count": 64 } ],
                  "background": "#000", "analysis": {"fftSize": 2048}, "version": 1 }
                """.utf8))
        #expect(short == long)
        #expect(try short.canonicalJSON() == long.canonicalJSON())
        var other = short
        other.layers[0].opacity = 0.5
        #expect(other != short)
    }

    @Test func everyKindOfLayerIsRead() throws {
        let scene = try Scene(
            json: Array(
                """
                {"version": 1, "background": "#102030", "layers": [
                  {"type": "gradient", "shape": "radial", "stops": [{"at": 0, "color": "#fff"}]},
                  {"type": "glow", "color": "#ff000080"},
                  {"type": "image", "asset": "cover", "fit": "cover", "visible": false},
                  {"type": "image", "asset": "logo", "cornerRadius": 0.1},
                  {"type": "image", "asset": "logo"},
                  {"type": "bars", "growth": "both", "symmetric": true},
                  {"type": "waveform", "triggered": false, "blend": "lighter"},
                  {"type": "text", "text": "hello", "shadow": "#000000", "weight": "bold"}
                ]}
                """.utf8))
        #expect(scene.layers.count == 8)
        #expect(scene.imageReferences == ["logo"])
        #expect(scene.layers[6].blendMode == .lighter)
        #expect(try Scene(json: scene.canonicalJSON()) == scene)
    }

    @Test(arguments: [
        (##"{"type":"bars","opacity":3}"##, "layers[0].opacity: must be 0…1, found 3"),
        (##"{"type":"bars","opacity":"x"}"##, "layers[0].opacity: must be a number"),
        (##"{"type":"bars","count":2.5}"##, "layers[0].count: must be a whole number, found 2.5"),
        (##"{"type":"bars","count":0}"##, "layers[0].count: must be 1…512, found 0"),
        (##"{"type":"spiral"}"##, "layers[0].type: must be one of \"gradient\""),
        (##"{}"##, "layers[0].type: is missing"),
        (##"{"type":"bars","colour":1}"##, "layers[0]: has an unknown key \"colour\"; it may have"),
        (##"{"type":"bars","blend":"hue"}"##, "layers[0].blend: must be one of \"normal\""),
        (##"{"type":"glow","color":"red"}"##, "layers[0].color: must be a colour"),
        (
            ##"{"type":"bars","rectangle":{"x":0,"y":0,"width":9,"height":1}}"##,
            "layers[0].rectangle.width: must be 0…3, found 9"
        ),
        (
            ##"{"type":"bars","rectangle":{"x":0,"y":0,"width":1}}"##,
            "layers[0].rectangle.height: is missing"
        ),
        (##"{"type":"gradient","stops":[]}"##, "layers[0].stops: must have 1…32 colours, found 0"),
        (
            ##"{"type":"gradient","stops":[{"at":1,"color":"#fff"},{"at":0,"color":"#fff"}]}"##,
            "layers[0].stops[1].at: must not be below"
        ),
        (
            ##"{"type":"gradient","stops":[{"at":2,"color":"#fff"}]}"##,
            "layers[0].stops[0].at: must be 0…1, found 2"
        ),
        (##"{"type":"image"}"##, "layers[0].asset: is missing"),
        (##"{"type":"text","text":"a\u0000b"}"##, "layers[0].text: must not hold a NUL"),
        (##"[]"##, "layers[0]: must be an object"),
    ])
    func wrongLayersAreNamed(_ layer: String, _ message: String) {
        refuses("{\"version\":1,\"layers\":[\(layer)]}", message)
    }

    @Test(arguments: [
        ("", "the scene: "),
        ("{", "the scene: "),
        ("[1]", "the scene: must be an object"),
        (##"{"layers":[]}"##, "version: is missing"),
        (##"{"version":2,"layers":[]}"##, "version: must be 1, found 2"),
        (##"{"version":1.5,"layers":[]}"##, "version: must be a whole number, found 1.5"),
        (##"{"version":1}"##, "layers: is missing"),
        (##"{"version":1,"layers":{}}"##, "layers: must be a list"),
        (##"{"version":1,"layers":[],"extra":0}"##, "the scene: has an unknown key \"extra\""),
        (
            ##"{"version":1,"layers":[],"analysis":{"fftSize":1000}}"##,
            "analysis.fftSize: must be a power of two from 32 to 32768, found 1000"
        ),
        (
            ##"{"version":1,"layers":[],"analysis":{"window":"hamming"}}"##,
            "analysis.window: must be one of \"blackman\", \"hann\", found \"hamming\""
        ),
        (##"{"version":1,"layers":[],"background":"#12"}"##, "background: must be a colour"),
    ])
    func wrongScenesAreNamed(_ json: String, _ message: String) { refuses(json, message) }

    @Test func tooMuchIsRefused() throws {
        let layers = [String](repeating: #"{"type":"bars"}"#, count: Limits.layerCountMax + 1)
        refuses(
            "{\"version\":1,\"layers\":[\(layers.joined(separator: ","))]}",
            "layers: must be at most 64, found 65")
        #expect(throws: AssetError(.invalidArgument, "")) {
            try Scene(json: [UInt8](repeating: 32, count: Limits.sceneByteCountMax + 1))
        }
        refuses(String(repeating: "[", count: 100_000), "the scene: ")
        let long = String(repeating: "x", count: 1001)
        refuses(
            "{\"version\":1,\"layers\":[{\"type\":\"text\",\"text\":\"\(long)\"}]}",
            "layers[0].text: must have at most 1000 bytes of UTF-8, found 1001")
    }

    @Test func scenesMadeInCodeAreCheckedToo() {
        let wrongs: [(inout Scene) -> Void] = [
            { $0.layers[0].opacity = 2 }, { $0.layers[0].opacity = .nan },
            { $0.analysis.fftSize = 3 },
            { $0.layers = [Layer](repeating: $0.layers[0], count: 65) },
            {
                var bars = BarsLayer()
                bars.rectangle.x = .infinity
                $0.layers.append(.bars(bars))
            },
            {
                var bars = BarsLayer()
                bars.count = -1
                $0.layers.append(.bars(bars))
            },
        ]
        for wrong in wrongs {
            var scene = Scene.standard()
            wrong(&scene)
            #expect(throws: AssetError(.invalidArgument, "")) { try scene.validate() }
            #expect(throws: AssetError(.invalidArgument, "")) {
                _ = try FrameRenderer(
                    scene: scene, width: 16, height: 16, frameRate: FrameRate(numerator: 30))
            }
        }
    }

    private func refuses(
        _ json: String, _ message: String, at location: SourceLocation = #_sourceLocation
    ) {
        do {
            _ = try Scene(json: Array(json.utf8))
            Issue.record("accepted \(json.prefix(200))", sourceLocation: location)
        } catch let error {
            #expect(error.code == .invalidArgument, sourceLocation: location)
            #expect(
                error.message.hasPrefix(message), "\(error.message)", sourceLocation: location)
        }
    }
}
