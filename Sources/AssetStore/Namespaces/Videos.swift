// Videos: what is said of them. Their bytes are streamed; see `AssetWriter` and `AssetReader`.

extension AssetDescription {
    /// What is said of a video.
    ///
    /// - Parameters:
    ///   - mediaType: such as `video/mp4`.
    ///   - width: pixels, where it is known, and so are the others.
    ///   - height: pixels.
    ///   - durationSeconds: how long it plays.
    ///   - frameRate: frames per second.
    ///   - sampleRate: sample frames per second of its sound; `nil` also when it has none.
    ///   - channelCount: of its sound; `nil` also when it has none.
    public static func video(
        project: String, kind: String = "", name: String = "", mediaType: String,
        width: Int? = nil, height: Int? = nil, durationSeconds: Double? = nil,
        frameRate: Double? = nil, sampleRate: Int? = nil, channelCount: Int? = nil,
        attributes: [String: String] = [:], parameters: String? = nil
    ) -> AssetDescription {
        AssetDescription(
            namespace: .videos, project: project, kind: kind, name: name, mediaType: mediaType,
            attributes: attributes, parameters: parameters,
            facts: MediaFacts(
                width: width, height: height, durationSeconds: durationSeconds,
                frameRate: frameRate, sampleRate: sampleRate, channelCount: channelCount))
    }
}
