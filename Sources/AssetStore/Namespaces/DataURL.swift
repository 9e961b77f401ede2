// Data URLs (RFC 2397): small media inside of text, as browsers and JSON carry it.

public import Basics

/// Bytes with their media type, as a `data:` URL says them.
///
///     let url = try DataURL("data:image/svg+xml;charset=utf-8,%3Csvg/%3E")
///     print(url.mediaType, url.bytes.count)     // image/svg+xml;charset=utf-8 6
///     print(DataURL(mediaType: "text/plain", bytes: [104, 105]))  // data:text/plain;base64,aGk=
///
/// Reading is strict: what RFC 2397 does not allow is an error, never a guess. Escapes (`%2B`) are
/// understood everywhere; base64 is that of RFC 4648, padded and without line breaks; a fragment
/// (`#…`) is refused, because it would not be part of the bytes.
public struct DataURL: Equatable, Sendable, CustomStringConvertible {
    /// The media type with its parameters (RFC 6838), in lower case but for the parameters' values;
    /// `text/plain;charset=US-ASCII` where the URL says none.
    public let mediaType: String
    public let bytes: [UInt8]

    /// - Parameter mediaType: as RFC 6838 has it; it is escaped, and not checked.
    public init(mediaType: String, bytes: [UInt8]) {
        self.mediaType = mediaType
        self.bytes = bytes
    }

    /// Reads a data URL.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when it is none, saying what is wrong with it;
    ///   ``AssetError/Code/invalidArgument`` when it has more than
    ///   ``Limits/contiguousByteCountMax`` bytes.
    /// - Complexity: O(length), in time and memory.
    public init(_ text: String) throws(AssetError) {
        let text = unsafe text.utf8.span.bytes
        let scheme = "data:".utf8
        guard text.byteCount >= scheme.count,
            Self.isKeyword(text.copy(0..<scheme.count), "data:")
        else { throw Self.unreadable("does not begin with “data:”") }
        let headByteCount = min(text.byteCount - scheme.count, Self.headByteCountMax)
        let head = text.copy(scheme.count..<scheme.count + headByteCount)
        guard let comma = head.firstIndex(of: UInt8(ascii: ",")) else {
            throw Self.unreadable(
                headByteCount < Self.headByteCountMax
                    ? "has no comma in front of its data"
                    : "has no comma within \(Self.headByteCountMax) bytes")
        }
        var fields = head[..<comma].split(
            separator: UInt8(ascii: ";"), omittingEmptySubsequences: false
        ).map { Array($0) }
        let isBase64 = fields.count > 1 && Self.isKeyword(fields[fields.count - 1], "base64")
        if isBase64 { fields.removeLast() }
        mediaType = try MediaTypeText.mediaType(of: fields)
        let data = text.extracting(droppingFirst: scheme.count + comma + 1)
        bytes =
            isBase64
            ? try Self.decodedBase64(data)
            : try PercentEncoding.decode(
                data, byteCountMax: Limits.contiguousByteCountMax, subject: "the data URL")
    }

    /// The URL, in base64.
    ///
    /// - Complexity: O(bytes).
    public var description: String {
        unsafe Self.text(mediaType: mediaType, bytes.span.bytes)
    }

    static func text(mediaType: String, _ bytes: RawSpan) -> String {
        Base64.encode(bytes, behind: "data:\(MediaTypeText.escaped(mediaType));base64,")
    }

    private static func decodedBase64(_ data: RawSpan) throws(AssetError) -> [UInt8] {
        let (byteCountMax, subject) = (Limits.contiguousByteCountMax, "the data URL")
        // Escapes are rare: what has none is decoded where it lies.
        guard data.contains(UInt8(ascii: "%")) else {
            return try Base64.decode(data, byteCountMax: byteCountMax, subject: subject)
        }
        let text = try PercentEncoding.decode(
            data, byteCountMax: Base64.encodedByteCount(of: byteCountMax), subject: subject)
        return unsafe try Base64.decode(
            text.span.bytes, byteCountMax: byteCountMax, subject: subject)
    }

    /// As long as what may be stored as a media type is when each byte of it is escaped.
    private static let headByteCountMax = 3 * Limits.nameByteCountMax + ";base64,".utf8.count

    private static func isKeyword(_ bytes: [UInt8], _ keyword: String) -> Bool {
        String(decoding: bytes, as: UTF8.self).lowercased() == keyword
    }

    static func unreadable(_ fault: String) -> AssetError {
        AssetError(.inputUnreadable, "the data URL \(fault)")
    }
}

extension RawSpan {
    fileprivate func contains(_ byte: UInt8) -> Bool {
        unsafe withUnsafeBytes { unsafe $0.contains(byte) }
    }

    fileprivate func copy(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBytes { unsafe Array($0) }
    }
}
