// A thread that does steps to a store, and notes each before and after.

internal import AssetStore
internal import Basics
internal import Glibc

/// Somebody who uses a store. Belongs to one thread.
final class Actor {
    private(set) var history: ActorHistory
    private let marks: MarkWriter
    private var leases: [JobID: JobLease] = [:]
    /// Opens the store again.
    private let open: () throws -> Store
    /// Nothing only while it is opened again: after a failed commit, the old one has to go first.
    private var opened: Store?
    /// Where backups are made.
    private let backups: String
    /// Where errors are injected; nothing else may fail.
    private let control: Control?

    init(
        _ history: ActorHistory, _ store: Store, marks: MarkWriter, control: Control?,
        backups: String, reopening open: @escaping () throws -> Store
    ) {
        (self.history, self.opened, self.marks) = (history, store, marks)
        (self.control, self.backups, self.open) = (control, backups, open)
    }

    private func note(_ kind: Mark.Kind, value: UInt64 = 0) throws {
        let mark = Mark(kind, actor: history.actor, step: history.number, value: value)
        try marks.write(mark)
        try history.take(mark)
    }

    /// Finds out what became of the step that the last process was killed at, and goes on.
    func begin() throws {
        try forgiving { try settle() }
        try note(.started)
    }

    private func found() throws -> ActorState {
        try store.read { try ActorState.observe($0)[history.actor] } ?? ActorState()
    }

    private func settle() throws {
        let settlement = try history.settle(try found())
        if history.isUnderWay { try note(.settled, value: settlement.value) }
    }

    /// Does something again that an injected error may have disturbed, and that changes nothing.
    private func forgiving(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as AssetError {
            guard let control, control.actedCount > 0, error.code != .damaged else { throw error }
            control.disarm()
            try body()
        }
    }

    /// Holds what is there against what must be, and closes the store.
    func end() throws {
        try forgiving {
            let found = try found()
            guard found.looksLike(history.state) else {
                throw BrokenPromise(
                    "actor \(history.actor), after step \(history.number):\n"
                        + found.differences(from: history.state))
            }
        }
        leases = [:]
        do { try store.close() } catch let error as AssetError {
            guard let control, control.actedCount > 0 else { throw error }
        }
    }

    /// Does the next step.
    func advance() throws {
        let step = history.step
        let number = history.number
        try note(.begun)
        do {
            try perform(step)
            try note(.done)
        } catch let error as AssetError {
            guard let control, control.actedCount > 0, error.code != .damaged else {
                throw BrokenPromise(
                    "actor \(history.actor), step \(number) (\(step)): "
                        + "\(error.code): \(error.message)")
            }
            control.disarm()
            try note(.failed)
            try recover()
        }
    }

    /// Goes on after an error: with the open store if that works, else opened again.
    private func recover() throws {
        do {
            // Whatever it was, the store must be writable again, or say that it has to be opened.
            if opened == nil { opened = try open() }
            _ = try store.reclaim()
            try settle()
            // A job may have been started although starting it threw.
            if Set(leases.keys) != history.state.workers {
                leases = [:]
                try note(.started)
            }
        } catch let error as AssetError {
            guard history.mix.isAlone, error.code != .damaged else { throw error }
            try reopen()
            if history.isUnderWay { try settle() }
            try note(.started)
        }
    }

    private func reopen() throws {
        leases = [:]
        // After an error, giving up the pack may fail for the same reason.
        do { try store.close() } catch let error as AssetError {
            guard control != nil else { throw error }
        }
        opened = nil
        opened = try open()
    }

    private var store: Store { opened! }

    // MARK: Steps

    private func perform(_ step: Step) throws {
        switch step {
        case .put(let id, let asset, let isPackable, let isStreamed):
            let type = isPackable ? "image/bmp" : "image/png"
            try put(id, asset, type, isStreamed: isStreamed)
        case .rename(let id, let name):
            try expect(try store.updateAsset(id) { $0.name = name } != nil)
        case .remove(let id): try expect(try store.removeAsset(id))
        case .setTitle(let project, let title):
            if history.state.projects[project] == nil {
                _ = try store.createProject(project, ProjectDescription(title: title))
            } else {
                try expect(try store.updateProject(project) { $0.title = title } != nil)
            }
        case .removeProject(let project):
            leases = leases.filter { history.state.jobs[$0.key]?.project != project }
            try expect(try store.removeProject(project))
        case .submit(_, let description): _ = try store.submit(description)
        case .start(let id): leases[id] = try store.start(id)
        case .cancel(let id):
            let state = history.state.jobs[id]?.state
            try expect(try store.cancelJob(id) == (state == .pending || state == .processing))
        case .removeJob(let id): try expect(try store.removeJob(id))
        case .removeFrames(let id): try store.removeFrames(of: id)
        case .reclaim: try maintain { _ = try store.reclaim() }
        case .compact: try maintain { _ = try store.compact(liveShare: 0.9) }
        case .backup: try maintain { try backUp() }
        case .reopen:
            leases = [:]
            try store.close()
            opened = nil
            opened = try open()
        default: try work(step)
        }
    }

    /// A backup holds what the store held.
    private func backUp() throws {
        let path = "\(backups)/backup-\(history.actor)"
        try Files.remove(path)
        _ = try store.backup(to: path)
        let copy = try Store.open(
            at: path, options: StoreOptions(reclaimsInBackground: false))
        let found = try copy.read { try ActorState.observe($0)[history.actor] } ?? ActorState()
        guard found.looksLike(history.state) else {
            throw BrokenPromise("a backup:\n" + found.differences(from: history.state))
        }
        try copy.close()
        try Files.remove(path)
    }

    /// Done by one process at a time: that another does it is fine.
    private func maintain(_ body: () throws -> Void) throws {
        do { try body() } catch let error as AssetError where error.code == .busy { _ = error }
    }

    private func expect(_ isThere: Bool) throws {
        guard isThere else {
            throw BrokenPromise("P1: actor \(history.actor) does not find what it stored")
        }
    }

    private func put(
        _ id: AssetID, _ asset: ActorState.StoredAsset, _ type: String, isStreamed: Bool
    ) throws {
        let description = AssetDescription(
            namespace: .images, project: asset.project, name: asset.name, mediaType: type)
        let bytes = Content.bytes(asset.content)
        if isStreamed {
            _ = try streamed(bytes, description, id).finish()
        } else {
            _ = try store.put(description, bytes, id: id)
        }
    }

    private func streamed(
        _ bytes: [UInt8], _ description: AssetDescription, _ id: AssetID
    ) throws -> AssetWriter {
        var writer = try store.makeWriter(for: description, id: id)
        let middle = bytes.count / 3
        unsafe try writer.write(bytes.span.bytes.extracting(..<middle))
        unsafe try writer.write(bytes.span.bytes.extracting(middle...))
        return writer
    }

    private func work(_ step: Step) throws {
        switch step {
        case .frames(let id, let frames): try append(frames, try lease(id))
        case .segment(let id, let index, let content):
            let bytes = Content.bytes(content)
            unsafe try lease(id).putSegment(track: 0, index: index, bytes.span.bytes)
        case .complete(let id, let output, let keepingFrames):
            let lease = try lease(id)
            if let output {
                let description = AssetDescription(
                    namespace: .videos, project: lease.project, name: "output",
                    mediaType: "video/mp4")
                let writer = try streamed(Content.bytes(output.content), description, output.id)
                _ = try lease.complete(output: writer, keepingFrames: keepingFrames)
            } else {
                try lease.complete(keepingFrames: keepingFrames)
            }
            leases[id] = nil
        case .fail(let id):
            try lease(id).fail("no")
            leases[id] = nil
        case .pause(let id):
            try lease(id).pause(nil)
            leases[id] = nil
        default: break
        }
    }

    private func append(_ frames: [(index: Int, content: Int)], _ lease: JobLease) throws {
        let writer = FrameWriter(lease)
        let (marks, actor, number) = (marks, history.actor, history.number)
        // Also when it fails: a frame that was acknowledged is so.
        defer { try? noteFrames() }
        do {
            for (place, frame) in frames.enumerated() {
                let bytes = Content.bytes(frame.content)
                unsafe try writer.append(
                    frame.index, FrameFacts(codec: 1, width: 2, height: 2), bytes.span.bytes
                ) { [acknowledged] in
                    try? marks.write(
                        Mark(.frame, actor: actor, step: number, value: UInt64(place)))
                    acknowledged.withLock { _ = $0.insert(place) }
                }
            }
        } catch {
            // Those before the one that failed are still on their way.
            try? writer.flush()
            throw error
        }
        try writer.flush()
    }

    /// Frames of the step that were acknowledged, by other threads.
    private let acknowledged = Lock<Set<Int>>([])

    private func noteFrames() throws {
        for place in acknowledged.take([]) {
            let mark = Mark(
                .frame, actor: history.actor, step: history.number, value: UInt64(place))
            try history.take(mark)
        }
    }

    private func lease(_ id: JobID) throws -> JobLease {
        guard let lease = leases[id] else { throw Trouble("nobody works on job \(id)") }
        return lease
    }
}
