// Holding a moment of a store against its model.

package import AssetStore
internal import Basics

/// What of a store is not as the model says; empty when all is.
package struct ModelComparison {
    private let model: ModelStore
    private(set) var differences: [String] = []

    package init(_ model: ModelStore) { self.model = model }

    private mutating func require(_ condition: Bool, _ difference: @autoclosure () -> String) {
        if !condition { differences.append(difference()) }
    }

    private mutating func equal<Value: Equatable>(
        _ stored: Value, _ expected: Value, _ what: @autoclosure () -> String
    ) {
        require(stored == expected, "\(what()): \(stored), expected \(expected)")
    }

    /// Compares everything that a snapshot tells; with `readingBytes`, also every byte.
    package mutating func compare(_ snapshot: borrowing Snapshot, readingBytes: Bool = true) throws
    {
        try compareProjects(snapshot)
        try compareAssets(snapshot, readingBytes)
        try compareJobs(snapshot, readingBytes)
    }

    /// Compares the counters of the whole store.
    package mutating func compare(_ statistics: StoreStatistics) {
        equal(statistics.quota, model.quota, "quota")
        equal(statistics.assetCount, model.assets.count, "assets")
        equal(statistics.jobCount, model.jobs.count, "jobs")
        equal(statistics.namespaces, model.usage(), "usage of the store")
        for project in statistics.projects {
            equal(project.namespaces, model.usage(of: project.name), "usage of \(project.name)")
        }
        equal(Set(statistics.projects.map(\.name)), Set(model.projects.keys), "projects")
    }

    private mutating func compareProjects(_ snapshot: borrowing Snapshot) throws {
        var names: [String] = []
        var found: [AssetStore.Project] = []
        try snapshot.forEachProject {
            found.append($0)
            return true
        }
        for project in found {
            let name = project.name
            names.append(name)
            guard let expected = model.projects[name] else { continue }
            equal(project.description, expected.description, "project \(name)")
            equal(project.usage, model.usage(of: name), "usage of \(name)")
            var scenes: [ProjectScene] = []
            try snapshot.forEachScene(of: name) {
                scenes.append($0)
                return true
            }
            equal(
                scenes,
                expected.scenes.values.sorted { ($0.index, $0.id) < ($1.index, $1.id) },
                "scenes of \(name)")
            var checkpoints: [Int: CheckpointDescription] = [:]
            try snapshot.forEachCheckpoint(of: name) {
                checkpoints[$0.number] = $0.description
                return true
            }
            equal(checkpoints, expected.checkpoints, "checkpoints of \(name)")
        }
        equal(
            names, model.projects.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
            "projects")
    }

    private mutating func compareAssets(
        _ snapshot: borrowing Snapshot, _ readingBytes: Bool
    ) throws {
        var ids: [AssetID] = []
        var byProject: [String: [AssetStore.Asset]] = [:]
        try snapshot.forEachAsset {
            ids.append($0.id)
            byProject[$0.project, default: []].append($0)
            return true
        }
        equal(ids, model.assets.keys.sorted(), "assets")
        for (project, assets) in byProject {
            for asset in assets {
                guard let expected = model.assets[asset.id] else { continue }
                try compare(asset, expected, snapshot, readingBytes)
            }
            var listed: [AssetStore.Asset] = []
            try snapshot.forEachAsset(project: project) {
                listed.append($0)
                return true
            }
            let sorted = assets.sorted {
                ($0.namespace.rawValue, $0.id) < ($1.namespace.rawValue, $1.id)
            }
            equal(listed, sorted, "listing of \(project)")
            for name in Set(assets.map(\.description.name)) where !name.isEmpty {
                equal(
                    try snapshot.assets(project: project, named: name),
                    assets.filter { $0.description.name == name }, "\(project)'s “\(name)”")
            }
        }
        require(
            try snapshot.asset(AssetID(high: 1, low: 1)) == nil, "an asset that never was is there")
    }

    private mutating func compare(
        _ asset: AssetStore.Asset, _ expected: ModelStore.Asset, _ snapshot: borrowing Snapshot,
        _ readingBytes: Bool
    ) throws {
        let (id, bytes) = (asset.id, ModelContent.bytes(expected.content))
        equal(asset.description, expected.description, "asset \(id)")
        equal(asset.byteCount, bytes.count, "length of \(id)")
        equal(asset.storedByteCount, expected.storedByteCount, "stored length of \(id)")
        equal(try snapshot.asset(id), asset, "look-up of \(id)")
        guard readingBytes else { return }
        let isEqual = try snapshot.withBytes(of: id) {
            ModelContent.isEqual($0, expected.content)
        }
        equal(isEqual, true, "bytes of \(id)")
        let twin = try snapshot.asset(
            withContent: asset.checksum, byteCount: asset.byteCount, project: asset.project,
            namespace: asset.namespace)
        equal(
            twin.flatMap { model.assets[$0.id]?.content }, expected.content, "content of \(id)")
    }

    private mutating func compareJobs(
        _ snapshot: borrowing Snapshot, _ readingBytes: Bool
    ) throws {
        let jobs = try snapshot.jobs()
        equal(Set(jobs.map(\.id)), Set(model.jobs.keys), "jobs")
        equal(jobs.count, model.jobs.count, "listed jobs")
        for job in jobs {
            guard let expected = model.jobs[job.id] else { continue }
            let id = job.id
            equal(job.description, expected.description, "job \(id)")
            equal(job.state, expected.state, "state of \(id)")
            equal(job.attempt, expected.attempt, "attempt of \(id)")
            equal(job.output, expected.output, "output of \(id)")
            equal(job.crashCount, expected.crashCount, "crashes of \(id)")
            if expected.error == ModelStore.someError {
                require(job.error != nil, "\(id) has no error")
            } else {
                equal(job.error, expected.error, "error of \(id)")
            }
            equal(job.frames.count, expected.frames.count, "frames of \(id)")
            require(
                try snapshot.jobs(state: job.state).contains { $0.id == id },
                "\(id) is not among those that are \(job.state)")
            try compareFrames(of: id, expected, snapshot, readingBytes)
            try compareSegments(of: id, expected, snapshot, readingBytes)
        }
    }

    private mutating func compareFrames(
        of id: JobID, _ expected: ModelStore.Job, _ snapshot: borrowing Snapshot,
        _ readingBytes: Bool
    ) throws {
        var frames: [StoredFrame] = []
        try snapshot.forEachFrame(of: id) {
            frames.append($0)
            return true
        }
        equal(frames.map(\.index), expected.frames.keys.sorted(), "frames of \(id)")
        for frame in frames {
            guard let content = expected.frames[frame.index] else { continue }
            equal(
                frame.byteCount, ModelContent.bytes(content).count,
                "length of frame \(frame.index) of \(id)")
            guard readingBytes else { continue }
            let isEqual = try snapshot.withFrame(frame.index, of: id) { _, bytes in
                ModelContent.isEqual(bytes, content)
            }
            equal(isEqual, true, "bytes of frame \(frame.index) of \(id)")
        }
        let missing = try snapshot.missingFrames(of: id, count: 60).flatMap { Array($0) }
        equal(missing, (0..<60).filter { expected.frames[$0] == nil }, "missing frames of \(id)")
    }

    private mutating func compareSegments(
        of id: JobID, _ expected: ModelStore.Job, _ snapshot: borrowing Snapshot,
        _ readingBytes: Bool
    ) throws {
        for track in 0..<UInt8(2) {
            let segments = expected.segments.filter { $0.key.track == track }
            equal(
                try snapshot.segmentIndexes(of: id, track: track),
                segments.keys.map(\.index).sorted(), "segments \(track) of \(id)")
            for (key, content) in segments where readingBytes {
                let isEqual = try snapshot.withSegment(track: track, index: key.index, of: id) {
                    ModelContent.isEqual($0, content)
                }
                equal(isEqual, true, "bytes of segment \(track)/\(key.index) of \(id)")
            }
        }
    }
}
