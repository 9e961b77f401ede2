// Media files of every kind: what they are, their pictures, their audio, the frames of videos.

internal import Basics
internal import FrameCodecs
internal import Media

extension Door {
    package static let media = Door(
        name: "media", byteCountMax: 16 << 10, secondsMax: 30, memoryMebibytesMax: 2560,
        open: { { try enterMedia($0) } }, seeds: MediaSeeds.all)
}

/// What is decoded of pictures and videos: larger ones are only looked at.
private let pixelCountMax = 1 << 20
/// How many frames of a video and pieces of audio are decoded.
private let pieceCountMax = 8

private func enterMedia(_ bytes: [UInt8]) throws -> Verdict {
    let source = BytesInMemory(bytes)
    let info = try unlessRefused(.inputUnreadable, by: "a media file") {
        try MediaInfo.probe(source)
    }
    guard let info = info ?? nil else { return .refused }
    let again = try MediaInfo.probe(source)
    try promise(again == info, "a file passes for \(info), then for \(again as Any)")
    try check(info)
    var verdict = Verdict.refused
    let pixelCount = (info.width ?? 0).multipliedReportingOverflow(by: info.height ?? 0)
    if info.width != nil, !pixelCount.overflow, pixelCount.partialValue <= pixelCountMax {
        let picture = try unlessRefused(.inputUnreadable, by: "a picture") {
            try ImageDecoder.decode(source)
        }
        if let picture {
            verdict = .accepted
            try promise(
                picture.format == .bgraPremultiplied && isPremultiplied(picture),
                "a picture has more colour than alpha")
        }
        if try decodeVideo(source) { verdict = .accepted }
    }
    if try decodeAudio(source) { verdict = .accepted }
    return verdict
}

private func check(_ info: MediaInfo) throws {
    try promise(info.durationSeconds.map { $0.isFinite && $0 >= 0 } ?? true, "\(info)")
    try promise(info.frameRate.map { $0.isFinite && $0 > 0 } ?? true, "\(info)")
    try promise(info.width.map { $0 > 0 } ?? true && info.height.map { $0 > 0 } ?? true, "\(info)")
    try promise(info.sampleRate.map { $0 > 0 } ?? true, "\(info)")
    try promise(info.channelCount.map { $0 > 0 } ?? true, "\(info)")
}

private func isPremultiplied(_ frame: borrowing Frame) -> Bool {
    let samples = TestFrames.samples(of: frame)
    return stride(from: 0, to: samples.count, by: 4).allSatisfy {
        max(samples[$0], samples[$0 + 1], samples[$0 + 2]) <= samples[$0 + 3]
    }
}

private func decodeVideo(_ source: BytesInMemory) throws -> Bool {
    let frames = try unlessRefused(.inputUnreadable, by: "a video") { try VideoFrames(source) }
    guard let frames, frames.width * frames.height <= pixelCountMax else { return false }
    return try unlessRefused(.inputUnreadable, by: "the frames of a video") { () throws -> Void in
        var frame = try frames.makeFrame()
        var count = 0
        while count < pieceCountMax, try frames.next(into: &frame) { count += 1 }
    } != nil
}

private func decodeAudio(_ source: BytesInMemory) throws -> Bool {
    let decoder = try unlessRefused(.inputUnreadable, .invalidArgument, by: "a file's audio") {
        try AudioDecoder(source, mono: source.byteCount % 2 == 0)
    }
    guard let decoder else { return false }
    return try unlessRefused(.inputUnreadable, .invalidArgument, by: "audio") { () throws -> Void in
        for _ in 0..<pieceCountMax {
            let sampleCount = try decoder.next { $0.count }
            guard let sampleCount else { break }
            try promise(
                sampleCount > 0 && sampleCount % decoder.channelCount == 0,
                "\(sampleCount) samples of \(decoder.channelCount) channels")
        }
    } != nil
}
