// Images: what is said of them, and images as text, in and out.

internal import Basics

extension AssetDescription {
    /// What is said of an image.
    ///
    /// - Parameters:
    ///   - mediaType: such as `image/png`; may be left out where a data URL says it.
    ///   - width: pixels, where it is known.
    ///   - height: pixels, where it is known.
    public static func image(
        project: String, kind: String = "", name: String = "", mediaType: String = "",
        width: Int? = nil, height: Int? = nil, attributes: [String: String] = [:],
        parameters: String? = nil
    ) -> AssetDescription {
        AssetDescription(
            namespace: .images, project: project, kind: kind, name: name, mediaType: mediaType,
            attributes: attributes, parameters: parameters,
            facts: MediaFacts(width: width, height: height))
    }
}

extension Store {
    /// Stores an image that comes as a data URL (RFC 2397), in base64 or escaped, and returns it
    /// once it is durable. Its media type is that of the URL.
    ///
    ///     let dot = try store.putImage(
    ///         dataURL: "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'/%3E",
    ///         as: .image(project: "demo", name: "dot.svg"))
    ///
    /// - Parameter description: what is said of the image; its media type does not count.
    /// - Throws: ``AssetError/Code/inputUnreadable`` when it is no data URL;
    ///   ``AssetError/Code/invalidArgument`` when it is no image, has more than
    ///   ``Limits/contiguousByteCountMax`` bytes, or the description is not valid; what
    ///   ``put(_:_:id:)`` throws. Then nothing was stored.
    public func putImage(
        dataURL: String, as description: AssetDescription, id: AssetID? = nil
    ) throws -> Asset {
        let url = try DataURL(dataURL)
        guard url.mediaType.hasPrefix("image/") else {
            throw AssetError(
                .invalidArgument, "the data URL says that it is \(url.mediaType), not an image")
        }
        var description = description
        description.mediaType = url.mediaType
        return try putImage(description, url.bytes, id)
    }

    /// Stores an image that comes as base64 (RFC 4648: padded, without line breaks), and returns it
    /// once it is durable.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when it is no base64; otherwise like
    ///   ``putImage(dataURL:as:id:)``.
    public func putImage(
        base64 text: String, as description: AssetDescription, id: AssetID? = nil
    ) throws -> Asset {
        let bytes = unsafe try Base64.decode(
            text.utf8.span.bytes, byteCountMax: Limits.contiguousByteCountMax,
            subject: "the image")
        return try putImage(description, bytes, id)
    }

    private func putImage(
        _ description: AssetDescription, _ bytes: [UInt8], _ id: AssetID?
    ) throws -> Asset {
        guard description.namespace == .images else {
            throw AssetError(
                .invalidArgument, "an image belongs in images, not \(description.namespace.name)")
        }
        return unsafe try put(description, bytes.span.bytes, id: id)
    }

    /// An image as a data URL in base64; `nil` when it is not there.
    ///
    /// - Throws: ``AssetError/Code/damaged``; ``AssetError/Code/invalidArgument`` when the asset is
    ///   no image, has no media type, or is longer than ``Limits/contiguousByteCountMax``.
    /// - Complexity: O(bytes), in time and memory.
    public func imageDataURL(of id: AssetID) throws -> String? {
        try withImage(id) { image, bytes in
            guard !image.description.mediaType.isEmpty else {
                throw AssetError(
                    .invalidArgument,
                    "\(image.subject) has no media type; give it one, or ask for its base64")
            }
            return DataURL.text(mediaType: image.description.mediaType, bytes)
        }
    }

    /// An image's bytes as base64 (RFC 4648); `nil` when it is not there.
    ///
    /// - Throws: like ``imageDataURL(of:)``.
    /// - Complexity: O(bytes), in time and memory.
    public func imageBase64(of id: AssetID) throws -> String? {
        try withImage(id) { _, bytes in Base64.encode(bytes) }
    }

    private func withImage<Result>(
        _ id: AssetID, _ body: (Asset, RawSpan) throws -> Result
    ) throws -> Result? {
        try read { snapshot in
            guard let image = try snapshot.asset(id) else { return nil }
            guard image.namespace == .images else {
                throw AssetError(
                    .invalidArgument,
                    "\(image.subject) is in \(image.namespace.name) and no image")
            }
            return try snapshot.withBytes(of: id) { bytes in try body(image, bytes) }
        }
    }
}

extension AsyncStore {
    /// See ``Store/putImage(dataURL:as:id:)``.
    public func putImage(
        dataURL: String, as description: AssetDescription, id: AssetID? = nil
    ) async throws -> Asset {
        try await perform { try $0.putImage(dataURL: dataURL, as: description, id: id) }
    }

    /// See ``Store/putImage(base64:as:id:)``.
    public func putImage(
        base64 text: String, as description: AssetDescription, id: AssetID? = nil
    ) async throws -> Asset {
        try await perform { try $0.putImage(base64: text, as: description, id: id) }
    }

    /// See ``Store/imageDataURL(of:)``.
    public func imageDataURL(of id: AssetID) async throws -> String? {
        try await perform { try $0.imageDataURL(of: id) }
    }

    /// See ``Store/imageBase64(of:)``.
    public func imageBase64(of id: AssetID) async throws -> String? {
        try await perform { try $0.imageBase64(of: id) }
    }
}
