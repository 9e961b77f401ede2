// Frames: pure functions of scene and moment, at any size, and moving as the music does.

import Basics
import FrameCodecs
internal import Glibc
import Rendering
import TestSupport
import Testing

private func rate() throws -> FrameRate { try FrameRate(numerator: 30) }

/// A made-up moment, different for each seed.
private func noise(_ seed: UInt64, under settings: AnalysisSettings) -> AnalysisRow {
    var random = SeededGenerator(seed: seed)
    return AnalysisRow(
        frequency: random.bytes(settings.binCount), timeDomain: random.bytes(settings.fftSize),
        sampleRate: 48_000)
}

private func checksum(_ frame: borrowing Frame) -> UInt64 { frame.withBytes { checksum64($0) } }

/// A scene with every kind of layer, in every blend mode, some in the way of others.
private func busyScene() throws -> Scene {
    let modes = BlendMode.allCases
    var scene = Scene.standard(title: "A title that is far too long for its place", artist: "B")
    for index in scene.layers.indices {
        scene.layers[index].blendMode = modes[index % modes.count]
        scene.layers[index].opacity = index % 2 == 0 ? 0.7 : 1
    }
    var waveform = Layer.waveform(WaveformLayer())
    waveform.blendMode = .difference
    scene.layers.append(waveform)
    return scene
}

@Suite struct FramesArePureFunctions {
    @Test func orderAndRendererDoNotMatter() throws {
        let scene = try busyScene()
        let first = try FrameRenderer(
            scene: scene, width: 160, height: 90, frameRate: rate())
        let second = try FrameRenderer(
            scene: scene, width: 160, height: 90, frameRate: rate())
        var frame = try Frame(width: 160, height: 90, format: .bgraPremultiplied)
        let rows = (0..<6).map { noise(UInt64($0), under: scene.analysis) }
        var forwards: [UInt64] = []
        for index in 0..<6 {
            try first.render(frame: index, analysis: rows[index], into: &frame)
            forwards.append(checksum(frame))
        }
        for index in [5, 0, 3, 3, 1, 4, 2] {
            var fresh = try Frame(width: 160, height: 90, format: .bgraPremultiplied)
            try second.render(frame: index, analysis: rows[index], into: &fresh)
            #expect(checksum(fresh) == forwards[index], "frame \(index)")
        }
        #expect(Set(forwards).count == 6)
    }

    @Test func threadsDoNotMatter() async throws {
        let scene = try busyScene()
        let sums = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let renderer = try FrameRenderer(
                        scene: scene, width: 97, height: 55, frameRate: rate())
                    var frame = try Frame(width: 97, height: 55, format: .bgraPremultiplied)
                    try renderer.render(
                        frame: 9, analysis: noise(9, under: scene.analysis), into: &frame)
                    return checksum(frame)
                }
            }
            return try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
        }
        #expect(sums.count == 1)
    }

    @Test(arguments: [(16, 16), (17, 31), (1, 1), (333, 17), (64, 500), (2, 3)])
    func anySize(_ width: Int, _ height: Int) throws {
        let scene = try busyScene()
        let renderer = try FrameRenderer(
            scene: scene, width: width, height: height, frameRate: rate())
        var frame = try Frame(width: width, height: height, format: .bgraPremultiplied)
        for row in [
            noise(1, under: scene.analysis), AnalysisRow(silenceUnder: scene.analysis),
        ] {
            try renderer.render(frame: 0, analysis: row, into: &frame)
        }
        // The background is opaque, so every pixel is.
        let stride = frame.planes[0].stride
        frame.withBytes { bytes in
            for y in 0..<height {
                for x in 0..<width {
                    #expect(
                        unsafe bytes.unsafeLoad(
                            fromByteOffset: y * stride + x * 4 + 3, as: UInt8.self) == 255)
                }
            }
        }
    }

    @Test func misfitsAreErrors() throws {
        let scene = Scene.standard()
        let renderer = try FrameRenderer(scene: scene, width: 32, height: 32, frameRate: rate())
        var small = try Frame(width: 31, height: 32, format: .bgraPremultiplied)
        var other = try Frame(width: 32, height: 32, format: .rgba)
        var good = try Frame(width: 32, height: 32, format: .bgraPremultiplied)
        let row = AnalysisRow(silenceUnder: scene.analysis)
        var settings = scene.analysis
        settings.fftSize = 64
        #expect(throws: AssetError(.invalidArgument, "")) {
            try renderer.render(frame: 0, analysis: row, into: &small)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            try renderer.render(frame: 0, analysis: row, into: &other)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            try renderer.render(
                frame: 0, analysis: AnalysisRow(silenceUnder: settings), into: &good)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            _ = try FrameRenderer(scene: scene, width: 0, height: 32, frameRate: rate())
        }
    }
}

@Suite struct LibrariesAreKnown {
    @Test func versions() {
        let versions = FrameRenderer.libraryVersions
        #expect(versions.keys.sorted() == ["cairo", "fftw", "pixman"])
        #expect(versions.values.allSatisfy { $0.contains(".") }, "\(versions)")
    }
}

@Suite struct LayersShowWhatTheyAreTold {
    /// Rows of pixels of a scene with one layer.
    private func pixels(
        _ layer: Layer, width: Int, height: Int, analysis: AnalysisRow? = nil,
        images: [String: SharedFrame] = [:], background: Color = Color(red: 0, green: 0, blue: 0)
    ) throws -> [[SIMD4<UInt8>]] {
        var scene = Scene()
        scene.background = background
        scene.layers = [layer]
        let renderer = try FrameRenderer(
            scene: scene, width: width, height: height, frameRate: rate(), images: images)
        var frame = try Frame(width: width, height: height, format: .bgraPremultiplied)
        try renderer.render(
            frame: 0, analysis: analysis ?? AnalysisRow(silenceUnder: scene.analysis),
            into: &frame)
        let stride = frame.planes[0].stride
        return frame.withBytes { bytes in
            (0..<height).map { y in
                (0..<width).map { x in
                    unsafe bytes.unsafeLoad(
                        fromByteOffset: y * stride + 4 * x, as: SIMD4<UInt8>.self)
                }
            }
        }
    }

    /// A sine must raise the bar whose band it lies in, and no distant one.
    @Test(arguments: [60.0, 250, 1000, 4000, 12_000])
    func barsFollowTheMusic(_ hertz: Double) throws {
        var settings = AnalysisSettings()
        settings.smoothing = 0
        let samples = (0..<4800).map { Float(0.5 * sin(2 * .pi * hertz * Double($0) / 48_000)) }
        var analyzer = try AudioAnalyzer(settings)
        analyzer.append(samples.span)
        let row = analyzer.read(endingAt: 4800, sampleRate: 48_000)

        var bars = BarsLayer()
        bars.count = 16
        bars.lowFrequency = 40
        bars.highFrequency = 16_000
        bars.gap = 0.5
        bars.rectangle = .full
        let picture = try pixels(.bars(bars), width: 320, height: 100, analysis: row)
        let heights = (0..<16).map { bar in
            (0..<100).reduce(0) { $0 + (picture[$1][20 * bar + 10] == SIMD4(0, 0, 0, 255) ? 0 : 1) }
        }
        let wanted = Int(16 * log(hertz / 40) / log(400))
        let tallest = try #require(heights.indices.max { heights[$0] < heights[$1] })
        #expect(abs(tallest - wanted) <= (hertz < 100 ? 1 : 0), "\(heights)")
        #expect(heights[tallest] > 60, "\(heights)")
        for bar in 0..<16 where abs(bar - wanted) > 4 { #expect(heights[bar] < 50, "\(heights)") }
    }

    @Test func silenceLeavesDotsAndAStraightLine() throws {
        let bars = try pixels(.bars(BarsLayer()), width: 640, height: 360)
        let lit = bars.flatMap { $0 }.count { $0 != SIMD4(0, 0, 0, 255) }
        #expect((640...6400).contains(lit))
        var waveform = WaveformLayer()
        waveform.rectangle = .full
        waveform.color = Color(red: 255, green: 255, blue: 255)
        waveform.lineWidth = 0.02
        let line = try pixels(.waveform(waveform), width: 100, height: 101)
        #expect(line[50].allSatisfy { $0[0] > 200 })
        #expect(line[40].allSatisfy { $0[0] == 0 })
    }

    @Test func gradientsReachTheirColours() throws {
        var gradient = GradientLayer()
        gradient.angle = 90
        gradient.stops = [
            ColorStop(at: 0, color: Color(red: 255, green: 0, blue: 0)),
            ColorStop(at: 1, color: Color(red: 0, green: 0, blue: 255)),
        ]
        let row = try pixels(.gradient(gradient), width: 256, height: 8)[0]
        #expect(row[0][2] >= 254 && row[0][0] <= 1)
        #expect(row[255][0] >= 254 && row[255][2] <= 1)
        for x in 0..<256 { #expect(abs(Int(row[x][0]) - x) <= 1) }
    }

    @Test func aHiddenLayerIsNotDrawn() throws {
        var layer = Layer.gradient(GradientLayer())
        layer.isVisible = false
        let picture = try pixels(layer, width: 8, height: 8)
        #expect(picture.flatMap { $0 }.allSatisfy { $0 == SIMD4(0, 0, 0, 255) })
    }

    @Test(arguments: ImageLayer.Fit.allCases) func imagesFit(_ fit: ImageLayer.Fit) throws {
        // A white picture twice as wide as high, in a square frame.
        var white = try Frame(width: 20, height: 10, format: .bgraPremultiplied)
        unsafe white.withUnsafeMutableBytes { bytes in
            unsafe _ = bytes.initializeMemory(as: UInt8.self, repeating: 255)
        }
        var image = ImageLayer(asset: "white")
        image.fit = fit
        let images = ["white": SharedFrame(white)]
        let picture = try pixels(.image(image), width: 40, height: 40, images: images)
        let lit = picture.flatMap { $0 }.count { $0[0] == 255 }
        #expect(lit == (fit == .contain ? 800 : 1600))
    }

    @Test func aMissingImageIsNamed() throws {
        do {
            _ = try pixels(.image(ImageLayer(asset: "cover")), width: 8, height: 8)
            Issue.record("no error")
        } catch let error as AssetError {
            #expect(error.code == .inputMissing)
            #expect(error.message.contains("\"cover\""))
        }
    }

    @Test func textStaysInItsRectangle() throws {
        for alignment in TextLayer.Alignment.allCases {
            var text = TextLayer(text: String(repeating: "Wide words ", count: 30))
            text.rectangle = RelativeRectangle(x: 0.25, y: 0.25, width: 0.5, height: 0.5)
            text.size = 0.2
            text.alignment = alignment
            let picture = try pixels(.text(text), width: 200, height: 100)
            var lit = 0
            for row in picture {
                for (x, pixel) in row.enumerated() where pixel[0] > 0 {
                    #expect((48...152).contains(x))
                    lit += 1
                }
            }
            #expect(lit > 50)
        }
    }

    @Test func emptyTextShowsNothing() throws {
        let picture = try pixels(.text(TextLayer(text: " \n\t ")), width: 20, height: 20)
        #expect(picture.flatMap { $0 }.allSatisfy { $0 == SIMD4(0, 0, 0, 255) })
    }

    @Test func aGlowSwellsWithItsBand() throws {
        var loud = AnalysisRow(silenceUnder: AnalysisSettings())
        for bin in 0..<10 { loud.frequency[bin] = 255 }
        var glow = GlowLayer()
        glow.color = Color(red: 255, green: 255, blue: 255)
        let quiet = try pixels(.glow(glow), width: 41, height: 41)[20][20][0]
        let bright = try pixels(.glow(glow), width: 41, height: 41, analysis: loud)[20][20][0]
        #expect((55...75).contains(quiet))
        #expect(bright >= 250)
    }
}
