// What operations do to the model.

internal import AssetStore
internal import Basics

extension ModelStore {
    /// Does what the store is to do, and says what is to come of it.
    package mutating func apply(_ operation: Operation) throws -> Outcome {
        switch operation {
        case .createProject(let name, let description):
            if projects[name] != nil { return .refused(.alreadyExists) }
            projects[name] = Project(description: description)
            note(.put, .project(name))
        case .updateProject(let name, let description):
            if projects[name] == nil { return .absent }
            projects[name]?.description = description
            note(.updated, .project(name))
        case .setProjectQuota(let name, let quota):
            require(name)
            projects[name]?.description.quota = quota
            note(.updated, .project(name))
        case .setQuota(let quota):
            self.quota = quota
        case .removeProject(let name):
            guard projects.removeValue(forKey: name) != nil else { return .absent }
            for (id, asset) in assets where asset.description.project == name { forget(id) }
            jobs = jobs.filter { $0.value.description.project != name }
            note(.removed, .project(name))
        case .putScene, .removeScene, .addCheckpoint, .revert:
            return applyToParts(operation)
        case .put(let new):
            return try put(new)
        case .updateAsset(let id, let name, let attributes):
            guard assets[id] != nil else { return .absent }
            assets[id]?.description.name = name
            assets[id]?.description.attributes = attributes
            note(.updated, .asset(id))
        case .removeAsset(let id):
            guard assets[id] != nil else { return .absent }
            forget(id)
            note(.removed, .asset(id))
        case .reclaim, .compact: break
        default: return try applyToJobs(operation)
        }
        return .done
    }

    private mutating func applyToParts(_ operation: Operation) -> Outcome {
        switch operation {
        case .putScene(let scene, let project):
            guard projects[project] != nil else { return .refused(.inputMissing) }
            projects[project]?.scenes[scene.id] = scene
            note(.updated, .project(project))
        case .removeScene(let id, let project):
            guard projects[project]?.scenes.removeValue(forKey: id) != nil else { return .absent }
            note(.updated, .project(project))
        case .addCheckpoint(let description, let name):
            guard var project = projects[name] else { return .refused(.inputMissing) }
            if project.description.status == .cancelled { return .refused(.cancelled) }
            if project.description.status == .idle { project.description.status = .inProgress }
            project.description.stage = description.stage
            project.description.percent = description.percent ?? project.description.percent
            project.checkpointSequence += 1
            var checkpoint = description
            checkpoint.percent = project.description.percent
            project.checkpoints[project.checkpointSequence] = checkpoint
            projects[name] = project
            note(.updated, .project(name))
        case .revert(let name, let number):
            let isWorkedOn = jobs.contains { id, job in
                job.state == .processing && job.description.project == name && workers[id] != nil
            }
            if isWorkedOn { return .refused(.busy) }
            guard var project = projects[name], let target = project.checkpoints[number] else {
                return .absent
            }
            project.checkpoints = project.checkpoints.filter { $0.key <= number }
            project.description.status = .inProgress
            project.description.error = nil
            project.description.stage = target.stage
            project.description.percent = target.percent
            projects[name] = project
            note(.updated, .project(name))
        default: break
        }
        return .done
    }

    private mutating func put(
        _ new: Operation.NewAsset, unless refusal: Outcome? = nil
    ) throws -> Outcome {
        let (project, present) = (new.description.project, contents[new.content])
        let isPackable = new.description.mediaType == "image/bmp"
        let parts = try ModelContent.storedParts(new.content, isPackable: isPackable)
        let stored = present?.storedByteCount ?? parts.reduce(0, +)
        if parts.count > 1 {
            // All at once where the length is known, otherwise part by part, up to the last one,
            // which is not written when its content is there.
            var before = 0
            let reserved =
                if new.isStreamed || isPackable {
                    present == nil ? parts : parts.dropLast()
                } else { [parts.reduce(0, +)] }
            for more in reserved {
                if case .quotaExceeded(let left, _)? = self.refusal(before + more, project) {
                    return .quotaExceeded(left: max(0, left - before), needed: more)
                }
                before += more
            }
        }
        let isStored = present != nil
        if let refused = self.refusal(stored, project, isStored: isStored) { return refused }
        if assets[new.id] != nil { return .refused(.alreadyExists) }
        if let refusal { return refusal }
        require(project)
        contents[
            new.content,
            default: Content(
                namespace: new.description.namespace, storedByteCount: stored, referenceCount: 0)
        ].referenceCount += 1
        assets[new.id] = Asset(
            description: new.description, content: new.content, storedByteCount: stored)
        note(.put, .asset(new.id))
        return .done
    }

    private mutating func applyToJobs(_ operation: Operation) throws -> Outcome {
        switch operation {
        case .submit(let description):
            let id = description.id
            if jobs[id] == nil {
                require(description.project)
                jobs[id] = Job(description: description)
                note(.put, .job(id))
            } else if jobs[id]?.description.submission != description.submission {
                jobs[id]?.description.submission = description.submission
                note(.updated, .job(id))
            }
        case .start(let id):
            if workers[id] != nil { return .refused(.busy) }
            guard var job = jobs[id] else { return .refused(.inputMissing) }
            switch job.state {
            case .processing: job.noteCrash()
            case .pending: break
            default: job.crashCount = 0
            }
            job.progressAtStart = job.progress
            job.attempt += 1
            (job.state, job.error, job.output) = (.processing, nil, nil)
            workers[id] = Worker(attempt: job.attempt, project: job.description.project)
            jobs[id] = job
            note(.updated, .job(id))
        case .cancel(let id):
            guard let job = jobs[id] else { return .refused(.inputMissing) }
            guard job.state == .pending || job.state == .processing else { return .absent }
            jobs[id]?.state = .cancelled
            note(.updated, .job(id))
        case .removeJob(let id):
            if workers[id] != nil { return .refused(.busy) }
            guard jobs.removeValue(forKey: id) != nil else { return .absent }
            note(.removed, .job(id))
        case .removeFrames(let id):
            if workers[id] != nil { return .refused(.busy) }
            guard jobs[id] != nil else { return .refused(.inputMissing) }
            dropFrames(of: id)
        case .requeueOrphans(let project, let markingAsError):
            for (id, var job) in jobs where job.state == .processing && workers[id] == nil {
                guard project == nil || job.description.project == project else { continue }
                job.noteCrash()
                let isError = markingAsError || job.crashCount >= Limits.crashCountMax
                (job.state, job.error) = (isError ? .error : .pending, Self.someError)
                jobs[id] = job
                note(.updated, .job(id))
            }
        case .evict(let project):
            for id in evictable(project) { dropFrames(of: id) }
        default: return try applyToWork(operation)
        }
        return .done
    }

    /// What workers do; each needs to be the job's worker still.
    private mutating func applyToWork(_ operation: Operation) throws -> Outcome {
        switch operation {
        case .frames(let id, let frames):
            guard let worker = workers[id] else { return .absent }
            for (index, content) in frames {
                if let refused = refusalOfPayload(content, worker) { return refused }
                if let refused = fence(id, worker) { return refused }
                jobs[id]?.frames[index] = content
                note(.updated, .frames(id))
            }
        case .segment(let id, let track, let index, let content):
            guard let worker = workers[id] else { return .absent }
            let refusal = refusalOfPayload(content, worker) ?? fence(id, worker)
            if let refusal { return refusal }
            jobs[id]?.segments[SegmentKey(track: track, index: index)] = content
        case .fail(let id, let message):
            return end(id, .error, message)
        case .pause(let id, let reason):
            return end(id, .pending, reason)
        case .complete(let id, let output, let keepingFrames):
            guard let worker = workers[id] else { return .absent }
            let refusal = fence(id, worker)
            if let output {
                let outcome = try put(output, unless: refusal)
                guard outcome == .done else { return outcome }
            } else if let refusal {
                return refusal
            }
            jobs[id]?.state = .complete
            jobs[id]?.output = output?.id
            jobs[id]?.segments = [:]
            if !keepingFrames { dropFrames(of: id) }
            workers[id] = nil
            note(.updated, .job(id))
        case .abandon(let id):
            guard workers.removeValue(forKey: id) != nil else { return .absent }
        default: break
        }
        return .done
    }

    private mutating func end(_ id: JobID, _ state: JobState, _ error: String?) -> Outcome {
        guard let worker = workers[id] else { return .absent }
        if let refused = fence(id, worker) { return refused }
        jobs[id]?.state = state
        jobs[id]?.error = error
        workers[id] = nil
        note(.updated, .job(id))
        return .done
    }

    private func fence(_ id: JobID, _ worker: Worker) -> Outcome? {
        guard let job = jobs[id], job.state != .cancelled else { return .refused(.cancelled) }
        let isIts = job.attempt == worker.attempt && job.state == .processing
        return isIts ? nil : .refused(.staleAttempt)
    }

    private func refusalOfPayload(_ content: Int, _ worker: Worker) -> Outcome? {
        refusal(ModelContent.bytes(content).count, worker.project)
    }

    private mutating func dropFrames(of id: JobID) {
        guard jobs[id]?.frames.isEmpty == false else { return }
        jobs[id]?.frames = [:]
        note(.removed, .frames(id))
    }

    /// Makes a project that is not there.
    private mutating func require(_ project: String) {
        if projects[project] != nil { return }
        projects[project] = Project()
        note(.put, .project(project))
    }

    private mutating func forget(_ id: AssetID) {
        guard let content = assets.removeValue(forKey: id)?.content else { return }
        contents[content]?.referenceCount -= 1
        if contents[content]?.referenceCount == 0 { contents[content] = nil }
    }

    private mutating func note(_ kind: Change.Kind, _ subject: Change.Subject) {
        changes.insert(Change(kind: kind, subject: subject))
    }
}
