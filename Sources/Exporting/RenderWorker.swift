// What one thread does: draws frames into the store, and encodes segments out of it.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import Media
internal import Rendering

/// The tools of one worker thread, made when they are first needed. Not thread-safe.
final class RenderWorker {
    private let pipeline: RenderPipeline
    private var drawing: Drawing?
    private var unpacking: Unpacking?

    fileprivate struct Drawing: ~Copyable {
        let renderer: FrameRenderer
        let analysis: AudioAnalysis
        var canvas: Frame
        var packer: FramePacker
    }

    fileprivate struct Unpacking: ~Copyable {
        let codec: FrameCodec
        var unpacker: FrameUnpacker
        var unpacked: Frame
        var video: Frame
    }

    init(_ pipeline: RenderPipeline) { self.pipeline = pipeline }

    private var job: RenderJob { pipeline.job }

    /// Draws a frame and stores it.
    func render(_ index: Int, onDurable: @escaping @Sendable () -> Void = {}) throws {
        if drawing == nil { drawing = try makeDrawing() }
        let recipe = job.recipe
        let facts = FrameFacts(
            codec: recipe.framePacking.codec.rawValue, width: recipe.width, height: recipe.height)
        let writer = pipeline.frameWriter
        try drawing?.draw(index) { bytes in
            try writer.append(index, facts, bytes, onDurable: onDurable)
        }
    }

    /// Encodes a segment from its stored frames and stores it.
    func encode(_ segment: Int) throws {
        if unpacking == nil { unpacking = try makeUnpacking() }
        let encoder = try SegmentEncoder(job.recipe.videoSettings())
        var packets: [EncodedPacket] = []
        for index in pipeline.plan.frames(of: segment) {
            if pipeline.isCancelled() {
                throw AssetError(.cancelled, "interrupted; what is finished is kept")
            }
            try unpack(index)
            packets += try unpacking?.encode(with: encoder, index) ?? []
            pipeline.didEncodeFrame()
        }
        packets += try encoder.finish()
        let bytes = try EncodedSegment(extradata: encoder.extradata, packets: packets).encoded()
        unsafe try pipeline.lease.putSegment(
            track: SegmentTrack.video, index: segment, bytes.span.bytes)
    }

    /// Unpacks a stored frame. One that is damaged or has been removed is drawn again.
    private func unpack(_ index: Int) throws {
        for attempt in 0...1 {
            do {
                let found = try job.store.withFrame(index, of: job.id) { frame, bytes in
                    guard frame.facts.codec == unpacking?.codec.rawValue else {
                        throw AssetError(
                            .unsupportedFormat,
                            "frame \(index) of job \(job.id) is packed by codec "
                                + "\(frame.facts.codec), not by that of its recipe; remove the "
                                + "job and render again")
                    }
                    try unpacking?.unpack(bytes)
                    return true
                }
                if found == true { return }
            } catch let error as AssetError where error.code == .damaged && attempt == 0 {
                // Drawn again below.
            }
            try render(index)
            pipeline.didRenderFrameAgain()
            try pipeline.frameWriter.flush()
        }
        throw AssetError(.damaged, "frame \(index) of job \(job.id) can't be stored intact")
    }

    private func makeDrawing() throws -> Drawing {
        let recipe = job.recipe
        let renderer = try FrameRenderer(
            scene: job.scene(), width: recipe.width, height: recipe.height,
            frameRate: job.frameRate,
            images: SceneImages.load(recipe.images, from: job.store))
        return Drawing(
            renderer: renderer,
            analysis: try job.audioAnalysis(pipeline.isCancelled, pipeline.progress),
            canvas: try Frame(
                width: recipe.width, height: recipe.height, format: .bgraPremultiplied),
            packer: try FramePacker(recipe.framePacking))
    }

    private func makeUnpacking() throws -> Unpacking {
        let (width, height) = (job.recipe.width, job.recipe.height)
        let codec = job.recipe.framePacking.codec
        return Unpacking(
            codec: codec, unpacker: try FrameUnpacker(),
            unpacked: try Frame(
                width: width, height: height,
                format: codec == .jpeg ? .yuv420JPEG : .bgraPremultiplied),
            video: try Frame(width: width, height: height, format: .yuv420BT709))
    }
}

extension RenderWorker.Drawing {
    /// Draws a frame and lends its packed bytes.
    fileprivate mutating func draw(
        _ index: Int, _ body: (RawSpan) throws -> Void
    ) throws {
        try renderer.render(
            frame: index, analysis: analysis.row(ofFrame: index), into: &canvas)
        try packer.pack(canvas, body)
    }
}

extension RenderWorker.Unpacking {
    /// Unpacks a stored frame to video samples.
    fileprivate mutating func unpack(_ bytes: RawSpan) throws {
        try unpacker.unpack(bytes, codec: codec, into: &unpacked)
        try convertToBT709(unpacked, into: &video)
    }

    fileprivate func encode(with encoder: SegmentEncoder, _ index: Int) throws -> [EncodedPacket] {
        try encoder.encode(video, index: index)
    }
}
