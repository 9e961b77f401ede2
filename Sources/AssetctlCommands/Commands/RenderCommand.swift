// assetctl render: a song to a video, as a durable job.

internal import AssetStore
internal import Basics
internal import Exporting
internal import Rendering

struct RenderCommand: Subcommand {
    static let name = "render"
    static let summary = "renders audio to a video; the same command again resumes"
    static let help = """
        usage: assetctl render --audio <file or id> --output <file> [options]

          --audio <file or id>   what is heard: a file of any audio format, or an asset's id
          --output <file>        where the video goes; it appears there when it is complete
          --overwrite            replace an output that is there already
          --scene <file>         what is seen, as JSON; by default spectrum bars, a waveform and
                                 the title from the audio's tags
          --project <name>       the project of the job and its video; default: default
          --size <size>          1080p, 720p, 1440p, 2160p, 4k or WxH; default 1080p
          --fps <rate>           frames per second, such as 30, 29.97 or 30000/1001; default 30
          --quality <level>      high (x264 veryfast, CRF 18), medium (faster, 22) or low
                                 (ultrafast, 26); default high
          --format <format>      mp4: H.264 and AAC
          --from <time>          begin there: seconds, M:S or H:M:S; default the beginning
          --to <time>            end there; default the end
          --workers <count>      threads that draw and encode; default one per processor
          --frame-codec <codec>  how frames are kept meanwhile: jpeg, or lossless, which takes more
                                 room; default jpeg
          --keep-frames          keep the frames in the store when the video is complete
          --retain <which>       keep some of them: none (the default), all, every:N for each N-th,
                                 or last:N
          --detach               only write the job down; “assetctl work” does it

        A render that was interrupted, by Ctrl-C, a crash or a full disk, is resumed by the same
        command: what is finished is not done again, and the video is the same to the byte.

        example: assetctl render --audio song.ogg --output song.mp4 --size 1280x720
        """
    static let finishesWhenInterrupted = true

    private let audio: String
    private let output: String
    private let overwrite: Bool
    private let scene: String?
    private let project: String
    private let size: VideoSize
    private let frameRate: FrameRate
    private let quality: RenderQuality
    private let from: Double
    private let to: Double?
    private let workers: Int?
    private let frameCodec: RenderFrameCodec
    private let retention: FrameRetention
    private let isDetached: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        audio = try arguments.requiredOption("audio")
        output = try arguments.requiredOption("output")
        overwrite = try arguments.flag("overwrite")
        scene = try arguments.option("scene")
        project = try arguments.option("project") ?? "default"
        size = try arguments.videoSize("size") ?? VideoSize(width: 1920, height: 1080)
        frameRate = try arguments.frameRate("fps")
        quality =
            try arguments.choice("quality", of: ["high": .high, "medium": .medium, "low": .low])
            ?? .high
        _ = try arguments.choice("format", of: ["mp4": true])
        from = try arguments.time("from") ?? 0
        to = try arguments.time("to")
        workers = try arguments.integer("workers", in: 1...Limits.workerCountMax)
        frameCodec =
            try arguments.choice("frame-codec", of: ["jpeg": .jpeg, "lossless": .lossless])
            ?? .jpeg
        let keepsAll = try arguments.flag("keep-frames")
        let retention = try arguments.frameRetention("retain")
        guard !keepsAll || retention == nil || retention == .all else {
            throw UsageError("--keep-frames keeps all frames; leave it out, or --retain")
        }
        self.retention = keepsAll ? .all : retention ?? .untilComplete
        isDetached = try arguments.flag("detach")
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        var request = RenderRequest(
            audio: audioSource, project: project, width: size.width, height: size.height,
            frameRate: frameRate, quality: quality, frameCodec: frameCodec, from: from, to: to,
            output: output, overwrite: overwrite, retention: retention)
        request.scene = try loadScene()
        // Before a store is made for it.
        try request.validate()
        let run = RenderRun(context, resumeCommand: context.commandLine)
        return try run.resumable {
            try context.withStoreForWriting { store in
                let job = try RenderJob.submit(
                    request, to: store, isCancelled: { context.interrupt.isRequested },
                    progress: run.report)
                guard isDetached else { return try run.run(job, workerCount: workers) }
                try context.result(
                    ["job": .string(job.id.description), "state": "pending"],
                    text: "job \(job.id) waits; “assetctl work” does it")
                return .done
            }
        }
    }

    /// An asset when it looks like one's id and is no file.
    private var audioSource: RenderRequest.Audio {
        guard let id = AssetID(audio), (try? FileSystem.kind(of: audio)) == nil else {
            return .file(audio)
        }
        return .asset(id)
    }

    private func loadScene() throws -> Scene? {
        guard let scene else { return nil }
        let file = try FileBytes(path: scene)
        guard file.byteCount <= Limits.sceneByteCountMax else {
            throw AssetError(
                .inputUnreadable,
                "\(scene) has \(file.byteCount) bytes, but a scene has at most "
                    + "\(Limits.sceneByteCountMax)")
        }
        var json: [UInt8] = []
        try file.forEachChunk { chunk in
            unsafe chunk.withUnsafeBytes { unsafe json.append(contentsOf: $0) }
        }
        do {
            return try Scene(json: json)
        } catch {
            throw AssetError(.inputUnreadable, "\(scene): \(error.message)", cause: error)
        }
    }
}

extension ArgumentReader {
    /// A frame rate; 30 when it is not given.
    fileprivate mutating func frameRate(_ name: String) throws(UsageError) -> FrameRate {
        do throws(AssetError) {
            return try FrameRate(parsing: try textOption(name) ?? "30")
        } catch {
            throw UsageError("--\(name): \(error.message)")
        }
    }

    /// An option whose own errors are told as they are.
    private mutating func textOption(_ name: String) throws(AssetError) -> String? {
        do throws(UsageError) {
            return try option(name)
        } catch {
            throw AssetError(.invalidArgument, error.message)
        }
    }
}
