// Finding projects that were interrupted, and what they need to be taken up again.

internal import Basics
internal import LMDB

extension Store {
    /// What is known of a project that is to be taken up again: its newest checkpoint, its jobs, and
    /// whether everything that its scenes and checkpoints refer to is there. `nil` when the project
    /// is not there.
    ///
    /// A job counts as there while it is; if it is complete, what it made has to be there too.
    ///
    /// - Parameters:
    ///   - check: whether to look for what is referred to, or to read it. Reading takes one part of
    ///     memory, and holds no snapshot for longer.
    ///   - progress: called with the bytes read and to be read; return false to stop with
    ///     ``AssetError/Code/cancelled``.
    /// - Complexity: O(scenes + checkpoints + jobs of the project), and O(bytes referred to) for
    ///   ``RecoveryCheck/content``.
    public func recovery(
        ofProject name: String, checking check: RecoveryCheck = .presence,
        progress: (_ bytesChecked: Int, _ byteCount: Int) -> Bool = { _, _ in true }
    ) throws -> ProjectRecovery? {
        let number = try catalog.environment.read { transaction in
            try catalog.project(named: name, in: transaction)
        }
        return try number.flatMap { try recovery(of: $0, check, progress) }
    }

    /// The projects that are in progress, the oldest first: what an app asks for when it starts.
    ///
    /// - Parameters:
    ///   - includingFailed: those that failed too.
    ///   - check: as for ``recovery(ofProject:checking:progress:)``, and so is `progress`, whose
    ///     figures are those of one project after another.
    /// - Complexity: O(such projects, and what they consist of); other projects cost nothing.
    public func incompleteProjects(
        includingFailed: Bool = false, checking check: RecoveryCheck = .presence,
        progress: (_ bytesChecked: Int, _ byteCount: Int) -> Bool = { _, _ in true }
    ) throws -> [ProjectRecovery] {
        var found: [ProjectRecovery] = []
        try forEachIncompleteProject(
            includingFailed: includingFailed, checking: check, progress: progress
        ) {
            found.append($0)
            return true
        }
        return found
    }

    /// Calls `body` with the projects that ``incompleteProjects(includingFailed:checking:progress:)``
    /// would give, until it returns false.
    public func forEachIncompleteProject(
        includingFailed: Bool = false, checking check: RecoveryCheck = .presence,
        progress: (_ bytesChecked: Int, _ byteCount: Int) -> Bool = { _, _ in true },
        _ body: (ProjectRecovery) throws -> Bool
    ) throws {
        for status in [.inProgress] + (includingFailed ? [.failed] : []) as [ProjectStatus] {
            try forEachProject(in: status) { number in
                guard let recovery = try recovery(of: number, check, progress),
                    recovery.project.status == status
                else { return true }
                return try body(recovery)
            }
        }
    }

    /// Calls `body` with the numbers of projects that stand somewhere, the oldest first, without a
    /// snapshot being held meanwhile, until it returns false.
    func forEachProject(
        in status: ProjectStatus, _ body: (ProjectNumber) throws -> Bool
    ) throws {
        var start: [UInt8]?
        while true {
            var page: [StatusProjectKey] = []
            try catalog.environment.read { transaction in
                try transaction.scan(
                    catalog.projectsByStatus, prefix: [status.rawValue], from: start
                ) { key, _ in
                    page.append(key)
                    return page.count < 1024
                }
            }
            for key in page {
                guard try body(key.project) else { return }
            }
            guard let last = page.last else { return }
            start = last.keyBytes + [0]
        }
    }

    private func recovery(
        of number: ProjectNumber, _ check: RecoveryCheck, _ progress: (Int, Int) -> Bool
    ) throws -> ProjectRecovery? {
        guard var recovery = try read({ try $0.unchecked(number) }) else { return nil }
        let byteCount = check == .content ? try byteCount(toCheckFor: number, progress) : 0
        var firstDefective: Int?
        var walk = ReferenceWalk(self, number)
        var references = ReferenceCheck(self, check)
        while case let page = try walk.next(), !page.isEmpty {
            for reference in page {
                recovery.referencesChecked += 1
                let fault = try references.fault(of: reference.target) { count in
                    recovery.bytesChecked += count
                    try Self.stop(unless: progress(recovery.bytesChecked, byteCount))
                }
                guard let fault else { continue }
                recovery.add(ProjectRecovery.Defect(fault, reference))
                if case .checkpoint(let number) = reference.referrer {
                    firstDefective = min(firstDefective ?? number, number)
                }
            }
            try Self.stop(unless: progress(recovery.bytesChecked, byteCount))
        }
        recovery.intactCheckpoint = recovery.checkpoint
        if let firstDefective {
            recovery.intactCheckpoint = try catalog.environment.read { transaction in
                try catalog.checkpoint(of: number, before: firstDefective, in: transaction)
            }
        }
        return recovery
    }

    /// How many bytes a check of contents will read.
    private func byteCount(
        toCheckFor number: ProjectNumber, _ progress: (Int, Int) -> Bool
    ) throws -> Int {
        var byteCount = 0
        var walk = ReferenceWalk(self, number)
        var references = ReferenceCheck(self, .content)
        while case let page = try walk.next(), !page.isEmpty {
            for reference in page {
                byteCount += try references.byteCount(of: reference.target)
            }
            try Self.stop(unless: progress(0, byteCount))
        }
        return byteCount
    }

    private static func stop(unless goesOn: Bool) throws {
        if !goesOn { throw AssetError(.cancelled, "checking a project was interrupted") }
    }
}

extension Snapshot {
    /// What is known of a project without following its references; `nil` when it was removed.
    fileprivate func unchecked(_ number: ProjectNumber) throws -> ProjectRecovery? {
        guard let project = try project(number) else { return nil }
        var recovery = ProjectRecovery(
            project: project,
            checkpoint: try catalog.latestCheckpoint(of: number, in: transaction))
        try transaction.scan(catalog.jobsByProject, prefix: number.keyBytes) { key, _ in
            let id = key.job
            if try isIn(.pending, id) {
                recovery.waitingJobs.append(id)
            } else if try isIn(.processing, id) {
                if try store.isRunning(id) {
                    recovery.runningJobs.append(id)
                } else {
                    recovery.orphanedJobs.append(id)
                }
            }
            return true
        }
        return recovery
    }

    private func isIn(_ state: JobState, _ id: JobID) throws -> Bool {
        let key = StateJobKey(state: state.rawValue, job: id)
        return try transaction.get(catalog.jobsByState, key) != nil
    }
}

extension Catalog {
    /// The newest checkpoint with a number less than `number`; `nil` when there is none.
    fileprivate func checkpoint(
        of project: ProjectNumber, before number: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> Checkpoint? {
        let end = CheckpointKey(project, number)
        guard let found = try transaction.entry(before: end, in: checkpoints),
            found.key.project == project
        else { return nil }
        return found.value.checkpoint(found.key.number)
    }
}

extension ProjectRecovery.Defect {
    fileprivate init(_ fault: ReferenceCheck.Fault, _ reference: ProjectReference) {
        kind = fault.kind
        referrer = reference.referrer
        name = reference.name
        asset = fault.asset
        if case .job(let id) = reference.target { job = id }
        reason = fault.reason
    }
}
