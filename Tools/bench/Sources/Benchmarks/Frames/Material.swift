// What frame codecs are measured on: a few frames of one kind, all of one size, in memory.

internal import Basics
internal import FrameCodecs
internal import Media

/// Frames of one kind.
struct Material: Sendable {
    /// What kind of pictures they are.
    enum Kind: Sendable {
        /// Filmed, or rendered as a film and encoded like one.
        case footage
        case photos
        case rendered
        /// What a screen shows: text and areas of one colour.
        case screen
        /// Made to resemble footage where there is none.
        case grain
    }

    /// How rows call it.
    var name: String
    var kind: Kind
    /// Makes the frames: ``PixelFormat/rgba``, rows without gaps. The same ones each time.
    var load: @Sendable (Bench) throws -> [SharedFrame]

    /// Whether promises are about it.
    var isPromised: Bool { kind == .footage || kind == .photos || kind == .rendered }
}

extension Bench {
    /// The size of frames; rows of both have no gaps in any format.
    var frameSize: (width: Int, height: Int) { isSmoke ? (128, 72) : (1920, 1080) }

    /// How many frames a material has.
    var frameCount: Int { isSmoke ? 2 : 8 }

    /// What is measured on: the media that were given, else what is drawn here.
    func frameMaterials() throws -> [Material] {
        guard !media.isEmpty else { return Material.drawn }
        let materials = try media.map { medium in
            try Material.drawn.first { $0.name == medium } ?? Material(path: medium)
        }
        guard Set(materials.map(\.name)).count == materials.count else {
            throw AssetError(
                .invalidArgument,
                "two materials have the same name; give files whose names differ without their "
                    + "endings")
        }
        return materials
    }
}

extension SharedFrame {
    /// A frame as ``PixelFormat/rgba`` of this size. What is transparent stays so.
    static func rgba(
        of frame: borrowing Frame, _ size: (width: Int, height: Int), by converter: FrameConverter
    ) throws -> SharedFrame {
        var pixels = try Frame(width: size.width, height: size.height, format: .rgba)
        try converter.convert(frame, into: &pixels)
        return SharedFrame(pixels)
    }

    /// The hash of its pixels.
    var contentHash: UInt64 { frame.withBytes { Benchmarks.contentHash($0) } }
}

/// The hash of frames, in their order.
func contentSum(_ frames: [SharedFrame]) -> ContentSum {
    var sum = ContentSum()
    for (index, frame) in frames.enumerated() { sum.add(index, frame.contentHash) }
    return sum
}
