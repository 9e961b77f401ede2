// A store and its model, side by side.

package import AssetStore
internal import Basics
internal import Foundation
internal import TestSupport

/// What was found to be wrong, with all that is needed to see it again.
package struct ModelFailure: Error, CustomStringConvertible {
    package var description: String

    package init(description: String) { self.description = description }
}

/// A store and its model, to which the same is done.
package final class ModelRun {
    package let seed: UInt64
    package let path: String
    package var model: ModelStore
    /// Nothing only while it is opened again: the old one has to go first.
    private var opened: Store?
    /// The number of the next operation.
    package var step: Int
    private var leases: [JobID: JobLease] = [:]
    /// Up to where the change feed was compared.
    package private(set) var token: ChangeToken
    /// What the feed may tell as well: of operations that may have happened.
    private var possibleChanges: Set<Change> = []
    private var latest: [String] = []
    private let options: StoreOptions
    /// Whether other processes use the store, and may be reclaiming when it is to be done.
    private let hasCompany: Bool

    /// - Parameters:
    ///   - token: since when the model's changes count; from now on when it is `nil`.
    ///   - possibleChanges: what the feed may tell as well.
    ///   - hasCompany: whether other processes use the store.
    package init(
        seed: UInt64, path: String, model: ModelStore = ModelStore(), step: Int = 0,
        since token: ChangeToken? = nil, possibleChanges: Set<Change> = [],
        hasCompany: Bool = false
    ) throws {
        self.possibleChanges = possibleChanges
        self.hasCompany = hasCompany
        (self.seed, self.path, self.model, self.step) = (seed, path, model, step)
        options = StoreOptions(reclaimsInBackground: seed % 2 == 0)
        let store = try Store.openOrCreate(at: path, options: options)
        opened = store
        self.token = try token ?? store.changeToken()
        if token == nil { self.model.changes = [] }
    }

    /// Which operation comes at a step depends on nothing but the seed and the model.
    package static func operation(
        seed: UInt64, step: Int, _ model: ModelStore, isSequential: Bool
    ) -> Operation {
        var random = SeededGenerator(seed: seed &* 0x9E37_79B9 &+ UInt64(step) << 24)
        return .random(&random, model, isSequential: isSequential)
    }

    package func nextOperation(isSequential: Bool = false) -> Operation {
        Self.operation(seed: seed, step: step, model, isSequential: isSequential)
    }

    /// Does the next operation to both, and compares what comes of it.
    package func advance(isSequential: Bool = false) throws {
        try advance(by: nextOperation(isSequential: isSequential))
    }

    /// Does an operation to both, and compares what comes of it.
    package func advance(by operation: Operation) throws {
        note("\(step) \(operation)")
        step += 1
        var next = model
        let expected = try next.apply(operation)
        let outcome = try perform(operation)
        if outcome != expected { throw failure("\(outcome), expected \(expected)") }
        model = next
    }

    /// Finds out whether an operation that was cut short has happened: whole or not at all, or as
    /// many frames of it as are stored, each of them whole.
    @discardableResult
    package func settle(_ operation: Operation) throws -> ModelHistory.Last {
        note("(cut short: \(operation))")
        var (applied, last) = (model, ModelHistory.Last.all)
        if case .frames(let job, let frames) = operation {
            let places = try frames.indices.filter { try isStored(frames[$0], of: job) }
            _ = try applied.apply(.frames(job, places.map { frames[$0] }))
            last = .frames(places)
        } else {
            _ = try applied.apply(operation)
        }
        possibleChanges.formUnion(applied.changes.subtracting(model.changes))
        applied.changes = model.changes
        var found: [ModelComparison] = []
        for (candidate, last) in [(applied, last), (model, .nothing)] {
            var comparison = ModelComparison(candidate)
            try store.read { try comparison.compare($0, readingBytes: false) }
            // Snapshots don't tell it.
            let isQuotaRight = try store.estimate().quota == candidate.quota
            if comparison.differences.isEmpty, isQuotaRight {
                model = candidate
                leases = leases.filter { model.workers[$0.key] != nil }
                model.workers = model.workers.filter { leases[$0.key] != nil }
                return last
            }
            found.append(comparison)
        }
        throw failure(
            "neither whole nor not at all; had it happened:\n"
                + found[0].differences.prefix(6).joined(separator: "\n") + "\nhad it not:\n"
                + found[1].differences.prefix(6).joined(separator: "\n"))
    }

    private func isStored(_ frame: (index: Int, content: Int), of job: JobID) throws -> Bool {
        try store.withFrame(frame.index, of: job) { ModelContent.isEqual($1, frame.content) }
            ?? false
    }

    package func note(_ text: String) {
        latest.append(text)
        if latest.count > 25 { latest.removeFirst() }
    }

    package func failure(_ text: String) -> ModelFailure {
        ModelFailure(
            description: "seed \(seed), step \(step): \(text)\nThe last operations:\n"
                + latest.joined(separator: "\n"))
    }

    package var store: Store { opened! }

    /// Closes the store and opens it again; workers go away with it.
    ///
    /// - Parameters:
    ///   - hasFailed: whether closing may say so too.
    ///   - seal: what lets no pack be written to any more, as when it is full.
    package func reopen(
        hasFailed: Bool = false, sealing seal: ((Store) throws -> Void)? = nil
    ) throws {
        note("reopening")
        do {
            try close()
        } catch let error as AssetError where hasFailed {
            note("(closing: \(error.message))")
        }
        opened = nil
        let store = try Store.open(at: path, options: options)
        opened = store
        try seal?(store)
    }

    package func close() throws {
        for lease in leases.values { lease.abandon() }
        leases = [:]
        model.loseWorkers()
        try store.close()
    }

    /// Runs `body` with a snapshot, which is to see the same before and after, whatever happens
    /// meanwhile.
    package func holdingSnapshot(_ body: () throws -> Void) throws {
        note("a snapshot")
        let moment = model
        try store.read { snapshot in
            try body()
            note("looking at the snapshot")
            var comparison = ModelComparison(moment)
            try comparison.compare(snapshot)
            try check(comparison)
        }
    }

    /// Compares everything there is.
    package func compareAll() throws {
        var comparison = ModelComparison(model)
        try store.read { try comparison.compare($0) }
        comparison.compare(try store.statistics())
        try check(comparison)
        try compareChanges()
        let report = try store.verify()
        if !report.isIntact { throw failure("\(report.damaged)") }
        if report.assetsChecked != model.assets.count { throw failure("\(report)") }
    }

    /// A backup is the same store as of now.
    package func compareBackup() throws {
        let copy = "\(path)-\(step)"
        _ = try store.backup(to: copy)
        do {
            let run = try ModelRun(seed: seed, path: copy, model: model, step: step)
            for text in latest { run.note(text) }
            run.note("looking at the backup")
            try run.compareAll()
            try run.close()
        }
        try FileManager.default.removeItem(atPath: copy)
    }

    package func check(_ comparison: ModelComparison) throws {
        if comparison.differences.isEmpty { return }
        throw failure(comparison.differences.prefix(12).joined(separator: "\n"))
    }

    /// The change feed tells what happened since it was last looked at, in pieces of any length.
    private func compareChanges() throws {
        var told: Set<Change> = []
        while true {
            let batch = try store.changes(since: token, countMax: 1 + step % 50)
            if batch.isIncomplete { throw failure("the change feed forgot") }
            told.formUnion(batch.changes)
            token = batch.token
            if !batch.hasMore { break }
        }
        let unexpected = told.subtracting(model.changes).subtracting(possibleChanges)
        let missing = model.changes.subtracting(told)
        if !unexpected.isEmpty || !missing.isEmpty {
            throw failure("changes told: \(unexpected), not told: \(missing)")
        }
        model.changes = []
        possibleChanges = []
    }
}

extension ModelRun {
    /// Does an operation to the store, and says what came of it.
    ///
    /// - Throws: what no operation is expected to throw.
    package func perform(_ operation: Operation) throws -> Outcome {
        do {
            return try attempt(operation) ? .done : .absent
        } catch let error as AssetError {
            let expected: [AssetError.Code] = [
                .quotaExceeded, .alreadyExists, .inputMissing, .busy, .cancelled, .staleAttempt,
            ]
            guard expected.contains(error.code) else { throw error }
            return Outcome(error)
        }
    }

    private func attempt(_ operation: Operation) throws -> Bool {
        switch operation {
        case .createProject(let name, let description):
            try store.createProject(name, description)
        case .updateProject(let name, let description):
            return try store.updateProject(name) { $0 = description } != nil
        case .setProjectQuota(let name, let quota): try store.setQuota(quota, ofProject: name)
        case .setQuota(let quota): try store.setQuota(quota)
        case .removeProject(let name): return try store.removeProject(name)
        case .putScene(let scene, let project): try store.putScene(scene, in: project)
        case .removeScene(let id, let project): return try store.removeScene(id, of: project)
        case .addCheckpoint(let description, let project):
            try store.addCheckpoint(description, to: project)
        case .revert(let project, let number):
            return try store.revertProject(project, to: number) != nil
        case .put(let new): try put(new)
        case .updateAsset(let id, let name, let attributes):
            return try store.updateAsset(id) {
                $0.name = name
                $0.attributes = attributes
            } != nil
        case .removeAsset(let id): return try store.removeAsset(id)
        case .submit(let description): _ = try store.submit(description)
        case .start(let id): leases[id] = try store.start(id)
        case .cancel(let id): return try store.cancelJob(id)
        case .removeJob(let id): return try store.removeJob(id)
        case .removeFrames(let id): try store.removeFrames(of: id)
        case .requeueOrphans(let project, let markingAsError):
            try store.requeueOrphans(ofProject: project, markingAsError: markingAsError)
        case .evict(let project):
            _ = try store.evict(byteCount: .max, EvictionPolicy(project: project))
        case .reclaim: try reclaim()
        case .compact(let liveShare):
            try unlessOthersDo {
                let report = try store.compact(liveShare: liveShare)
                if report.damageCount > 0 { throw failure("\(report)") }
            }
        default: return try work(operation)
        }
        return true
    }

    package func reclaim() throws { try unlessOthersDo { _ = try store.reclaim() } }

    private func unlessOthersDo(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as AssetError where hasCompany && error.code == .busy {
            note("(another process reclaims)")
        }
    }

    private func put(_ new: Operation.NewAsset) throws {
        let bytes = ModelContent.bytes(new.content)
        if new.isStreamed {
            _ = try writer(of: new).finish()
        } else {
            _ = unsafe try store.put(new.description, bytes.span.bytes, id: new.id)
        }
    }

    private func writer(of new: Operation.NewAsset) throws -> AssetWriter {
        let bytes = ModelContent.bytes(new.content)
        var writer = try store.makeWriter(for: new.description, id: new.id)
        let middle = bytes.count / 3
        unsafe try writer.write(bytes.span.bytes.extracting(..<middle))
        unsafe try writer.write(bytes.span.bytes.extracting(middle...))
        return writer
    }

    private func work(_ operation: Operation) throws -> Bool {
        switch operation {
        case .frames(let id, let frames):
            guard let lease = leases[id] else { return false }
            let writer = FrameWriter(lease)
            // With a quota it matters which frames are replaced already when others come.
            let isCareful = model.hasQuota(lease.project)
            do {
                for (index, content) in frames {
                    let bytes = ModelContent.bytes(content)
                    unsafe try writer.append(
                        index, FrameFacts(codec: 1, width: 2, height: 2), bytes.span.bytes)
                    if isCareful { try writer.flush() }
                }
            } catch {
                // Those before the one that failed are still on their way.
                try? writer.flush()
                throw error
            }
            try writer.flush()
        case .segment(let id, let track, let index, let content):
            guard let lease = leases[id] else { return false }
            let bytes = ModelContent.bytes(content)
            unsafe try lease.putSegment(track: track, index: index, bytes.span.bytes)
        case .fail(let id, let message):
            guard let lease = leases[id] else { return false }
            try lease.fail(message)
            leases[id] = nil
        case .pause(let id, let reason):
            guard let lease = leases[id] else { return false }
            try lease.pause(reason)
            leases[id] = nil
        case .complete(let id, let output, let keepingFrames):
            guard let lease = leases[id] else { return false }
            if let output {
                _ = try lease.complete(output: writer(of: output), keepingFrames: keepingFrames)
            } else {
                try lease.complete(keepingFrames: keepingFrames)
            }
            leases[id] = nil
        case .abandon(let id):
            guard let lease = leases.removeValue(forKey: id) else { return false }
            lease.abandon()
        default: break
        }
        return true
    }
}
