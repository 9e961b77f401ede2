// What the libraries on this machine make of a picture. Versions say little: fonts, processors and
// builds matter too. So the picture itself is asked.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import Media
internal import Rendering

/// A hash over a small frame of the built-in scene, drawn, packed and encoded here: equal on
/// machines whose renders can be mixed. Takes some ten milliseconds, once per process.
enum Fingerprint {
    /// - Throws: what drawing or encoding throws; then no render would succeed either.
    static func value() throws -> String { try made.get() }

    private static let made = Result { try make() }

    private static func make() throws -> String {
        let (side, rate) = (64, try FrameRate(numerator: 25))
        var scene = Scene.standard(title: "Quick wafting zephyrs", artist: "vex bold Jim")
        scene.analysis.fftSize = 512
        var tone = AnalysisRow(silenceUnder: scene.analysis)
        for bin in tone.frequency.indices { tone.frequency[bin] = UInt8(bin * 7 % 256) }
        for sample in tone.timeDomain.indices { tone.timeDomain[sample] = UInt8(sample * 5 % 256) }
        var canvas = try Frame(width: side, height: side, format: .bgraPremultiplied)
        try FrameRenderer(scene: scene, width: side, height: side, frameRate: rate)
            .render(frame: 1, analysis: tone, into: &canvas)

        var hasher = ContentHasher()
        var packed = try Frame(width: side, height: side, format: .yuv420JPEG)
        var encoder = try JPEGEncoder()
        var decoder = try JPEGDecoder()
        try encoder.encode(canvas, quality: 90, subsampling: .yuv420) { bytes in
            hasher.update(bytes)
            try decoder.decode(bytes, into: &packed)
        }
        var video = try Frame(width: side, height: side, format: .yuv420BT709)
        try convertToBT709(packed, into: &video)
        // The first packet also names the encoder's build.
        let segment = try SegmentEncoder(
            VideoSettings(width: side, height: side, frameRate: rate))
        let packets = try segment.encode(video, index: 0) + segment.finish()
        for packet in packets { unsafe hasher.update(packet.bytes.span.bytes) }
        return hasher.value().description
    }
}
