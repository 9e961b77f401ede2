// What an asset is, found by looking into its bytes.

internal import AssetStore
internal import Basics
internal import Media

extension AssetDescription {
    /// Describes `bytes`: what the user says comes first, then what the bytes say.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when neither says in which namespace they
    ///   belong and of which media type they are.
    init(
        of bytes: any RandomAccessBytes, project: String, namespace: Namespace?,
        mediaType: String?
    ) throws(AssetError) {
        let info = try MediaInfo.probe(bytes)
        guard let namespace = namespace ?? info.map({ Namespace($0.kind) }),
            let mediaType = mediaType ?? info?.mediaType
        else {
            throw AssetError(
                .inputUnreadable,
                "\(bytes.subject) is no picture, video or audio of a known format; say what it "
                    + "is by --namespace and --media-type to store it all the same")
        }
        self.init(
            namespace: namespace, project: project, mediaType: mediaType,
            facts: info.map(MediaFacts.init) ?? MediaFacts())
    }
}

extension Namespace {
    fileprivate init(_ kind: MediaInfo.Kind) {
        switch kind {
        case .image: self = .images
        case .video: self = .videos
        case .audio: self = .audio
        }
    }
}

extension MediaFacts {
    fileprivate init(_ info: MediaInfo) {
        self.init(
            width: info.width, height: info.height, durationSeconds: info.durationSeconds,
            frameRate: info.frameRate, sampleRate: info.sampleRate,
            channelCount: info.channelCount)
    }
}
