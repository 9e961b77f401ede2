// The second half of salvaging: putting together what belongs together, in a new store.

internal import Basics
internal import LMDB

/// Stores what an index knows of in a new store. Thread-safe.
final class Salvager: Sendable {
    private let store: Store
    private let index: SalvageIndex
    private let reader: PackReader
    private let state: Monitor<State>

    private struct State {
        var report: SalvageReport
        /// The content that was taken last.
        var last: (high: UInt64, low: UInt64)?
        var workingCount = 0
        /// What those take in memory that are being put together.
        var byteCountInMemory = 0
        /// Why everything is to end.
        var failure: (any Error)?
    }

    /// How many contents are put together at once, if they are small: they share commits.
    private static let workerCount = 64
    private static let byteCountInMemoryMax = 48 << 20

    /// - Parameter reader: of the old packs.
    init(store: Store, index: SalvageIndex, reader: PackReader, report: SalvageReport) {
        self.store = store
        self.index = index
        self.reader = reader
        state = Monitor(State(report: report))
    }

    func run(done: Int, _ progress: (Int, Int) -> Bool) throws -> SalvageReport {
        func check() throws {
            let byteCount = state.withLock { $0.report.byteCount }
            guard progress(done + byteCount, max(2 * done, done + byteCount)) else {
                throw AssetError(.cancelled, "salvaging was interrupted; nothing of it is left")
            }
        }
        try salvageContents(check)
        var last: (high: UInt64, low: UInt64)?
        while let sequence = try index.next(.frame, after: last) {
            last = sequence
            try salvageFrames(of: sequence, check)
        }
        return state.withLock { $0.report }
    }

    private func salvageContents(_ check: () throws -> Void) throws {
        var workers: [WorkerThread] = []
        defer { for worker in workers { worker.join() } }
        do {
            for number in 0..<Self.workerCount {
                state.withLock { $0.workingCount += 1 }
                do {
                    workers.append(
                        try WorkerThread(name: "salvager \(number)") { [self] in work() })
                } catch {
                    state.withLock { $0.workingCount -= 1 }
                    throw error
                }
            }
            while true {
                let isDone = state.wait(seconds: 0.1) { $0.workingCount == 0 ? true : nil }
                try check()
                if isDone == true { break }
            }
        } catch {
            state.update { $0.failure = $0.failure ?? error }
        }
        try state.withLock { if let failure = $0.failure { throw failure } }
    }

    /// Puts contents together until there are no more.
    private func work() {
        do {
            while let content = try nextContent() { try salvage(content) }
        } catch {
            state.withLock { $0.failure = $0.failure ?? error }
        }
        state.update { $0.workingCount -= 1 }
    }

    private func nextContent() throws -> ContentID? {
        try state.withLock { state in
            guard state.failure == nil, let next = try index.next(.part, after: state.last) else {
                return nil
            }
            state.last = next
            return ContentID(high: next.high, low: next.low)
        }
    }

    /// Puts a content together and stores it as the asset that its description names.
    private func salvage(_ content: ContentID) throws {
        let described = try index.described(.part, (content.high, content.low))
        guard !described.isEmpty else {
            let count = try index.count(.part, (content.high, content.low))
            return lose(
                content.description, nil,
                "nothing says what its \(count) parts are: it was never finished, or its last part "
                    + "is damaged")
        }
        for record in described {
            guard case .asset(let id, let project, let asset, _) = try description(of: record)
            else {
                lose(content.description, nil, "it is described as something else", isDamage: true)
                continue
            }
            let isStored = try whileInMemory(byteCount: Int(asset.byteCount)) {
                try store(content, id, project, asset)
            }
            if isStored { return }
        }
    }

    /// Runs `body`, which puts an asset together, when there is memory for it.
    private func whileInMemory<Result>(byteCount: Int, _ body: () throws -> Result) rethrows
        -> Result
    {
        // A part as it was stored, as it was given, and as it is stored again.
        let taken = 3 * min(byteCount, Limits.partByteCount)
        state.wait { (state) -> Void? in
            guard
                state.byteCountInMemory == 0
                    || state.byteCountInMemory + taken <= Self.byteCountInMemoryMax
            else { return nil }
            state.byteCountInMemory += taken
            return ()
        }
        defer { state.update { $0.byteCountInMemory -= taken } }
        return try body()
    }

    private func description(of record: SalvageRecord) throws -> RecordDescription? {
        do {
            return try reader.description(of: record.location)
        } catch let error as AssetError where error.code == .damaged {
            return nil
        }
    }

    /// Stores an asset; says whether it could be.
    private func store(
        _ content: ContentID, _ id: AssetID, _ project: String, _ record: Asset.Record
    ) throws -> Bool {
        var description = record.description
        description.project = project
        let partCount =
            (Int(record.byteCount) + Limits.partByteCount - 1) / Limits.partByteCount
        do {
            var writer = try store.makeWriter(for: description, id: id)
            writer.createdAt = record.createdAt
            var hasher = ContentHasher()
            for part in 0..<partCount {
                let owner = RecordOwner(PartKey(content: content, part: UInt32(part)))
                let rest = Int(record.byteCount) - part * Limits.partByteCount
                guard let found = try index.newest(owner),
                    found.location.byteCount == min(Limits.partByteCount, rest)
                else {
                    lose(id.description, part, "the part is not there")
                    return false
                }
                try reader.withPayload(at: found.location, subject: "asset \(id)") { bytes in
                    hasher.update(bytes)
                    try writer.write(bytes)
                }
            }
            guard hasher.value() == record.checksum else {
                lose(id.description, nil, "its parts are not what was stored", isDamage: true)
                return false
            }
            _ = try writer.finish()
        } catch let error as AssetError {
            switch error.code {
            case .alreadyExists: state.withLock { $0.report.duplicateCount += 1 }
            case .invalidArgument, .damaged:
                lose(id.description, nil, error.message, isDamage: true)
            default: throw error
            }
            return false
        }
        state.withLock { state in
            state.report.assetCount += 1
            state.report.byteCount += Int(record.byteCount)
        }
        return true
    }

    private func lose(
        _ id: String, _ part: Int?, _ reason: String, isDamage: Bool = false
    ) {
        state.withLock { state in
            if isDamage {
                state.report.damagedCount += 1
            } else {
                state.report.incompleteCount += 1
            }
            state.report.addLoss(id, part, reason)
        }
    }
}

extension Salvager {
    /// Stores the frames of a sequence under the job that they name.
    private func salvageFrames(
        of sequence: (high: UInt64, low: UInt64), _ check: () throws -> Void
    ) throws {
        var job: SalvagedJob?
        try index.forEachNewest(.frame, sequence) { record in
            try check()
            let index = Int(clamping: record.owner.index)
            guard record.location.descriptionByteCount > 0,
                case .frame(let id, let facts, let project) = try description(of: record)
            else {
                return lose(record.owner.name, index, "nothing says whose frame it is")
            }
            do {
                if job?.id != id || job?.project != project {
                    try job?.finish()
                    job = nil
                    job = try SalvagedJob(id, project: project, in: store)
                }
                try reader.withPayload(at: record.location, subject: "frame \(index)") { bytes in
                    try job?.append(index, facts, bytes)
                }
                state.withLock { state in
                    state.report.frameCount += 1
                    state.report.byteCount += Int(record.location.byteCount)
                }
            } catch let error as AssetError
                where error.code == .invalidArgument || error.code == .damaged
            {
                lose(id.description, index, error.message, isDamage: true)
            }
        }
        try job?.finish()
    }
}

/// A job of the new store to which frames are given back.
private final class SalvagedJob {
    let id: JobID
    let project: String
    private let lease: JobLease
    private let frames: FrameWriter
    private var end = 0

    /// Makes the job if it is not there, and takes it.
    init(_ id: JobID, project: String, in store: Store) throws {
        try store.enterSalvaged(id, project: project)
        self.id = id
        self.project = project
        lease = try store.start(id)
        frames = FrameWriter(lease)
    }

    func append(_ index: Int, _ facts: FrameFacts, _ bytes: RawSpan) throws {
        guard index < Limits.frameCountMax else {
            throw AssetError(.invalidArgument, "a job has no frame \(index)")
        }
        try frames.append(index, facts, bytes)
        end = max(end, index + 1)
    }

    /// Waits until all frames are durable, and gives the job up.
    func finish() throws {
        try frames.flush()
        try lease.pauseSalvaged(frameCount: end)
    }
}

extension Store {
    /// Makes a job that holds salvaged frames, unless it is there.
    fileprivate func enterSalvaged(_ id: JobID, project name: String) throws {
        try validateProject(name)
        let (framesID, segmentsID) = (assetIDs.nextSequence(), assetIDs.nextSequence())
        try committer.commit { [catalog] transaction, changes in
            guard try changes.job(id, in: transaction) == nil else { return }
            let project = try changes.project(named: name, in: transaction)
            let description = JobDescription(
                project: name, kind: JobDescription.salvagedKind, recipe: "{}", submission: "{}",
                frameCount: 0)
            try catalog.put(
                id, Job.Record(description, project: project), replacing: nil, in: transaction,
                changes)
            try transaction.put(
                catalog.jobsByProject, ProjectJobKey(project: project, job: id), Presence())
            try changes.setSequence(
                of: id,
                SequenceRecord(project: project, framesID: framesID, segmentsID: segmentsID),
                in: transaction)
            try changes.countBoth(Usage(count: 1), project, .jobs, in: transaction)
        }
    }
}

extension JobLease {
    /// Ends the attempt: the job waits for the same work to be submitted again.
    fileprivate func pauseSalvaged(frameCount: Int) throws {
        let catalog = store.catalog
        try store.committer.commit { [self] transaction, changes in
            var record = try fence(transaction, changes)
            record.state = .pending
            record.error = "its frames were salvaged; submit the same work again to go on with them"
            record.description.frameCount = max(record.description.frameCount, frameCount)
            try catalog.put(job, record, replacing: .processing, in: transaction, changes)
        }
        abandon()
    }
}
