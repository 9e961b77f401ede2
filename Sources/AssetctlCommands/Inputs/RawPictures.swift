// Files of samples and nothing else, as `frames export --format raw` writes them.

internal import Basics
internal import FrameCodecs

/// What every `.raw` file of an import holds, which the files themselves don't say.
struct RawPictures: Sendable, Equatable {
    /// Size and format of each.
    let shape: FrameShape

    /// Reads `1920x1080,rgba`; `nil` for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let sides = parts[0].split(separator: "x", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard parts.count == 2, sides.count == 2, let width = sides[0], let height = sides[1],
            Limits.frameSide.contains(width), Limits.frameSide.contains(height),
            let format = PixelFormat.allCases.first(where: { "\($0)" == parts[1] })
        else { return nil }
        shape = FrameShape(width: width, height: height, format: format)
    }

    /// The formats by their names.
    static var formatNames: String {
        PixelFormat.allCases.map { "\($0)" }.joined(separator: ", ")
    }

    /// Whether a file is one of these, by the ending of its name.
    static func isRaw(_ path: String) -> Bool { path.lowercased().hasSuffix(".raw") }

    /// Reads a file's samples, row by row, plane after plane.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when it is longer or shorter than a frame;
    ///   what reading it throws.
    func frame(_ bytes: FileBytes) throws -> Frame {
        var frame = try Frame(
            width: shape.width, height: shape.height, format: shape.format)
        let planes = frame.planes
        let byteCount = planes.reduce(0) { $0 + $1.rowByteCount * $1.rows }
        guard bytes.byteCount == byteCount else {
            throw AssetError(
                .inputUnreadable,
                "\(bytes.subject) has \(bytes.byteCount) bytes, but a frame of "
                    + "\(shape.width)×\(shape.height) \(shape.format) has \(byteCount); say by "
                    + "--raw what it holds")
        }
        try unsafe frame.withUnsafeMutableBytes { memory in
            var offset = 0
            for plane in planes {
                for row in 0..<plane.rows {
                    let start = plane.offset + row * plane.stride
                    try unsafe fill(
                        UnsafeMutableRawBufferPointer(
                            rebasing: memory[start..<start + plane.rowByteCount]),
                        from: bytes, at: offset)
                    offset += plane.rowByteCount
                }
            }
        }
        return frame
    }

    private func fill(
        _ row: UnsafeMutableRawBufferPointer, from bytes: FileBytes, at offset: Int
    ) throws {
        var done = 0
        while done < row.count {
            var rest = unsafe UnsafeMutableRawBufferPointer(rebasing: row[done...]).mutableBytes
            let count = try bytes.read(at: offset + done, into: &rest)
            guard count > 0 else {
                throw AssetError(
                    .inputUnreadable, "\(bytes.subject) became shorter while it was read")
            }
            done += count
        }
    }
}

extension ArgumentReader {
    /// The option `--<name>`, what `.raw` files hold.
    mutating func rawPictures(_ name: String) throws(UsageError) -> RawPictures? {
        guard let text = try option(name) else { return nil }
        guard let value = RawPictures(text) else {
            throw UsageError(
                "--\(name) \(text): expected a size and a format, as in 1920x1080,rgba; formats: "
                    + RawPictures.formatNames)
        }
        return value
    }
}
