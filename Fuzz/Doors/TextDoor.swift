// Bytes as text: data URLs, base64, identifiers.
//
// The first byte says which of them the others are.

internal import AssetStore
internal import Basics

extension Door {
    package static let texts = Door(
        name: "texts", byteCountMax: 2048, secondsMax: 5, memoryMebibytesMax: 512,
        open: { { try enterTexts($0) } }, seeds: TextSeeds.all)
}

/// The first byte of what goes through the door.
enum TextKind: UInt8, CaseIterable { case dataURL, base64, bytes, identifier }

private func enterTexts(_ bytes: [UInt8]) throws -> Verdict {
    guard let first = bytes.first else { return .refused }
    let rest = Array(bytes.dropFirst())
    switch TextKind.allCases[Int(first) % TextKind.allCases.count] {
    case .dataURL: return try enterDataURL(rest)
    case .base64: return try enterBase64(rest)
    case .bytes:
        let text = unsafe Base64.encode(rest.span.bytes)
        try promise(
            try unsafe Base64.decode(text.utf8.span.bytes, byteCountMax: .max, subject: "text")
                == rest, "bytes changed by way of base64")
        let url = DataURL(mediaType: "image/png", bytes: rest)
        try promise(try DataURL(url.description) == url, "bytes changed by way of a URL")
        return .accepted
    case .identifier:
        let text = String(decoding: rest, as: UTF8.self)
        if let id = AssetID(text) {
            try promise(AssetID(id.description) == id, "\(id) is another one")
            try promise(id.description.lowercased() == text.lowercased(), "\(text) is \(id)")
            return .accepted
        }
        if let id = JobID(text) {
            try promise(JobID(id.description) == id, "\(id) is another one")
            try promise(id.description.lowercased() == text.lowercased(), "\(text) is \(id)")
            return .accepted
        }
        return .refused
    }
}

private func enterDataURL(_ bytes: [UInt8]) throws -> Verdict {
    let text = String(decoding: bytes, as: UTF8.self)
    let url = try unlessRefused(.inputUnreadable, .invalidArgument, by: "a data URL") {
        try DataURL(text)
    }
    guard let url else { return .refused }
    try promise(url.mediaType.utf8.count <= Limits.nameByteCountMax, "\(url.mediaType)")
    try promise(!url.mediaType.contains(where: \.isNewline), "\(url.mediaType)")
    let again = try DataURL(url.description)
    try promise(again == url, "\(url.mediaType) became \(again.mediaType)")
    return .accepted
}

private func enterBase64(_ bytes: [UInt8]) throws -> Verdict {
    let decoded = try unlessRefused(.inputUnreadable, .invalidArgument, by: "base64") {
        try unsafe Base64.decode(bytes.span.bytes, byteCountMax: 1024, subject: "text")
    }
    guard let decoded else { return .refused }
    // There is one way to write bytes.
    try promise(
        Array(unsafe Base64.encode(decoded.span.bytes).utf8) == bytes, "two texts of the same bytes"
    )
    return .accepted
}
