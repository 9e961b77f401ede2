// assetctl work: does the jobs that wait.

internal import AssetStore
internal import Basics
internal import Exporting
internal import Glibc

struct WorkCommand: Subcommand {
    static let name = "work"
    static let summary = "runs queued jobs, and those whose worker died"
    static let help = """
        usage: assetctl work [--once] [--workers <count>]

          --once              end when no job waits, instead of waiting for more
          --workers <count>   threads per job; default one per processor

        example: assetctl work --once
        """
    static let finishesWhenInterrupted = true

    private let once: Bool
    private let workers: Int?

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        once = try arguments.flag("once")
        workers = try arguments.integer("workers", in: 1...Limits.workerCountMax)
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        let run = RenderRun(context, resumeCommand: context.commandLine)
        return try run.resumable {
            try context.withStore { store in
                var status = ExitStatus.done
                var failed: Set<JobID> = []
                while true {
                    try context.interrupt.check()
                    for id in try store.requeueOrphans().failed {
                        context.console.complain(
                            "job \(id) is given up: \(try store.job(id)?.error ?? "it is gone"); "
                                + "“assetctl job resume \(id)” tries again")
                        status = .failed
                    }
                    if let job = try nextJob(in: store, except: failed) {
                        if try !work(on: job, in: store, run, context) {
                            failed.insert(job.id)
                            status = .failed
                        }
                    } else if once {
                        return status
                    } else {
                        // Another process may submit one; asking costs microseconds.
                        usleep(500_000)
                    }
                }
            }
        }
    }

    /// Runs one job; says whether it may be tried again, which is not so once it has failed.
    ///
    /// - Throws: what ends all work: an interrupt, a full disk, a full quota.
    private func work(
        on job: Job, in store: Store, _ run: RenderRun, _ context: CommandContext
    ) throws -> Bool {
        do {
            _ = try run.run(RenderJob(job.id, in: store), workerCount: workers)
            return true
        } catch let error as AssetError {
            switch error.code {
            case .diskFull, .quotaExceeded: throw error
            case .cancelled where context.interrupt.isRequested: throw error
            // Someone else cancelled it, or was faster.
            case .cancelled, .busy, .staleAttempt: return true
            default:
                context.console.complain("job \(job.id): \(error.message)")
                return false
            }
        }
    }

    /// The oldest render that waits.
    private func nextJob(in store: Store, except failed: Set<JobID>) throws -> Job? {
        try store.jobs(state: .pending)
            .filter { $0.description.kind == "render" && !failed.contains($0.id) }
            .min { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }
}
