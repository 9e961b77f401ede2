// A render as a durable job: from what was asked for to the published video.

public import AssetStore
internal import Basics
internal import FrameCodecs
internal import Media
internal import Rendering
internal import Synchronization

/// A render that is written down in the store, to be run now, later, or again after a crash.
/// Thread-safe; ``run(workerCount:isCancelled:progress:)`` blocks, so it belongs on a thread of
/// your own.
///
///     let job = try RenderJob.submit(request, to: store)
///     let result = try job.run()
///
/// The video's bytes are a function of the request and the machine's libraries: not of the number
/// of workers, nor of how often and where the run was killed.
public final class RenderJob: Sendable {
    public let store: Store
    public let id: JobID
    /// Frames of the whole video.
    public let frameCount: Int
    let project: String
    let recipe: Recipe
    let submission: Submission
    let retention: FrameRetention
    let frameRate: FrameRate
    let audio: AssetReader
    /// What the audio sounds like; made when it is first needed.
    private let analysis = Mutex<AudioAnalysis?>(nil)

    /// Writes a render down in the store, together with its audio. The same request gives the same
    /// job. Decodes the audio once.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument``, ``AssetError/Code/inputMissing``,
    ///   ``AssetError/Code/inputUnreadable``, each saying which input; ``AssetError/Code/alreadyExists``
    ///   when the output is there, is not this job's video, and must not be overwritten. Then the
    ///   store holds what it held before. After ``AssetError/Code/diskFull`` and
    ///   ``AssetError/Code/quotaExceeded`` it may hold the audio besides.
    public static func submit(
        _ request: RenderRequest, to store: Store,
        isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (RenderProgress) -> Void = { _ in }
    ) throws -> RenderJob {
        try request.validate()
        let source = try AudioSource(request.audio, store)
        let scene = try request.scene ?? source.standardScene()
        let recipe = try Recipe(
            fingerprint: Fingerprint.value(),
            audio: source.checksum.description, audioByteCount: source.bytes.byteCount,
            from: request.from, to: request.to,
            scene: String(decoding: scene.canonicalJSON(), as: UTF8.self),
            images: SceneImages.checksums(of: scene, in: store), width: request.width,
            height: request.height, frameRate: request.frameRate.description,
            quality: request.quality, frameCodec: request.frameCodec,
            segmentFrameCount: Recipe.segmentFrameCount(request.frameRate), title: source.title)
        let submission = Submission(
            output: request.output, overwrite: request.overwrite)
        var description = JobDescription(
            project: request.project, kind: "render", recipe: try canonicalJSON(recipe),
            submission: try canonicalJSON(submission), frameCount: 0,
            retention: request.retention)
        let known = try store.job(description.id)
        try requireFreeOutput(request, known, store)

        var analysis: AudioAnalysis?
        if let known {
            description.frameCount = known.description.frameCount
        } else {
            let heard = try analyze(
                source.bytes, recipe, scene, request.frameRate, store, isCancelled, progress)
            description.frameCount = heard.frameCount
            analysis = heard
        }
        let audio = try source.keep(in: request.project, of: store)
        let job = try store.submit(description)
        let render = try RenderJob(store, job, recipe, audio)
        render.analysis.withLock { $0 = analysis }
        return render
    }

    /// Takes up a job that was submitted before, by this or another process.
    ///
    /// - Throws: ``AssetError/Code/invalidArgument`` when the job is no render,
    ///   ``AssetError/Code/inputMissing`` when it or its audio is gone.
    public convenience init(_ id: JobID, in store: Store) throws {
        guard let job = try store.job(id) else {
            throw AssetError(.inputMissing, "there is no job \(id); “assetctl jobs” lists them")
        }
        guard job.description.kind == "render" else {
            throw AssetError(
                .invalidArgument, "job \(id) is a \(job.description.kind), not a render")
        }
        let recipe = try decodeJSON(Recipe.self, job.description.recipe, of: id)
        let audio = try AudioSource.kept(
            recipe.audio, byteCount: recipe.audioByteCount, in: job.description.project, of: store)
        guard let audio else {
            throw AssetError(
                .inputMissing,
                "the audio of job \(id) is no longer in the store; render again from the file")
        }
        try self.init(store, job, recipe, audio)
    }

    private init(
        _ store: Store, _ job: Job, _ recipe: Recipe, _ audio: AssetReader
    ) throws {
        self.store = store
        self.recipe = recipe
        self.audio = audio
        id = job.id
        frameCount = job.description.frameCount
        project = job.description.project
        retention = job.description.retention
        submission = try decodeJSON(Submission.self, job.description.submission, of: job.id)
        frameRate = try FrameRate(parsing: recipe.frameRate)
        guard frameCount > 0, recipe.segmentFrameCount > 0 else {
            throw AssetError(
                .damaged, "job \(job.id) has no frames to render; remove it and render again")
        }
        guard recipe.pipeline == Recipe.pipelineVersion, recipe.renderer == FrameRenderer.version,
            try recipe.libraries == Recipe.libraryVersions
                && recipe.fingerprint == Fingerprint.value()
        else {
            throw AssetError(
                .unsupportedFormat,
                "job \(job.id) was begun with other versions of the program or its libraries, "
                    + "whose frames would differ; render again")
        }
    }

    /// Renders what is missing, encodes it, keeps the video as an asset, publishes it, and gives
    /// the disk blocks of what is needed no more back.
    ///
    /// - Parameters:
    ///   - workerCount: threads that draw and encode; `nil` for one per processor.
    ///   - isCancelled: asked often; once it says true, what is in flight is finished and
    ///     committed, and ``AssetError/Code/cancelled`` thrown. The job can be resumed.
    ///   - progress: told how far it is, from any thread.
    /// - Throws: ``AssetError/Code/diskFull`` and ``AssetError/Code/quotaExceeded`` leave the job
    ///   to be resumed; other errors of the work mark it as failed, and it can be run again.
    public func run(
        workerCount: Int? = nil, isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (RenderProgress) -> Void = { _ in }
    ) throws -> RenderResult {
        let workers = workerCount ?? availableProcessorCount()
        guard (1...Limits.workerCountMax).contains(workers) else {
            throw AssetError(
                .invalidArgument,
                "\(workers) workers are not possible; choose 1 to \(Limits.workerCountMax)")
        }
        if let finished = try finishedVideo() {
            return try publish(finished, rendered: 0, encoded: 0)
        }
        let lease = try store.start(id)
        let outcome: RenderPipeline.Outcome
        let video: Asset
        do {
            let pipeline = try RenderPipeline(
                self, lease, isCancelled: isCancelled, progress: progress)
            outcome = try pipeline.run(workerCount: workers)
            var atPublishing = outcome.progress
            atPublishing.phase = .publish
            progress(atPublishing)
            video = try assemble(lease, pipeline.plan, isCancelled)
        } catch {
            endAttempt(lease, after: error)
            throw error
        }
        let result = try publish(
            video, rendered: outcome.renderedFrameCount, encoded: outcome.encodedSegmentCount)
        try giveBlocksBack()
        return result
    }

    /// Gives the disk blocks of the frames and segments back that are needed no more.
    private func giveBlocksBack() throws {
        do {
            _ = try store.reclaim()
        } catch let error as AssetError where error.code == .busy {
            // Another process is at it.
        }
    }

    /// What the frames hear.
    func audioAnalysis(
        _ isCancelled: @escaping @Sendable () -> Bool,
        _ progress: @escaping @Sendable (RenderProgress) -> Void
    ) throws -> AudioAnalysis {
        try analysis.withLock { analysis in
            if let analysis { return analysis }
            let made = try Self.analyze(
                audio, recipe, scene(), frameRate, store, isCancelled, progress)
            guard made.frameCount == frameCount else {
                throw AssetError(
                    .damaged,
                    "the audio of job \(id) gave \(frameCount) frames when it was submitted and "
                        + "\(made.frameCount) now; render again")
            }
            analysis = made
            return made
        }
    }

    func scene() throws -> Scene { try Scene(json: Array(recipe.scene.utf8)) }

    private static func analyze(
        _ bytes: any RandomAccessBytes, _ recipe: Recipe, _ scene: Scene, _ frameRate: FrameRate,
        _ store: Store, _ isCancelled: @escaping @Sendable () -> Bool,
        _ progress: @escaping @Sendable (RenderProgress) -> Void
    ) throws -> AudioAnalysis {
        progress(RenderProgress(.analyze, frameCount: 0))
        let decoder = try AudioDecoder(bytes, from: recipe.from, to: recipe.to, mono: true)
        let builder = try AudioAnalysis.Builder(
            scene.analysis, sampleRate: decoder.sampleRate, frameRate: frameRate,
            directory: store.path)
        while try decoder.next({ try builder.append($0) }) != nil {
            if isCancelled() { throw AssetError(.cancelled, "interrupted while listening") }
        }
        let analysis = try builder.finish()
        guard analysis.frameCount > 0 else {
            throw AssetError(
                .inputUnreadable, "\(bytes.subject) has no audio in the range asked for")
        }
        return analysis
    }

    /// Notes why an attempt ended. A job that was cancelled, or taken over, is left as it is.
    private func endAttempt(_ lease: JobLease, after error: any Error) {
        defer { lease.abandon() }
        let reason = error as? AssetError
        // The caller is told `error`. Where even the note fails, as on a full disk, the job stays
        // `processing` without a worker, and is found and resumed all the same.
        switch reason?.code {
        case .diskFull, .quotaExceeded: try? lease.pause(reason?.message)
        case .cancelled: try? lease.pause(nil)
        case .staleAttempt: break
        default: try? lease.fail(reason?.message ?? "\(error)")
        }
    }
}

extension RenderProgress {
    init(_ phase: Phase, frameCount: Int) {
        self.init(
            phase: phase, frameCount: frameCount, reusedFrameCount: 0, renderedFrameCount: 0,
            encodedFrameCount: 0, reusedEncodedFrameCount: 0)
    }
}
