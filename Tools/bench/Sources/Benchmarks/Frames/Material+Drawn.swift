// Materials that need no files, so that the benchmarks run anywhere: scenes as they are rendered, a
// screen with text, and pictures with the grain of a camera.

internal import Basics
internal import FrameCodecs
internal import Rendering

extension Material {
    /// What is measured on when no media are given.
    static let drawn = [
        Material(name: "scene", kind: .rendered) { bench in
            let scene = Scene.standard(title: "Title of the song", artist: "Artist")
            return try draw(scene, Array(0..<bench.frameCount), bench) { index in
                sound(index, under: scene.analysis)
            }
        },
        Material(name: "screen", kind: .screen) { bench in
            let scenes = (0..<bench.frameCount).map(screen)
            return try scenes.flatMap { scene in
                try draw(scene, [0], bench) { _ in AnalysisRow(silenceUnder: scene.analysis) }
            }
        },
        Material(name: "grain", kind: .grain) { bench in
            try (0..<bench.frameCount).map { index in
                try grain(bench.frameSize, seed: bench.seed &+ UInt64(index))
            }
        },
    ]

    /// A spectrum that falls, with peaks that wander, and a waveform that goes with it.
    private static func sound(_ index: Int, under settings: AnalysisSettings) -> AnalysisRow {
        var row = AnalysisRow(silenceUnder: settings)
        for bin in row.frequency.indices {
            let fall = 200 - 30 * bin.bitWidthOfValue
            let peak = (bin &* 7 &+ index &* 29) % 97 < 9 ? 60 : 0
            row.frequency[bin] = UInt8(clamping: fall + peak + 120)
        }
        for place in row.timeDomain.indices {
            // Two triangles of different periods.
            let slow = abs((place + 31 * index) % 256 - 128) - 64
            let fast = abs((place * 5 + 17 * index) % 96 - 48) - 24
            row.timeDomain[place] = UInt8(clamping: 128 + slow / 2 + fast)
        }
        return row
    }

    /// A desk with lines of text, scrolled to another place in each frame.
    private static func screen(_ index: Int) -> Scene {
        var scene = Scene()
        scene.background = Color(red: 250, green: 250, blue: 248)
        let words = [
            "frame", "let", "store", "the", "of", "return", "width", "0x1F", "{ }", "guard", "in",
            "payload", "1080", "for", "index", "=", "band", "why", "page", "alpha",
        ]
        for line in 0..<36 {
            var (text, state) = ("", UInt64(line + 3 * index))
            while text.utf8.count < 90 {
                state = mixed(state)
                text += words[Int(state % UInt64(words.count))] + " "
            }
            var layer = TextLayer(text: text)
            layer.rectangle = RelativeRectangle(
                x: line % 3 == 0 ? 0.05 : 0.08, y: 0.02 + Double(line) * 0.027, width: 0.6,
                height: 0.025)
            layer.size = 0.016
            layer.alignment = .left
            layer.color =
                line % 5 == 0
                ? Color(red: 20, green: 90, blue: 160) : Color(red: 30, green: 30, blue: 36)
            scene.layers.append(.text(layer))
        }
        return scene
    }

    /// Waves of colour with hard edges here and there, and noise upon them as a sensor has.
    private static func grain(
        _ size: (width: Int, height: Int), seed: UInt64
    ) throws -> SharedFrame {
        var frame = try Frame(width: size.width, height: size.height, format: .rgba)
        var random = SeededGenerator(seed: seed)
        let phase = Int(seed % 64)
        frame.withMutableBytes { bytes in
            for y in 0..<size.height {
                for x in 0..<size.width {
                    let wave = abs((x + phase) % 256 - 128) + abs((y + x / 4) % 192 - 96)
                    let edge = (x / 61 + y / 47) % 5 == 0 ? 24 : 0
                    let noise = random.next()
                    for channel in 0..<3 {
                        // The sum of four numbers of two bits: about a bell.
                        let bits = noise >> UInt64(16 * channel)
                        let speck =
                            Int(bits & 3) + Int(bits >> 2 & 3) + Int(bits >> 4 & 3)
                            + Int(bits >> 6 & 3) - 6
                        let level = wave * (4 - channel) / 5 + edge + 20 + speck
                        bytes.storeBytes(
                            of: UInt8(clamping: level),
                            toByteOffset: (y * size.width + x) * 4 + channel, as: UInt8.self)
                    }
                    bytes.storeBytes(
                        of: 255, toByteOffset: (y * size.width + x) * 4 + 3, as: UInt8.self)
                }
            }
        }
        return SharedFrame(frame)
    }
}

extension Int {
    /// How many bits a number that is not negative takes.
    fileprivate var bitWidthOfValue: Int { bitWidth - leadingZeroBitCount }
}
