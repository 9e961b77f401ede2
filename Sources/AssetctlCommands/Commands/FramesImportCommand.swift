// `assetctl frames import`: pictures, or the frames of a video, become a sequence in the store.

internal import AssetStore
internal import Basics
internal import FrameCodecs
internal import FrameSequences
internal import Media

struct FramesImportCommand: Subcommand {
    static let name = "frames import"
    static let summary = "stores pictures, or the frames of a video, as a sequence"
    static let help = """
        usage: assetctl frames import <sequence> <source>... [options]

        The source is a folder of pictures, picture files, a pattern in quotes such as
        'shots/*.png', a video file, or the id of a stored video. Pictures whose names are numbers
        keep them; others are counted in the order of the numbers in their names. The sequence is
        made when it is not there. When it is interrupted, the same command goes on.

        A .raw file has the samples of one frame, row by row, plane after plane, as frames export
        writes them; --raw says of what size and format they are. Formats: bgraPremultiplied, rgba,
        yuv420JPEG, yuv420BT709, bgra, rgbaPremultiplied, rgb, grey, rgba16, yuv420BT601,
        yuv420BT709Full.

          --project <name>        the sequence's project; default: default
          --frame-codec <codec>   lossless, or jpeg. By default JPEG files stay as they are, and
                                  everything else is packed without loss
          --quality <number>      of frames that are packed as JPEG, 1 to 100; default 95
          --raw <w>x<h>,<format>  what .raw files hold, such as 1920x1080,rgba
          --workers <count>       threads; default one per processor
          --overwrite             replace the frames of a sequence that is there

        example: assetctl frames import intro shots --project demo --frame-codec jpeg
        """
    static let finishesWhenInterrupted = true

    private let project: String
    private let codec: FrameCodec?
    private let quality: Int
    private let raw: RawPictures?
    private let threadCount: Int
    private let overwrite: Bool
    private let name: String
    private let sources: [String]

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.option("project") ?? "default"
        codec = try arguments.choice(
            "frame-codec", of: ["jpeg": .jpeg, "lossless": .lossless])
        quality = try arguments.integer("quality", in: 1...100) ?? 95
        raw = try arguments.rawPictures("raw")
        threadCount =
            try arguments.integer("workers", in: 1...Limits.workerCountMax)
            ?? availableProcessorCount()
        overwrite = try arguments.flag("overwrite")
        name = try arguments.operand("the sequence's name")
        sources = try arguments.operands("the pictures or the video")
    }

    private var packing: FramePacking {
        codec == .jpeg ? .jpeg(quality: quality) : .lossless
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStoreForWriting { store in
            let began = steadySeconds()
            let source = try FrameSource(sources, in: store)
            let job = try sequence(source, in: store)
            let lease = try store.start(job.id)
            do {
                try fill(lease, from: source, context)
                try lease.complete()
            } catch {
                throw try paused(lease, after: error, context)
            }
            context.progress.finish()
            let frames = try store.job(job.id)?.frames ?? job.frames
            try context.result(
                [
                    "job": .string(job.id.description), "sequence": .string(name),
                    "project": .string(job.description.project),
                    "frames": .integer(frames.count), "byteCount": .integer(frames.byteCount),
                    "seconds": .double(((steadySeconds() - began) * 1000).rounded() / 1000),
                ],
                text: "\(name): \(counted(frames.count, "frame")), "
                    + "\(ByteSize.format(frames.byteCount)); job \(job.id)")
        }
        return .done
    }

    /// The sequence, made or taken up.
    private func sequence(_ source: FrameSource, in store: Store) throws -> Job {
        if let id = JobID(name), let job = try store.job(id),
            job.description.kind != JobDescription.sequenceKind
        {
            throw AssetError(
                .invalidArgument,
                "job \(name) is a \(job.description.kind), whose frames are its own; name a "
                    + "sequence, which is made when it is not there")
        }
        let known = JobID(name).flatMap { id in try? store.job(id) }
        let description =
            known?.description
            ?? JobDescription.sequence(
                named: name, project: project, frameCount: source.estimatedCount)
        if let job = try store.job(description.id), job.state == .complete {
            guard overwrite else {
                throw AssetError(
                    .alreadyExists,
                    "there is a sequence “\(name)” of \(counted(job.frames.count, "frame")) "
                        + "already; choose another name, or replace it by --overwrite")
            }
            try store.removeFrames(of: job.id)
        }
        return try store.submit(description)
    }

    private func fill(
        _ lease: JobLease, from source: FrameSource, _ context: CommandContext
    ) throws {
        let writer = try FrameSequenceWriter(
            lease, packing: packing, threadCount: threadCount)
        let filled = Result {
            switch source {
            case .pictures(let pictures):
                try importPictures(pictures, to: writer, lease, context)
            case .video(let bytes): try importVideo(bytes, to: writer, lease, context)
            }
        }
        // Also after an error: what came so far stays, for the same command to go on.
        let finished = Result { try writer.finish() }
        try filled.get()
        try finished.get()
        try context.interrupt.check()
    }

    // MARK: Pictures

    private func importPictures(
        _ pictures: [(index: Int, path: String)], to writer: FrameSequenceWriter,
        _ lease: JobLease, _ context: CommandContext
    ) throws {
        let (store, job) = (lease.store, lease.job)
        let missing = try pictures.filter { try store.frame($0.index, of: job) == nil }
        context.progress.begin(
            "import", total: pictures.count, reused: pictures.count - missing.count)
        _ = try ParallelLoop(threadCount: threadCount, interrupt: context.interrupt)
            .run(
                missing.count, tools: { try JPEGFiles() },
                step: { files, number in
                    try importPicture(missing[number], files, to: writer)
                    context.progress.advance()
                })
    }

    private func importPicture(
        _ picture: (index: Int, path: String), _ files: JPEGFiles,
        to writer: FrameSequenceWriter
    ) throws {
        let bytes = try FileBytes(path: picture.path)
        if RawPictures.isRaw(picture.path) {
            guard let raw else {
                throw AssetError(
                    .inputUnreadable,
                    "\(picture.path) doesn't say its size and format; say them by --raw, as in "
                        + "--raw 1920x1080,rgba")
            }
            return try writer.write(picture.index, SharedFrame(try raw.frame(bytes)))
        }
        if codec != .lossless, try files.append(bytes, picture.index, to: writer) { return }
        try writer.write(picture.index, SharedFrame(try ImageDecoder.decode(bytes)))
    }

    // MARK: Videos

    private func importVideo(
        _ bytes: any RandomAccessBytes, to writer: FrameSequenceWriter, _ lease: JobLease,
        _ context: CommandContext
    ) throws {
        let video = try VideoFrames(bytes)
        context.progress.begin("import", total: video.estimatedFrameCount)
        let shape = FrameShape(
            width: video.width, height: video.height, format: .bgraPremultiplied)
        var decoded = try video.makeFrame()
        var index = 0
        while !context.interrupt.isRequested, try video.next(into: &decoded) {
            if try lease.store.frame(index, of: lease.job) == nil {
                try writer.write(index, shape) { $0.copyRows(from: decoded) }
            }
            index += 1
            context.progress.advance()
        }
    }

    // MARK: Ends

    /// Notes why the import ended, and says how to go on.
    private func paused(
        _ lease: JobLease, after error: any Error, _ context: CommandContext
    ) throws -> any Error {
        let reason = error as? AssetError
        // The caller is told `error`; a job that can't be noted as paused is found all the same.
        switch reason?.code {
        case .cancelled where context.interrupt.isRequested:
            try? lease.pause(nil)
            return AssetError(
                .cancelled, "interrupted; to go on: \(context.commandLine)", cause: error)
        case .diskFull, .quotaExceeded:
            try? lease.pause(reason?.message)
            return AssetError(
                reason?.code ?? .diskFull,
                "\(reason?.message ?? ""); then go on with: \(context.commandLine)", cause: error)
        case .cancelled, .staleAttempt: lease.abandon()
        default: try? lease.fail(reason?.message ?? "\(error)")
        }
        return error
    }
}
