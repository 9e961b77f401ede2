// What `render`, `job resume` and `work` share: running a render, showing how far it is, and
// telling what became of it.

internal import AssetStore
internal import Basics
internal import Exporting
internal import Synchronization

/// A render in progress, as the command line shows it. Thread-safe.
final class RenderRun: Sendable {
    private let context: CommandContext
    private let resumeCommand: String
    private let phase = Mutex<RenderProgress.Phase?>(nil)

    /// - Parameter resumeCommand: what to type to go on after an interruption.
    init(_ context: CommandContext, resumeCommand: String) {
        self.context = context
        self.resumeCommand = resumeCommand
    }

    /// Runs a job and prints its result.
    func run(_ job: RenderJob, workerCount: Int?) throws -> ExitStatus {
        let began = steadySeconds()
        let result = try job.run(
            workerCount: workerCount, isCancelled: { [context] in context.interrupt.isRequested },
            progress: report)
        context.progress.finish()
        let seconds = steadySeconds() - began
        try context.result(
            json(result, seconds: seconds), text: text(result, seconds: seconds))
        return .done
    }

    /// Shows how far a render is. Drawing and encoding each count for half of a frame.
    func report(_ progress: RenderProgress) {
        let isNew = phase.withLock { phase in
            defer { phase = progress.phase }
            return phase != progress.phase
        }
        let reused =
            (progress.reusedFrameCount + progress.reusedEncodedFrameCount) / 2
        if isNew {
            switch progress.phase {
            case .analyze: context.progress.begin("listening", total: nil)
            case .render:
                context.progress.begin("rendering", total: progress.frameCount, reused: reused)
            case .publish: context.progress.begin("publishing", total: nil)
            }
        }
        guard progress.phase == .render else { return }
        let drawn = progress.reusedFrameCount + progress.renderedFrameCount
        context.progress.update(done: (drawn + progress.encodedFrameCount) / 2)
    }

    /// Runs `body`; errors after which the same command goes on say so.
    func resumable(_ body: () throws -> ExitStatus) throws -> ExitStatus {
        do {
            return try body()
        } catch let error as AssetError {
            switch error.code {
            case .cancelled where context.interrupt.isRequested:
                throw AssetError(.cancelled, "interrupted; to go on: \(resumeCommand)")
            case .diskFull, .quotaExceeded:
                throw AssetError(
                    error.code, "\(error.message); then go on with: \(resumeCommand)",
                    cause: error)
            default: throw error
            }
        }
    }

    private func json(_ result: RenderResult, seconds: Double) -> JSONValue {
        [
            "job": .string(result.job.description),
            "state": "complete",
            "frames": [
                "total": JSONValue(result.frames.total),
                "rendered": JSONValue(result.frames.rendered),
                "reused": JSONValue(result.frames.reused),
            ],
            "segments": [
                "total": JSONValue(result.segments.total),
                "encoded": JSONValue(result.segments.encoded),
                "reused": JSONValue(result.segments.reused),
            ],
            "output": JSONValue(result.output),
            "asset": .string(result.asset.description),
            "byteCount": JSONValue(result.byteCount),
            "sha256": .string(result.sha256),
            "durationSeconds": .double(result.durationSeconds),
            "seconds": .double((seconds * 1000).rounded() / 1000),
        ]
    }

    private func text(_ result: RenderResult, seconds: Double) -> String {
        let what = result.output ?? "asset \(result.asset)"
        let frames = result.frames
        return """
            \(what): \(frames.total) frames, \(clockText(seconds: result.durationSeconds)), \
            \(ByteSize.format(result.byteCount)); \(frames.rendered) frames rendered, \
            \(frames.reused) reused, in \(clockText(seconds: seconds)); job \(result.job)
            """
    }
}
