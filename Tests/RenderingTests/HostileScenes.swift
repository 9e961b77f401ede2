// Scene files from strangers: whatever is in them is refused with an error, or drawn.

import Basics
import FrameCodecs
import Rendering
import TestSupport
import Testing

/// Whatever a scene file says, it is a scene or a typed error (P12).
@Suite struct HostileScenes {
    private static let seed = #"""
        {"version":1,"background":"#10203040","analysis":{"fftSize":64,"smoothing":0.5},"layers":[
        {"type":"gradient","shape":"linear","angle":30,"stops":[{"at":0,"color":"#fff"},
        {"at":0.5,"color":"#00000000"},{"at":1,"color":"#f00"}]},
        {"type":"gradient","shape":"radial","centerX":0.5,"centerY":0.5,"radius":1,"opacity":0.5},
        {"type":"glow","centerX":0.5,"radiusX":0.4,"radiusY":0.5,"lowFrequency":30,
        "highFrequency":150,"rest":0.25,"contrast":2,"blend":"screen"},
        {"type":"image","asset":"a","fit":"cover","cornerRadius":0.25,
        "rectangle":{"x":0.2,"y":0.1,"width":0.5,"height":0.5}},
        {"type":"bars","count":9,"gap":0.3,"roundness":1,"growth":"both","symmetric":true,
        "lowFrequency":40,"highFrequency":9000,"floor":0.2,"contrast":1.5,"tilt":0.1,
        "rectangle":{"x":0.1,"y":0.4,"width":0.8,"height":0.4},"blend":"difference"},
        {"type":"waveform","lineWidth":0.01,"gain":2,"taper":0.2,"opacity":0.7,
        "rectangle":{"x":0.1,"y":0.1,"width":0.8,"height":0.2}},
        {"type":"text","text":"Text","size":0.3,"shadowBlur":0.4,"shadow":"#000",
        "rectangle":{"x":0.1,"y":0.1,"width":0.8,"height":0.8}}]}
        """#

    /// Numbers at and beyond the limits, in every place where a number stands.
    @Test func anyNumberAnywhere() throws {
        var random = SeededGenerator(seed: 21)
        let numbers = [
            "-360", "-1", "0", "0.0001", "0.001", "0.01", "0.1", "0.25", "0.5", "0.95", "1", "2",
            "3", "4", "10", "32", "100", "512", "100000", "1e308", "-1e308", "1e-300", "null",
        ]
        let pieces = Self.pieces
        var image = try Frame(width: 3, height: 500, format: .bgraPremultiplied)
        image.clear()
        let images = ["a": SharedFrame(image)]
        var drawn = 0
        for round in 0..<150 {
            var pieces = pieces
            let places = pieces.indices.filter { Double(pieces[$0]) != nil }
            for _ in 0...(round % 3) {
                pieces[places.randomElement(using: &random) ?? 0] =
                    numbers.randomElement(using: &random) ?? "0"
            }
            guard let scene = read(Array(pieces.joined().utf8)) else { continue }
            let (width, height) = round % 2 == 0 ? (33, 20) : (16, 40)
            let renderer = try FrameRenderer(
                scene: scene, width: width, height: height,
                frameRate: FrameRate(numerator: 25), images: images)
            var frame = try Frame(width: width, height: height, format: .bgraPremultiplied)
            let row = AnalysisRow(
                frequency: random.bytes(scene.analysis.binCount),
                timeDomain: random.bytes(scene.analysis.fftSize), sampleRate: 44_100)
            try renderer.render(frame: round, analysis: row, into: &frame)
            drawn += 1
        }
        #expect(drawn > 20)
    }

    /// Bytes changed, cut and repeated.
    @Test func anyByteAnywhere() {
        var random = SeededGenerator(seed: 22)
        let seed = Array(Self.seed.utf8)
        for _ in 0..<1000 {
            var json = seed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: 0..<json.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: json[at] = UInt8.random(in: 0...255, using: &random)
                case 1: json.remove(at: at)
                case 2: json.insert(seed.randomElement(using: &random) ?? 0, at: at)
                default: json.removeSubrange(at..<min(at + 20, json.count))
                }
                if json.isEmpty { json = seed }
            }
            _ = read(json)
        }
    }

    /// The scene, or nil when it was refused as it should be.
    private func read(_ json: [UInt8]) -> Scene? {
        do {
            return try Scene(json: json)
        } catch let error {
            #expect(error.code == .invalidArgument)
            #expect(!error.message.isEmpty)
            return nil
        }
    }

    /// The seed, cut before and after each number.
    private static var pieces: [String] {
        var pieces = [""]
        var wasInNumber = false
        var inText = false
        for character in seed {
            if character == "\"" { inText.toggle() }
            let inNumber = !inText && (character.isNumber || character == ".")
            if inNumber != wasInNumber { pieces.append("") }
            pieces[pieces.count - 1].append(character)
            wasInNumber = inNumber
        }
        return pieces
    }
}
