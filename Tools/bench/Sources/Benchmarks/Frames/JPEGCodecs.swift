// JPEG: our calls beside libjpeg-turbo's own with the same settings, whose bytes must be the same.

internal import Basics
internal import CPeerTurboJPEG
internal import FrameCodecs
internal import Media

/// The workload `jpeg`.
struct JPEGCodecs {
    static let rowNames = [
        "jpeg-encode-420", "jpeg-encode-444", "jpeg-encode-planes", "jpeg-decode-420",
        "jpeg-decode-444", "jpeg-decode-planes",
    ]

    private static let quality = 85
    private static let peer = "turbojpeg"
    private let bench: Bench
    /// Frames of all materials, as RGBA and as planes.
    private let frames: [SharedFrame]
    private let planes: [SharedFrame]

    static func measure(_ bench: Bench) throws -> [Row] {
        let codecs = try JPEGCodecs(bench)
        return try [
            codecs.encoding(rowNames[0], .yuv420, TJSAMP_420),
            codecs.encoding(rowNames[1], .yuv444, TJSAMP_444),
            codecs.encodingPlanes(rowNames[2]),
            codecs.decoding(rowNames[3], .yuv420),
            codecs.decoding(rowNames[4], .yuv444),
            codecs.decodingPlanes(rowNames[5]),
        ].flatMap(\.self)
    }

    private init(_ bench: Bench) throws {
        self.bench = bench
        let size = bench.frameSize
        let frames = try bench.frameMaterials().flatMap { try $0.load(bench).prefix(2) }
        let converter = FrameConverter()
        planes = try frames.map { shared in
            var planes = try Frame(width: size.width, height: size.height, format: .yuv420JPEG)
            try converter.convert(shared.frame, into: &planes)
            return SharedFrame(planes)
        }
        self.frames = frames
    }

    private func rows(
        _ name: String, _ contestants: [Contestant]
    ) throws -> [Row] {
        try bench.compare(contestants).rows(
            name, unit: "frames/s", promises: [(.peer(Self.peer), 0.95)])
    }

    /// Somebody who works on all frames; only the work is timed, not the look at its result.
    private func contestant(
        _ name: String, _ count: Int,
        _ work: @escaping (_ index: Int, _ result: (RawSpan) -> Void) throws -> Void
    ) -> Contestant {
        Contestant(name: name) {
            var sum = ContentSum()
            var effort = Effort.none
            for index in 0..<count {
                var looking = Effort.none
                effort += try Effort {
                    try work(index) { bytes in looking = Effort { sum.add(index, bytes) } }
                }
                effort -= looking
            }
            return Sample(ofOneThread: count, in: effort, hash: sum.value)
        }
    }

    private func encoding(
        _ name: String, _ subsampling: JPEGSubsampling, _ samples: TJSAMP
    ) throws -> [Row] {
        let ours = try OurJPEG()
        let peer = try TurboJPEGPeer(bench.frameSize)
        return try rows(
            name,
            [
                contestant(Contestant.ours, frames.count) { index, result in
                    try ours.encoder.encode(
                        frames[index].frame, quality: Self.quality, subsampling: subsampling,
                        result)
                },
                contestant(Self.peer, frames.count) { index, result in
                    try peer.encode(frames[index].frame, quality: Self.quality, samples, result)
                },
            ])
    }

    private func encodingPlanes(_ name: String) throws -> [Row] {
        let ours = try OurJPEG()
        let peer = try TurboJPEGPeer(bench.frameSize)
        return try rows(
            name,
            [
                contestant(Contestant.ours, planes.count) { index, result in
                    try ours.encoder.encode(planes[index].frame, quality: Self.quality, result)
                },
                contestant(Self.peer, planes.count) { index, result in
                    try peer.encodePlanes(planes[index].frame, quality: Self.quality, result)
                },
            ])
    }

    private func jpegs(_ subsampling: JPEGSubsampling) throws -> [[UInt8]] {
        let ours = try OurJPEG()
        return try frames.map { shared in
            try ours.encoder.encode(
                shared.frame, quality: Self.quality, subsampling: subsampling
            ) { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
        }
    }

    private func decoding(_ name: String, _ subsampling: JPEGSubsampling) throws -> [Row] {
        let (jpegs, peer) = (try jpegs(subsampling), try TurboJPEGPeer(bench.frameSize))
        let ours = try OurJPEG()
        var frame = try Frame(
            width: bench.frameSize.width, height: bench.frameSize.height, format: .rgba)
        return try rows(
            name,
            [
                contestant(Contestant.ours, jpegs.count) { index, result in
                    let jpeg = jpegs[index]
                    unsafe try ours.decoder.decode(jpeg.span.bytes, into: &frame)
                    frame.withBytes(result)
                },
                contestant(Self.peer, jpegs.count) { index, result in
                    try peer.decode(jpegs[index], result)
                },
            ])
    }

    private func decodingPlanes(_ name: String) throws -> [Row] {
        let (jpegs, peer) = (try jpegs(.yuv420), try TurboJPEGPeer(bench.frameSize))
        let ours = try OurJPEG()
        var frame = try Frame(
            width: bench.frameSize.width, height: bench.frameSize.height, format: .yuv420JPEG)
        return try rows(
            name,
            [
                contestant(Contestant.ours, jpegs.count) { index, result in
                    let jpeg = jpegs[index]
                    unsafe try ours.decoder.decode(jpeg.span.bytes, into: &frame)
                    frame.withBytes(result)
                },
                contestant(Self.peer, jpegs.count) { index, result in
                    try peer.decodePlanes(jpegs[index], result)
                },
            ])
    }
}

/// Our encoder and decoder where closures can reach them.
private final class OurJPEG {
    var encoder: JPEGEncoder
    var decoder: JPEGDecoder

    init() throws {
        encoder = try JPEGEncoder()
        decoder = try JPEGDecoder()
    }
}
