// Audio: what is said of it. Its bytes are streamed; see `AssetWriter` and `AssetReader`.

extension AssetDescription {
    /// What is said of audio.
    ///
    /// - Parameters:
    ///   - mediaType: such as `audio/flac`.
    ///   - durationSeconds: how long it plays, where it is known, and so are the others.
    ///   - sampleRate: sample frames per second.
    ///   - channelCount: 1 for mono, 2 for stereo.
    public static func audio(
        project: String, kind: String = "", name: String = "", mediaType: String,
        durationSeconds: Double? = nil, sampleRate: Int? = nil, channelCount: Int? = nil,
        attributes: [String: String] = [:], parameters: String? = nil
    ) -> AssetDescription {
        AssetDescription(
            namespace: .audio, project: project, kind: kind, name: name, mediaType: mediaType,
            attributes: attributes, parameters: parameters,
            facts: MediaFacts(
                durationSeconds: durationSeconds, sampleRate: sampleRate,
                channelCount: channelCount))
    }
}
