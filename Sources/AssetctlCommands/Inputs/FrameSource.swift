// Where the frames of a sequence come from: picture files, or a video.

internal import AssetStore
internal import Basics
internal import Glibc
internal import Media

/// What `frames import` reads.
enum FrameSource: Sendable {
    /// Picture files and the indexes their frames get.
    case pictures([(index: Int, path: String)])
    /// A video, or a single picture.
    case video(any RandomAccessBytes)

    /// Finds out what `operands` are: folders and files of pictures, patterns with `*` and `?`, one
    /// video file, or the id of one stored video.
    ///
    /// - Throws: ``AssetError/Code/inputMissing``, ``AssetError/Code/inputUnreadable``,
    ///   ``AssetError/Code/invalidArgument``.
    init(_ operands: [String], in store: Store) throws {
        if operands.count == 1, let video = try Self.video(operands[0], in: store) {
            self = .video(video)
            return
        }
        var paths: [String] = []
        for operand in operands { paths += try Self.files(operand) }
        guard !paths.isEmpty else {
            throw AssetError(
                .inputMissing,
                "\(operands.joined(separator: " ")) has no picture files; name a folder of "
                    + "pictures, a pattern such as 'shots/*.png', or a video")
        }
        self = .pictures(try Self.numbered(paths))
    }

    /// How many frames there are, as far as is known before they are read.
    var estimatedCount: Int {
        switch self {
        case .pictures(let pictures): (pictures.map(\.index).max() ?? -1) + 1
        case .video(let bytes):
            // A video that can't be read is told when it is read.
            min(Limits.frameCountMax, (try? VideoFrames(bytes).estimatedFrameCount) ?? 0)
        }
    }

    /// The one operand as a video; `nil` when it is pictures.
    private static func video(
        _ operand: String, in store: Store
    ) throws -> (any RandomAccessBytes)? {
        switch try FileSystem.kind(of: operand) {
        case .directory: return nil
        case nil:
            guard let id = AssetID(operand) else { return nil }
            guard let reader = try store.reader(for: id) else {
                throw AssetError(
                    .inputMissing, "there is no file and no asset \(operand); “assetctl ls” lists")
            }
            return reader
        default:
            let bytes = try FileBytes(path: operand)
            return try MediaInfo.probe(bytes)?.kind == .video ? bytes : nil
        }
    }

    private static func files(_ operand: String) throws -> [String] {
        switch try FileSystem.kind(of: operand) {
        case .directory:
            return try FileSystem.names(in: operand).filter(isPicture).map { "\(operand)/\($0)" }
                .sorted(by: isBefore)
        case nil:
            guard operand.contains("*") || operand.contains("?") else {
                throw AssetError(.inputMissing, "there is no \(operand); check the name")
            }
            return matches(operand).sorted(by: isBefore)
        default: return [operand]
        }
    }

    private static func isPicture(_ name: String) -> Bool {
        let name = name.lowercased()
        return !name.hasPrefix(".")
            && ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif", "raw"].contains {
                name.hasSuffix(".\($0)")
            }
    }

    /// The corresponding C function is `glob`.
    private static func matches(_ pattern: String) -> [String] {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(unsafe found.gl_pathc)).compactMap { number in
            guard let path = unsafe found.gl_pathv[number] else { return nil }
            return unsafe String(cString: path)
        }
    }

    /// By the number in the name where both have one, so that 10 follows 9.
    private static func isBefore(_ left: String, _ right: String) -> Bool {
        if let first = number(of: left), let second = number(of: right), first != second {
            return first < second
        }
        return left < right
    }

    /// The last run of digits in a file's name, before its ending.
    private static func number(of path: String) -> Int? {
        let name = FileSystem.name(of: path)
        let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
        let reversed = stem.reversed().drop { !$0.isASCIIDigit }.prefix { $0.isASCIIDigit }
        return Int(String(reversed.reversed()))
    }

    /// Frames get the numbers in their files' names where each has another, as those that
    /// `frames export` wrote; else they are counted.
    private static func numbered(_ paths: [String]) throws -> [(index: Int, path: String)] {
        let stems = paths.map { path in
            let name = FileSystem.name(of: path)
            return name.prefix { $0.isASCIIDigit }.count
                == (name.lastIndex(of: ".").map {
                    name.distance(from: name.startIndex, to: $0)
                } ?? -1)
        }
        let numbers = paths.compactMap(number)
        if !stems.contains(false), numbers.count == paths.count,
            Set(numbers).count == numbers.count,
            numbers.allSatisfy({ $0 < Limits.frameCountMax })
        {
            return zip(numbers, paths).map { (index: $0, path: $1) }
        }
        return paths.enumerated().map { (index: $0, path: $1) }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
