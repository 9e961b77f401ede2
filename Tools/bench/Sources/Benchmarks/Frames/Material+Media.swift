// Materials out of media files: videos, folders of pictures, and songs that scenes move to.

internal import Basics
internal import FrameCodecs
internal import Glibc
internal import Media
internal import Rendering

extension Material {
    /// A material of a video, a picture, a folder with pictures at any depth, or a song, which the
    /// standard scene moves to. It is called like the file, without its ending.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` and ``AssetError/Code/inputUnreadable`` for what is
    ///   none of these.
    init(path: String) throws {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw AssetError(.inputMissing, "\(path): \(systemMessage())")
        }
        let name = Self.name(path)
        if status.st_mode & S_IFMT == S_IFDIR {
            self.init(name: name, kind: .photos) { bench in
                let pictures = try picturePaths(below: path)
                guard !pictures.isEmpty else {
                    throw AssetError(.inputMissing, "\(path) has no pictures")
                }
                return try frames(ofPictures: spread(pictures, bench.frameCount), bench)
            }
            return
        }
        guard let info = try MediaInfo.probe(FileBytes(path: path)) else {
            throw AssetError(
                .inputUnreadable, "\(path) is neither a video nor a picture nor a song")
        }
        switch info.kind {
        case .video:
            self.init(name: name, kind: .footage) { try frames(ofVideo: path, $0) }
        case .image:
            self.init(name: name, kind: .photos) { try frames(ofPictures: [path], $0) }
        case .audio:
            self.init(name: name, kind: .rendered) { try frames(ofSong: path, $0) }
        }
    }

    /// The last part of a path without its ending, of letters and digits.
    private static func name(_ path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? "media"
        let stem = last.split(separator: ".").first.map(String.init) ?? last
        return String(
            stem.lowercased().map { character in
                ("a"..."z").contains(character) || ("0"..."9").contains(character)
                    ? character : "-"
            })
    }
}

/// As many elements as there may be, at even distances.
private func spread<Element>(_ elements: [Element], _ count: Int) -> [Element] {
    guard elements.count > count else { return elements }
    return (0..<count).map { elements[$0 * elements.count / count] }
}

private let pictureEndings = ["png", "jpg", "jpeg", "webp"]

/// The pictures below a folder, in the order of their paths. Small ones, as thumbnails are, are
/// left out.
private func picturePaths(below directory: String) throws -> [String] {
    var (paths, waiting) = ([String](), [directory])
    while let directory = waiting.popLast() {
        try forEachEntry(of: directory) { path, status in
            if status.st_mode & S_IFMT == S_IFDIR {
                waiting.append(path)
            } else if let ending = path.split(separator: ".").last,
                pictureEndings.contains(ending.lowercased()),
                let info = try MediaInfo.probe(FileBytes(path: path)),
                info.width ?? 0 >= 1280, info.width ?? 0 > info.height ?? 0
            {
                paths.append(path)
            }
        }
    }
    return paths.sorted()
}

private func frames(ofPictures paths: [String], _ bench: Bench) throws -> [SharedFrame] {
    let converter = FrameConverter()
    return try paths.map {
        try SharedFrame.rgba(
            of: ImageDecoder.decode(FileBytes(path: $0)), bench.frameSize, by: converter)
    }
}

/// Frames spread over a whole video.
private func frames(ofVideo path: String, _ bench: Bench) throws -> [SharedFrame] {
    var total = 0
    try forEachFrame(ofVideo: path) { _, _ in total += 1 }
    guard total > 0 else { throw AssetError(.inputUnreadable, "\(path) has no frames") }
    let wanted = spread(Array(0..<total), bench.frameCount)
    let converter = FrameConverter()
    var frames: [SharedFrame] = []
    try forEachFrame(ofVideo: path) { index, frame in
        guard wanted.contains(index) else { return }
        frames.append(try .rgba(of: frame, bench.frameSize, by: converter))
    }
    return frames
}

private func forEachFrame(
    ofVideo path: String, _ body: (Int, borrowing Frame) throws -> Void
) throws {
    let video = try VideoFrames(FileBytes(path: path))
    var frame = try video.makeFrame()
    var index = 0
    while try video.next(into: &frame) {
        try body(index, frame)
        index += 1
    }
}

/// The standard scene, as it moves to a song, at moments spread over its first half minute.
private func frames(ofSong path: String, _ bench: Bench) throws -> [SharedFrame] {
    let scene = Scene.standard(title: "Title of the song", artist: "Artist")
    let rate = try FrameRate(numerator: 30)
    let decoder = try AudioDecoder(FileBytes(path: path), from: 0, to: 30, mono: true)
    let builder = try AudioAnalysis.Builder(
        scene.analysis, sampleRate: decoder.sampleRate, frameRate: rate,
        directory: bench.workspace.path)
    while try decoder.next({ try builder.append($0) }) != nil {}
    let analysis = try builder.finish()
    let indexes = spread(Array(0..<analysis.frameCount), bench.frameCount)
    return try draw(scene, indexes, bench) { try analysis.row(ofFrame: $0) }
}

/// Frames of a scene.
func draw(
    _ scene: Scene, _ indexes: [Int], _ bench: Bench, _ hear: (Int) throws -> AnalysisRow
) throws -> [SharedFrame] {
    let (width, height) = bench.frameSize
    let renderer = try FrameRenderer(
        scene: scene, width: width, height: height, frameRate: FrameRate(numerator: 30))
    let converter = FrameConverter()
    var frame = try Frame(width: width, height: height, format: .bgraPremultiplied)
    return try indexes.map { index in
        try renderer.render(frame: index, analysis: hear(index), into: &frame)
        return try .rgba(of: frame, bench.frameSize, by: converter)
    }
}
