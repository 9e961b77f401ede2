// The audio of a render: found, named, and kept in the store so that the job needs no file any
// more.

public import AssetStore
internal import Basics
public import Media
internal import Rendering

/// Audio that a render is to be made from.
struct AudioSource {
    let bytes: any RandomAccessBytes
    let checksum: ContentChecksum
    private let info: MediaInfo
    private let name: String

    /// Finds the audio and reads it once, for its checksum.
    ///
    /// - Throws: ``AssetError/Code/inputMissing`` when it is not there,
    ///   ``AssetError/Code/inputUnreadable`` when it is no media.
    init(_ audio: RenderRequest.Audio, _ store: Store) throws {
        switch audio {
        case .file(let path):
            bytes = try FileBytes(path: path)
            name = FileSystem.name(of: path)
        case .asset(let id):
            guard let reader = try store.reader(for: id) else {
                throw AssetError(
                    .inputMissing, "there is no asset \(id); “assetctl ls” lists what there is")
            }
            bytes = reader
            name = reader.asset.description.name
        }
        info = try Self.requireMedia(bytes)
        checksum = try Self.checksum(of: bytes)
    }

    /// What the bytes are.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when they are no media.
    @discardableResult
    static func requireMedia(_ bytes: any RandomAccessBytes) throws -> MediaInfo {
        guard let info = try MediaInfo.probe(bytes) else {
            throw AssetError(
                .inputUnreadable,
                "\(bytes.subject) is no audio or video of a known format; use a file with audio")
        }
        return info
    }

    /// The song's title: from its tags, else the file's name.
    var title: String {
        if let title = info.tags["title"], !title.isEmpty { return title }
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }

    /// The built-in scene for this audio.
    func standardScene() throws -> Scene { .standard(title: title, artist: info.tags["artist"]) }

    /// The audio as an asset of a project: the one that is there already, or a new one.
    func keep(in project: String, of store: Store) throws -> AssetReader {
        if let reader = bytes as? AssetReader, reader.asset.project == project { return reader }
        let kept = try Self.kept(
            checksum.description, byteCount: bytes.byteCount, in: project, of: store)
        if let kept { return kept }
        var description = AssetDescription(
            namespace: info.kind == .video ? .videos : .audio, project: project, kind: "audio",
            name: name, mediaType: info.mediaType)
        description.facts = MediaFacts(info)
        let asset = try store.put(description, contentsOf: bytes)
        guard asset.checksum == checksum, let reader = try store.reader(for: asset.id) else {
            try store.removeAsset(asset.id)
            throw AssetError(
                .inputUnreadable,
                "\(bytes.subject) changed while it was read; try again when nobody writes it")
        }
        return reader
    }

    /// The asset of a project with this content; `nil` when there is none.
    static func kept(
        _ checksum: String, byteCount: Int, in project: String, of store: Store
    ) throws -> AssetReader? {
        guard let high = UInt64(checksum.prefix(16), radix: 16),
            let low = UInt64(checksum.suffix(16), radix: 16)
        else { return nil }
        for namespace in [Namespace.audio, .videos] {
            let asset = try store.asset(
                withContent: ContentChecksum(high: high, low: low), byteCount: byteCount,
                project: project, namespace: namespace)
            if let asset { return try store.reader(for: asset.id) }
        }
        return nil
    }

    private static func checksum(of bytes: any RandomAccessBytes) throws -> ContentChecksum {
        if let reader = bytes as? AssetReader { return reader.asset.checksum }
        return try ContentChecksum(ofAll: bytes)
    }
}

extension MediaFacts {
    /// What was found in a medium's bytes.
    public init(_ info: MediaInfo) {
        self.init(
            width: info.width, height: info.height, durationSeconds: info.durationSeconds,
            frameRate: info.frameRate, sampleRate: info.sampleRate,
            channelCount: info.channelCount)
    }
}
