// The scene for whoever brings nothing but music.

extension Scene {
    /// Spectrum bars with a reflection, a waveform, light that swells with the bass, title and
    /// artist, on a dark gradient.
    ///
    /// - Parameters:
    ///   - title: below the bars in bold; left out when nil or empty.
    ///   - artist: below the title; left out when nil or empty.
    public static func standard(title: String? = nil, artist: String? = nil) -> Scene {
        var scene = Scene()
        scene.layers = [
            backdrop, glow, sideGlow, reflection, bars, waveform,
        ]
        let (title, artist) = (title ?? "", artist ?? "")
        if !title.isEmpty { scene.layers.append(heading(title)) }
        if !artist.isEmpty { scene.layers.append(byline(artist, isAlone: title.isEmpty)) }
        return scene
    }

    private static var backdrop: Layer {
        var content = GradientLayer()
        content.angle = 165
        content.stops = [
            ColorStop(at: 0, color: Color(red: 9, green: 11, blue: 24)),
            ColorStop(at: 0.55, color: Color(red: 20, green: 20, blue: 48)),
            ColorStop(at: 1, color: Color(red: 43, green: 20, blue: 62)),
        ]
        return .gradient(content)
    }

    /// The bass, behind the bars.
    private static var glow: Layer {
        var content = GlowLayer()
        content.color = Color(red: 124, green: 64, blue: 220, alpha: 150)
        content.centerY = 0.62
        content.radiusX = 0.46
        content.radiusY = 0.5
        content.rest = 0.15
        content.contrast = 2.5
        var layer = Layer.glow(content)
        layer.blendMode = .screen
        return layer
    }

    /// The voices, from above.
    private static var sideGlow: Layer {
        var content = GlowLayer()
        content.color = Color(red: 40, green: 110, blue: 230, alpha: 110)
        content.centerX = 0.2
        content.centerY = 0.12
        content.radiusX = 0.36
        content.radiusY = 0.48
        content.lowFrequency = 300
        content.highFrequency = 3000
        content.rest = 0.2
        var layer = Layer.glow(content)
        layer.blendMode = .screen
        return layer
    }

    private static var barsContent: BarsLayer {
        var content = BarsLayer()
        content.rectangle = RelativeRectangle(x: 0.1, y: 0.3, width: 0.8, height: 0.36)
        content.count = 72
        content.gap = 0.36
        content.floor = 0.25
        content.contrast = 1.6
        content.tilt = 0.03
        content.stops = [
            ColorStop(at: 0, color: Color(red: 74, green: 118, blue: 255)),
            ColorStop(at: 0.5, color: Color(red: 168, green: 92, blue: 255)),
            ColorStop(at: 1, color: Color(red: 255, green: 118, blue: 168)),
        ]
        return content
    }

    private static var bars: Layer { .bars(barsContent) }

    private static var reflection: Layer {
        var content = barsContent
        content.growth = .down
        content.rectangle.y = 0.672
        content.rectangle.height = 0.11
        content.stops = [
            ColorStop(at: 0, color: Color(red: 74, green: 118, blue: 255, alpha: 80)),
            ColorStop(at: 1, color: Color(red: 168, green: 92, blue: 255, alpha: 0)),
        ]
        return .bars(content)
    }

    private static var waveform: Layer {
        var content = WaveformLayer()
        content.rectangle = RelativeRectangle(x: 0.1, y: 0.1, width: 0.8, height: 0.16)
        content.color = Color(red: 214, green: 222, blue: 255, alpha: 190)
        content.lineWidth = 0.0028
        content.gain = 1.4
        return .waveform(content)
    }

    private static func heading(_ text: String) -> Layer {
        var content = TextLayer(text: text)
        content.rectangle = RelativeRectangle(x: 0.1, y: 0.8, width: 0.8, height: 0.075)
        content.weight = .bold
        content.size = 0.05
        content.shadow = Color(red: 0, green: 0, blue: 0, alpha: 160)
        return .text(content)
    }

    private static func byline(_ text: String, isAlone: Bool) -> Layer {
        var content = TextLayer(text: text)
        content.rectangle = RelativeRectangle(
            x: 0.1, y: isAlone ? 0.81 : 0.876, width: 0.8, height: 0.05)
        content.size = 0.03
        content.color = Color(red: 190, green: 196, blue: 226)
        content.shadow = Color(red: 0, green: 0, blue: 0, alpha: 140)
        return .text(content)
    }
}
