// Command lines, and what can be written in them: sizes, times, ranges, rates, JSON.
//
// The first byte says what the others are. Words of a command line end with a zero.

internal import AssetStore
internal import AssetctlCommands
internal import Basics

extension Door {
    package static let arguments = Door(
        name: "arguments", byteCountMax: 1024, secondsMax: 5, memoryMebibytesMax: 512,
        open: {
            let console = Console(output: NowhereSink(), error: NowhereSink())
            return { try enterArguments($0, console) }
        }, seeds: ArgumentSeeds.all)
}

/// The first byte of what goes through the door.
enum ArgumentKind: UInt8, CaseIterable { case command, help, json, value }

private struct NowhereSink: ByteSink {
    var isTerminal: Bool { false }
    var columns: Int? { 80 }
    func write(_ bytes: RawSpan) throws {}
}

private func enterArguments(_ bytes: [UInt8], _ console: Console) throws -> Verdict {
    guard let first = bytes.first else { return .refused }
    let rest = bytes.dropFirst()
    let kind = ArgumentKind.allCases[Int(first) % ArgumentKind.allCases.count]
    switch kind {
    case .command:
        guard let second = rest.first else { return .refused }
        return try parse(words(rest.dropFirst()), by: Int(second))
    case .help:
        // Nothing is done but to find out what help is asked for.
        let status = Assetctl.run(arguments: words(rest) + ["--help"], console: console)
        let arguments = words(rest)
        // Behind “--” it is a word like others, of commands that there are.
        guard !arguments.contains("--") else { return .refused }
        try promise([0, 64].contains(status), "help ends with status \(status)")
        return status == 0 ? .accepted : .refused
    case .json: return try parseJSON(Array(rest))
    case .value: return try parseValue(String(decoding: rest, as: UTF8.self))
    }
}

private func words(_ bytes: some Collection<UInt8>) -> [String] {
    bytes.split(separator: 0, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
    }
}

/// Reads the words as the arguments of one command, which is not run.
private func parse(_ words: [String], by number: Int) throws -> Verdict {
    let command = CommandList.all.commands[number % CommandList.all.commands.count]
    var reader = ArgumentReader(words)
    do throws(UsageError) {
        _ = try command.init(&reader)
        try reader.finish()
        return .accepted
    } catch {
        try promise(!error.message.isEmpty, "\(command.name) refuses without a word")
        return .refused
    }
}

private func parseJSON(_ bytes: [UInt8]) throws -> Verdict {
    let value: JSONValue
    do throws(JSONError) {
        value = try JSONValue.parse(bytes)
    } catch {
        try promise(0...bytes.count ~= error.offset, "\(error)")
        return .refused
    }
    let text = value.text
    try promise(!text.contains(where: \.isNewline), "JSON of two lines")
    let again = try JSONValue.parse(Array(text.utf8))
    try promise(again == value && again.text == text, "JSON changed when it was written and read")
    return .accepted
}

private func parseValue(_ text: String) throws -> Verdict {
    var isAccepted = false
    if let size = ByteSize.parse(text) {
        isAccepted = true
        try promise(size >= 0, "a size of \(size)")
        try promise(!ByteSize.format(size).isEmpty, "a size without words")
    }
    if let seconds = parseTime(text) {
        isAccepted = true
        try promise(seconds.isFinite && seconds >= 0, "a time of \(seconds) s")
    }
    if let size = VideoSize(text) {
        isAccepted = true
        try promise(
            Limits.videoSide.contains(size.width) && Limits.videoSide.contains(size.height),
            "a video of \(size)")
        try promise(VideoSize("\(size.width)x\(size.height)") == size, "\(size) is another one")
    }
    if let range = InclusiveByteRange(text) {
        for byteCount in [0, 1, 7, 1 << 40] {
            guard let bytes = try? range.resolved(byteCount: byteCount) else { continue }
            isAccepted = true
            try promise(
                bytes.lowerBound >= 0 && bytes.upperBound <= byteCount, "\(bytes) of \(byteCount)")
        }
    }
    let rate = try unlessRefused(.invalidArgument, by: "a frame rate") {
        try FrameRate(parsing: text)
    }
    if let rate {
        isAccepted = true
        try promise(Limits.frameRate.contains(rate.framesPerSecond), "\(rate)")
        try promise(try FrameRate(parsing: rate.description) == rate, "\(rate) is another one")
    }
    if let retention = FrameRetention(text) {
        isAccepted = true
        try promise(FrameRetention(retention.description) == retention, "\(retention)")
    }
    return isAccepted ? .accepted : .refused
}
