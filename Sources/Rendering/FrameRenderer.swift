// Draws the frames of a scene.
//
// Whatever doesn't change is drawn once, when a renderer is made: gradients, text, scaled pictures;
// those at the bottom are even put together. What is left per frame is a copy, the blending of
// ready pixels, and the few layers that move. All of it is a pure function of the scene, the size
// and the moment, so any renderer draws any frame the same.

public import Basics
public import FrameCodecs

/// Draws the frames of one scene at one size, in any order.
///
/// Not thread-safe: each worker has its own. Two renderers of equal scenes, sizes and images give
/// equal bytes for the same frame. A renderer holds about two frames of memory, and one for each
/// still layer above a moving one.
public final class FrameRenderer {
    /// The version of the drawing code. It grows whenever a frame's bytes change, and is part of a
    /// job's identity: frames of different versions are never mixed.
    public static let version = 1

    /// The width of the frames it draws, in pixels.
    public let width: Int
    /// The height of the frames it draws, in pixels.
    public let height: Int
    /// What makes times of frame numbers.
    public let frameRate: FrameRate
    private let settings: AnalysisSettings
    private let layers: [ReadyLayer]
    /// The background and all still layers at the bottom.
    private let base: Frame
    /// What a layer is drawn on that doesn't simply cover; a single pixel where none does so.
    private var scratch: Frame

    private struct ReadyLayer {
        let content: PreparedLayer
        let mode: BlendMode
        let opacity: Double

        /// Whether the layer must be whole before it meets what is below.
        var needsScratch: Bool {
            guard case .moving = content else { return false }
            return mode != .normal || opacity < 1
        }
    }

    /// Prepares to draw a scene. Takes about 40 ms for the standard scene at 1920×1080.
    ///
    /// - Parameters:
    ///   - images: the pictures for ``Scene/imageReferences``, in the format
    ///     ``PixelFormat/bgraPremultiplied``.
    /// - Throws: ``AssetError/Code/invalidArgument`` when the size or anything in the scene is out of
    ///   range or an image has another format, ``AssetError/Code/inputMissing`` when an image is missing,
    ///   ``AssetError/Code/library`` when cairo fails.
    public init(
        scene: Scene, width: Int, height: Int, frameRate: FrameRate,
        images: [String: SharedFrame] = [:]
    ) throws(AssetError) {
        try scene.validate()
        let stage = Stage(width: width, height: height, images: images)
        var base = try Frame(width: width, height: height, format: .bgraPremultiplied)
        try Canvas.draw(on: &base) { canvas throws(AssetError) in
            canvas.setColor(scene.background)
            canvas.addRectangle(
                Area(x: 0, y: 0, width: Double(width), height: Double(height)))
            canvas.fill()
        }
        var layers: [ReadyLayer] = []
        for layer in scene.layers where layer.isVisible && layer.opacity > 0 {
            let content = try layer.content.prepare(for: stage)
            if case .empty = content { continue }
            if case .still(let sprite) = content, layers.isEmpty {
                try sprite.blend(onto: &base, mode: layer.blendMode, opacity: layer.opacity)
            } else {
                layers.append(
                    ReadyLayer(content: content, mode: layer.blendMode, opacity: layer.opacity))
            }
        }
        let needsScratch = layers.contains { $0.needsScratch }
        let scratch = try Frame(
            width: needsScratch ? width : 1, height: needsScratch ? height : 1,
            format: .bgraPremultiplied)
        self.width = width
        self.height = height
        self.frameRate = frameRate
        self.settings = scene.analysis
        self.layers = layers
        self.base = base
        self.scratch = scratch
    }

    /// Draws a frame. About 5 ms for the standard scene at 1920×1080.
    ///
    /// - Parameters:
    ///   - index: the frame's number, from 0; its time is `index / frameRate`.
    ///   - analysis: what the frame hears, made with the scene's settings.
    ///   - frame: what is drawn on, all of it; ``PixelFormat/bgraPremultiplied`` and of the
    ///     renderer's size.
    /// - Throws: ``AssetError/Code/invalidArgument`` when the frame or the analysis doesn't fit,
    ///   ``AssetError/Code/library`` when cairo fails.
    public func render(
        frame index: Int, analysis: AnalysisRow, into frame: inout Frame
    ) throws(AssetError) {
        guard frame.width == width, frame.height == height, frame.format == .bgraPremultiplied
        else {
            throw AssetError(
                .invalidArgument,
                "a frame of \(frame.width)×\(frame.height) in the format \(frame.format) can't be "
                    + "drawn on; give one of \(width)×\(height) in bgraPremultiplied")
        }
        guard analysis.frequency.count == settings.binCount,
            analysis.timeDomain.count == settings.fftSize
        else {
            throw AssetError(
                .invalidArgument,
                "the analysis has \(analysis.frequency.count) frequencies where the scene asks for "
                    + "\(settings.binCount); make it with the scene's settings")
        }
        let moment = Moment(
            frameIndex: index, time: frameRate.seconds(ofFrame: index),
            delta: frameRate.frameSeconds, analysis: analysis)
        frame.copy(from: base)
        for layer in layers { try draw(layer, at: moment, onto: &frame) }
    }

    private func draw(
        _ layer: ReadyLayer, at moment: Moment, onto frame: inout Frame
    ) throws(AssetError) {
        switch layer.content {
        case .empty:
            break
        case .still(let sprite):
            try sprite.blend(onto: &frame, mode: layer.mode, opacity: layer.opacity)
        case .pulsing(let sprite, let strength):
            try sprite.blend(
                onto: &frame, mode: layer.mode, opacity: layer.opacity * strength(moment))
        case .moving(_, let draw) where !layer.needsScratch:
            try draw(&frame, moment)
        case .moving(let bounds, let draw):
            scratch.clear(bounds)
            try draw(&scratch, moment)
            try blend(
                source: scratch, atX: 0, y: 0, onto: &frame, mode: layer.mode,
                opacity: layer.opacity, region: bounds)
        }
    }
}

extension Frame {
    /// Makes a part of a premultiplied BGRA frame, which lies within it, transparent.
    fileprivate mutating func clear(_ bounds: PixelRectangle) {
        let stride = planes[0].stride
        unsafe withUnsafeMutableBytes { bytes in
            for row in bounds.y..<bounds.y + bounds.height {
                let start = row * stride + bounds.x * 4
                let line = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: bytes[start..<start + bounds.width * 4])
                unsafe _ = line.initializeMemory(as: UInt8.self, repeating: 0)
            }
        }
    }
}
