// `assetctl get`: the bytes of an asset.

internal import AssetStore
internal import Basics

struct GetCommand: Subcommand {
    static let name = "get"
    static let summary = "gives the bytes of an asset"
    static let help = """
        usage: assetctl get <id> [--output <file>] [--range <first-last>] [--overwrite]

        Writes an asset's bytes to a file, or to standard output. Every byte is checked before it
        is written; a file appears only when it is whole.

          --output <file>        where to write; - is standard output
          --range <first-last>   only these bytes, counted from 0, both included; 100- for all
                                 from byte 100 on, -100 for the last 100
          --overwrite            replace the file when it is there

        example: assetctl get 01980000-0000-7000-8000-000000000000 --output cover.png
        """
    private let id: AssetID
    private let output: String?
    private let range: InclusiveByteRange?
    private let overwrite: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        output = try arguments.option("output")
        range = try arguments.byteRange("range")
        overwrite = try arguments.flag("overwrite")
        id = try arguments.assetID()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        let path = output == "-" ? nil : output
        if output == nil, context.console.resultsGoToTerminal {
            throw UsageError(
                "bytes would go to the terminal; give --output <file>, or --output - to have them "
                    + "there")
        }
        if let path { try OutputFile.check(path, overwrite: overwrite) }
        try context.withStore { store in
            guard let reader = try store.reader(for: id) else { throw AssetError.noAsset(id) }
            let bytes = try range?.resolved(byteCount: reader.byteCount) ?? 0..<reader.byteCount
            context.progress.begin("get", total: bytes.count, unit: .bytes)
            guard let path else {
                try copy(bytes, of: reader, context) { try context.console.result($0) }
                return
            }
            let file = try context.outputFile(path, overwrite: overwrite)
            try copy(bytes, of: reader, context) { try file.append($0) }
            try file.publish()
            context.progress.finish()
            context.console.talk("wrote \(ByteSize.format(bytes.count)) to \(printable(path))")
        }
        return .done
    }

    /// Copies piece by piece, so that no snapshot waits for a slow reader.
    private func copy(
        _ range: Range<Int>, of reader: AssetReader, _ context: CommandContext,
        to write: (RawSpan) throws -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: min(range.count, 1 << 20))
        var position = range.lowerBound
        while position < range.upperBound {
            let excess = buffer.count - (range.upperBound - position)
            if excess > 0 { buffer.removeLast(excess) }
            var span = buffer.mutableSpan
            var bytes = unsafe span.mutableBytes
            let count = try reader.read(at: position, into: &bytes)
            unsafe try write(buffer.span.bytes.extracting(0..<count))
            position += count
            context.progress.advance(by: count)
        }
    }
}

extension AssetError {
    /// An id that no asset has.
    static func noAsset(_ id: AssetID) -> AssetError {
        AssetError(.inputMissing, "there is no asset \(id); “assetctl ls” shows what there is")
    }
}
