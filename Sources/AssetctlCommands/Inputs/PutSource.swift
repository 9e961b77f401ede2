// Where the bytes of an asset come from: a file, or standard input.

internal import Basics

/// A file on the command line; `-` is standard input.
struct PutSource: Equatable, Sendable {
    let path: String

    var isStandardInput: Bool { path == "-" }

    /// The name an asset gets from it.
    var assetName: String { isStandardInput ? "" : FileSystem.name(of: path) }

    /// The bytes, with the length they have now. Standard input is read to its end, into a
    /// nameless file in `directory`.
    func open(
        spoolingTo directory: String, _ context: CommandContext
    ) throws -> any RandomAccessBytes {
        if isStandardInput { return try SpooledBytes(spoolingTo: directory, context) }
        return try FileBytes(path: path)
    }
}

/// Standard input, kept in a file without a name while it is looked into and stored.
private final class SpooledBytes: RandomAccessBytes {
    private let bytes: FileBytes
    let subject = "standard input"

    var byteCount: Int { bytes.byteCount }

    init(spoolingTo directory: String, _ context: CommandContext) throws {
        let file = try File(temporaryIn: directory)
        context.progress.begin("read", total: nil, unit: .bytes)
        var byteCount = 0
        while true {
            try context.interrupt.check()
            let piece = try context.console.read(countMax: 1 << 20)
            if piece.isEmpty { break }
            unsafe try file.write(piece.span.bytes, at: byteCount)
            byteCount += piece.count
            context.progress.advance(by: piece.count)
        }
        bytes = try FileBytes(file)
    }

    func read(at offset: Int, into buffer: inout MutableRawSpan) throws(AssetError) -> Int {
        try bytes.read(at: offset, into: &buffer)
    }
}

/// Bytes that are read once from beginning to end, telling the progress and stopping when asked.
struct ObservedBytes: RandomAccessBytes {
    let bytes: any RandomAccessBytes
    let context: CommandContext

    var byteCount: Int { bytes.byteCount }
    var subject: String { bytes.subject }

    func read(at offset: Int, into buffer: inout MutableRawSpan) throws(AssetError) -> Int {
        try context.interrupt.check()
        let count = try bytes.read(at: offset, into: &buffer)
        context.progress.advance(by: count)
        return count
    }
}
