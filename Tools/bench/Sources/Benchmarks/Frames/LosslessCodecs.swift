// Packing without loss: our codec beside those of libavcodec, JPEG XL, WebP, zstd and LZ4, each on
// one thread, on the same frames. Whatever a codec unpacks must be what it was given.

internal import Basics
internal import CPeerFFmpeg
internal import FrameCodecs

/// The workloads `lossless-encode` and `lossless-decode`.
struct LosslessCodecs {
    private let bench: Bench
    private let material: Material
    private let frames: [SharedFrame]

    static func encodeRowNames(_ materials: [Material]) -> [String] {
        materials.flatMap { ["encode-\($0.name)", "ratio-\($0.name)"] }
    }

    static func decodeRowNames(_ materials: [Material]) -> [String] {
        materials.map { "decode-\($0.name)" }
    }

    static func measureEncoding(_ bench: Bench) throws -> [Row] {
        try bench.frameMaterials().flatMap { try LosslessCodecs(bench, $0).encodingRows() }
    }

    static func measureDecoding(_ bench: Bench) throws -> [Row] {
        try bench.frameMaterials().flatMap { try LosslessCodecs(bench, $0).decodingRows() }
    }

    /// All codecs by the names that rows give them, ours first.
    private static let codecs: [(name: String, make: MakeLosslessPeer)] = [
        (Contestant.ours, { try OurCodec($0) }),
        // Both with what libavcodec does unasked, UT Video also with its best predictor.
        libav("utvideo", .init(codec: "utvideo", layout: .planesOfGBRA)),
        libav(
            "utvideo-median",
            .init(codec: "utvideo", layout: .planesOfGBRA, options: ["pred": "median"])),
        libav("ffv1", .init(codec: "ffv1", layout: .bgra)),
        libav(
            "ffv1-best",
            .init(
                codec: "ffv1", layout: .bgra,
                options: ["level": "3", "coder": "range_def", "context": "1", "slices": "4"])),
        libav("png-1", .init(codec: "png", layout: .rgba, compressionLevel: 1)),
        libav(
            "png-1-mixed",
            .init(codec: "png", layout: .rgba, options: ["pred": "mixed"], compressionLevel: 1)),
        libav("qoi", .init(codec: "qoi", layout: .rgba)),
        ("jxl-1", { try JPEGXLPeer($0) }),
        ("webp-0", { try WebPPeer($0) }),
        ("zstd-fast1", { try ZstdPeer(level: -1, $0) }),
        ("zstd-1", { try ZstdPeer(level: 1, $0) }),
        ("zstd-3", { try ZstdPeer(level: 3, $0) }),
        ("lz4", { try LZ4Peer($0) }),
    ]

    private static func libav(
        _ name: String, _ settings: LibavPeer.Settings
    ) -> (name: String, make: MakeLosslessPeer) {
        (name, { try LibavPeer(name, settings, $0) })
    }

    private init(_ bench: Bench, _ material: Material) throws {
        self.bench = bench
        self.material = material
        bench.say("  \(material.name): making its frames")
        frames = try material.load(bench)
    }

    private func peers() throws -> [(name: String, peer: any LosslessPeer)] {
        try Self.codecs.filter { !bench.isAlone || $0.name == Contestant.ours }.map {
            ($0.name, try $0.make(frames))
        }
    }

    private func encodingRows() throws -> [Row] {
        let peers = try peers()
        let comparison = try bench.compare(
            peers.map { name, peer in
                var first: (byteCount: Int, hash: UInt64)?
                return Contestant(name: name) {
                    var effort = Effort.none
                    for index in frames.indices {
                        effort += try Effort { try peer.encode(index) }
                    }
                    let byteCount = packedByteCount(peer)
                    // What was packed once is unpacked and looked at; it stays as long.
                    let hash = try first?.hash ?? check(name, peer) { try peer.decode($0) }
                    guard byteCount == first?.byteCount ?? byteCount else {
                        throw AssetError(.damaged, "\(name) packs the same frames differently")
                    }
                    first = (byteCount, hash)
                    return Sample(ofOneThread: frames.count, in: effort, hash: hash)
                }
            })
        let ratios = peers.map { name, peer in
            let samples = frames.reduce(0) { $0 + $1.frame.byteCount }
            return (name: name, value: Double(samples) / Double(packedByteCount(peer)))
        }
        let sizes = Comparison(values: ratios, hash: comparison.hash)
        return comparison.rows(
            "encode-\(material.name)", unit: "frames/s",
            promises: [(.peer("utvideo"), material.isPromised ? 1.5 : nil)])
            + sizes.rows(
                "ratio-\(material.name)", unit: ": 1",
                promises: [(.peer("utvideo"), material.isPromised ? 1.3 : nil)])
    }

    private func decodingRows() throws -> [Row] {
        let peers = try peers()
        for (_, peer) in peers {
            for index in frames.indices { try peer.encode(index) }
        }
        return try bench.compare(
            peers.map { name, peer in
                Contestant(name: name) {
                    var effort = Effort.none
                    let hash = try check(name, peer) { index in
                        effort += try Effort { try peer.decode(index) }
                    }
                    return Sample(ofOneThread: frames.count, in: effort, hash: hash)
                }
            }
        ).rows(
            "decode-\(material.name)", unit: "frames/s",
            promises: [
                (.peer("utvideo"), material.isPromised ? 1 : nil),
                (.peer("png-1"), material.isPromised ? 2 : nil),
            ])
    }

    private func packedByteCount(_ peer: any LosslessPeer) -> Int {
        frames.indices.reduce(0) { $0 + peer.packedByteCount($1) }
    }

    /// Looks at all that a codec unpacks, and returns its hash.
    private func check(
        _ name: String, _ peer: any LosslessPeer, _ decode: (_ index: Int) throws -> Void
    ) throws -> UInt64 {
        var sum = ContentSum()
        for index in frames.indices {
            try decode(index)
            try peer.withDecoded { sum.add(index, $0) }
        }
        guard sum == contentSum(frames) else {
            throw AssetError(.damaged, "\(name) did not give the frames of \(material.name) back")
        }
        return sum.value
    }
}
