// `assetctl frames export`: all stored frames of a job as picture files.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import Synchronization

struct FramesExportCommand: Subcommand {
    static let name = "frames export"
    static let summary = "writes the stored frames of a job to picture files"
    static let help = """
        usage: assetctl frames export <job> <folder> [options]

        Writes 000000.png, 000001.png and so on, named by the frames' indexes, to a folder that is
        made when it is not there. Frames that are stored as JPEG become .jpg files as they are
        stored. A .raw file has the frame's samples row by row, plane after plane, and nothing else;
        their format is told at the end, and by it frames import takes them back.

          --format <format>    png (the default), jpg or raw
          --quality <number>   of JPEGs that have to be made, 1 to 100; default 95
          --level <number>     of PNGs, 0 (fast) to 9 (small); default 6
          --workers <count>    threads; default one per processor
          --overwrite          replace files that are there

        example: assetctl frames export 0123456789abcdef0123456789abcdef frames --format jpg
        """
    static let finishesWhenInterrupted = true

    private let format: PictureFormat
    private let quality: Int
    private let compressionLevel: Int
    private let threadCount: Int
    private let overwrite: Bool
    private let job: JobReference
    private let folder: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        format =
            try arguments.choice("format", of: ["png": .png, "jpg": .jpg, "raw": .raw]) ?? .png
        quality = try arguments.integer("quality", in: 1...100) ?? 95
        compressionLevel = try arguments.integer("level", in: 0...9) ?? 6
        threadCount =
            try arguments.integer("workers", in: 1...Limits.workerCountMax)
            ?? availableProcessorCount()
        overwrite = try arguments.flag("overwrite")
        job = try JobReference(&arguments)
        folder = try arguments.operand("the folder")
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let id = try job.resolve(in: store).id
            let indexes = try storedIndexes(of: id, in: store)
            let count = indexes.reduce(0) { $0 + $1.count }
            guard count > 0 else {
                throw AssetError(
                    .inputMissing, "job \(id) has no stored frames; there is nothing to export")
            }
            try FileSystem.makeDirectory(folder)
            guard try FileSystem.kind(of: folder) == .directory else {
                throw AssetError(.invalidArgument, "\(folder) is not a folder; name another")
            }
            // Before the first is written: half an export beside old files helps nobody.
            for index in indexes.joined() {
                try OutputFile.check(path(of: index), overwrite: overwrite)
            }
            let formats = try export(indexes, count, of: id, store, context)
            context.progress.finish()
            var told: [(key: String, value: JSONValue)] = [
                ("job", .string(id.description)), ("frames", .integer(count)),
            ]
            var text = "wrote \(counted(count, "frame")) to \(printable(folder))"
            if format == .raw {
                // The files themselves don't say what they hold.
                told.append(("pixelFormats", .array(formats.map { .string($0) })))
                text += " (\(formats.joined(separator: ", ")))"
            }
            try context.result(.members(told), text: text)
        }
        return .done
    }

    /// Writes all files, and returns the formats of the frames in them.
    private func export(
        _ indexes: [Range<Int>], _ count: Int, of id: JobID, _ store: Store,
        _ context: CommandContext
    ) throws -> [String] {
        context.progress.begin("export", total: count)
        let numbers = Array(indexes.joined())
        let (format, quality, level) = (format, quality, compressionLevel)
        let formats = Mutex<Set<PixelFormat>>([])
        let files = try context.outputFolder(folder, overwrite: overwrite) { name in
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 2 && parts[1] == format.fileExtension
                && parts[0].utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        let done = try ParallelLoop(threadCount: threadCount, interrupt: context.interrupt)
            .run(
                count,
                tools: {
                    try FramePictures(format, quality: quality, compressionLevel: level)
                },
                step: { pictures, number in
                    try export(numbers[number], to: files, by: pictures, of: id, store, context)
                    if let format = pictures.lastFormat {
                        formats.withLock { _ = $0.insert(format) }
                    }
                })
        try files.synchronize()
        guard done == count else {
            throw AssetError(
                .cancelled,
                "interrupted; \(done) of \(count) frames are written; write all by: "
                    + context.commandLine + (overwrite ? "" : " --overwrite"))
        }
        return formats.withLock { $0.map { "\($0)" }.sorted() }
    }

    private func export(
        _ index: Int, to files: OutputFolder, by pictures: FramePictures, of id: JobID,
        _ store: Store, _ context: CommandContext
    ) throws {
        let file = try files.file(name(of: index))
        let found: Void? = try pictures.withPicture(
            ofFrame: index, of: id, in: store, file.append)
        guard found != nil else {
            throw AssetError(
                .inputMissing, "frame \(index) of job \(id) was removed while it was exported")
        }
        try file.publish()
        context.progress.advance()
    }

    /// The indexes that are stored, as ranges: a whole video is one.
    private func storedIndexes(of id: JobID, in store: Store) throws -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        try store.forEachFrame(of: id) { frame in
            let last = ranges.last
            if let last, last.upperBound == frame.index {
                ranges[ranges.count - 1] = last.lowerBound..<frame.index + 1
            } else {
                ranges.append(frame.index..<frame.index + 1)
            }
            return true
        }
        return ranges
    }

    private func path(of index: Int) -> String { "\(folder)/\(name(of: index))" }

    private func name(of index: Int) -> String {
        let digits = String(index)
        let padding = String(repeating: "0", count: max(0, 6 - digits.count))
        return "\(padding)\(digits).\(format.fileExtension)"
    }
}
