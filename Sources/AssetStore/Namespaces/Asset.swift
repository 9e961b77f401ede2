// What an asset is.

public import Basics

/// What an asset's medium is like, as far as it is known and applies.
public struct MediaFacts: Equatable, Sendable {
    /// Pixels; of images and videos.
    public var width: Int?
    /// Pixels; of images and videos.
    public var height: Int?
    /// Of videos and audio.
    public var durationSeconds: Double?
    /// Frames per second; of videos.
    public var frameRate: Double?
    /// Sample frames per second; of audio and videos with sound.
    public var sampleRate: Int?
    /// Of audio and videos with sound.
    public var channelCount: Int?

    public init(
        width: Int? = nil, height: Int? = nil, durationSeconds: Double? = nil,
        frameRate: Double? = nil, sampleRate: Int? = nil, channelCount: Int? = nil
    ) {
        self.width = width
        self.height = height
        self.durationSeconds = durationSeconds
        self.frameRate = frameRate
        self.sampleRate = sampleRate
        self.channelCount = channelCount
    }

    /// Checks that a medium can be so.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``, naming the fact.
    func validate() throws(AssetError) {
        let counts = [
            ("width", width), ("height", height), ("sample rate", sampleRate),
            ("channel count", channelCount),
        ]
        for case (let name, let count?) in counts where UInt32(exactly: count) == nil {
            throw AssetError(.invalidArgument, "a medium can't have the \(name) \(count)")
        }
        let reals = [("duration", durationSeconds), ("frame rate", frameRate)]
        for case (let name, let real?) in reals where !(real >= 0 && real.isFinite) {
            throw AssetError(.invalidArgument, "a medium can't have the \(name) \(real)")
        }
    }
}

/// What a caller says of an asset it stores.
public struct AssetDescription: Equatable, Sendable {
    /// Images, videos or audio.
    public var namespace: Namespace
    /// The project it belongs to: 1–255 bytes of UTF-8 without a zero.
    public var project: String
    /// What it is for: thumbnail, scene, character, video, …; 0–255 bytes.
    public var kind: String
    /// A name for people; 0–255 bytes; need not be unique.
    public var name: String
    /// The media type (RFC 6838), such as `image/png`.
    public var mediaType: String
    /// Pairs of the caller's own; at most ``Limits/attributeCountMax``.
    public var attributes: [String: String]
    /// How to make the asset again: JSON of the caller's own.
    public var parameters: String?
    /// What its medium is like. The store keeps it and does not look into the bytes.
    public var facts: MediaFacts

    public init(
        namespace: Namespace, project: String, kind: String = "", name: String = "",
        mediaType: String, attributes: [String: String] = [:], parameters: String? = nil,
        facts: MediaFacts = MediaFacts()
    ) {
        self.namespace = namespace
        self.project = project
        self.kind = kind
        self.name = name
        self.mediaType = mediaType
        self.attributes = attributes
        self.parameters = parameters
        self.facts = facts
    }

    /// Checks every field against its limit.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``, naming the field.
    package func validate() throws(AssetError) {
        guard Namespace.assetNamespaces.contains(namespace) else {
            throw AssetError(
                .invalidArgument, "assets belong in images, videos or audio, not \(namespace.name)")
        }
        try validateProject(project)
        try validate(kind, "kind")
        try validate(name, "name")
        try validate(mediaType, "media type")
        guard attributes.count <= Limits.attributeCountMax else {
            throw AssetError(
                .invalidArgument,
                "an asset has at most \(Limits.attributeCountMax) attributes, "
                    + "not \(attributes.count)")
        }
        for (key, value) in attributes {
            try validate(key, "attribute's name")
            guard value.utf8.count <= Limits.attributeByteCountMax else {
                throw AssetError(
                    .invalidArgument,
                    "the attribute “\(key)” is longer than "
                        + "\(Limits.attributeByteCountMax) bytes")
            }
        }
        if let parameters, parameters.utf8.count > Limits.parametersByteCountMax {
            throw AssetError(
                .invalidArgument,
                "the parameters are longer than \(Limits.parametersByteCountMax) bytes")
        }
        try facts.validate()
    }

    private func validate(_ text: String, _ field: String) throws(AssetError) {
        guard text.utf8.count <= Limits.nameByteCountMax else {
            throw AssetError(
                .invalidArgument,
                "the \(field) “\(text.prefix(40))…” is longer than "
                    + "\(Limits.nameByteCountMax) bytes")
        }
        guard !text.utf8.contains(0) else {
            throw AssetError(.invalidArgument, "the \(field) contains a zero byte")
        }
    }
}

/// Checks a project's name: 1–255 bytes without a zero, and not one of those that the store keeps
/// for itself.
///
/// - Throws: ``AssetError/Code/invalidArgument``.
func validateProject(_ project: String) throws(AssetError) {
    guard (1...Limits.nameByteCountMax).contains(project.utf8.count), !project.utf8.contains(0)
    else {
        throw AssetError(
            .invalidArgument,
            "a project's name has 1–\(Limits.nameByteCountMax) bytes and no zero byte, "
                + "unlike “\(project.prefix(40))”")
    }
    guard !StagedProject.isReserved(project) else {
        throw AssetError(
            .invalidArgument, "a project's name must not begin with the control character U+0001")
    }
}

/// An asset in the store.
public struct Asset: Equatable, Sendable, Identifiable {
    /// What it is found by, for as long as it is there.
    public let id: AssetID
    /// What was said of it when it was stored or last updated.
    public let description: AssetDescription
    /// The length of its bytes.
    public let byteCount: Int
    /// The bytes that it takes in packs, record headers aside; equal content is stored once.
    public let storedByteCount: Int
    /// XXH3-128 of its bytes.
    public let checksum: ContentChecksum
    /// When it was stored.
    public let createdAt: Timestamp
    /// What of the store holds its bytes; assets that have it have the same bytes.
    package let content: ContentID

    public var namespace: Namespace { description.namespace }
    public var project: String { description.project }

    /// The number of parts that its bytes lie in.
    var partCount: Int {
        (byteCount + Limits.partByteCount - 1) / Limits.partByteCount
    }

    /// How messages name it.
    var subject: String {
        description.name.isEmpty ? "asset \(id)" : "asset \(id) (\(description.name))"
    }
}
