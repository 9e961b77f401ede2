// Counting again what the counters say, and holding each index against what it indexes.

internal import Basics
internal import LMDB

/// A recount of the whole catalog in one snapshot. Reads no payload.
///
/// What belongs to a removed project or job and is still being cleared away counts for nothing but
/// the bytes that it takes.
struct Recount {
    let catalog: Catalog
    var report: VerificationReport
    /// The counters as they should be.
    private(set) var usage: [UsageKey: Usage] = [:]
    private var removed: Set<RemovalKey> = []

    init(catalog: Catalog, report: VerificationReport) {
        self.catalog = catalog
        self.report = report
    }

    mutating func run(in transaction: borrowing some Transaction & ~Copyable) throws {
        try transaction.scan(catalog.removals) { key, _ in
            removed.insert(key)
            return true
        }
        try countProjects(in: transaction)
        try checkScenesAndCheckpoints(in: transaction)
        try countAssets(in: transaction)
        try countContents(in: transaction)
        try countJobs(in: transaction)
        try countFrames(in: transaction)
        try compareUsage(in: transaction)
    }

    func isRemoved(_ project: ProjectNumber) -> Bool {
        removed.contains(RemovalKey(project))
    }

    private mutating func countProjects(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        var stagedCount = 0
        try transaction.scan(catalog.projects) { number, project in
            let key = ProjectNameKey(name: project.name)
            if try transaction.get(catalog.projectsByName, key)?.project != number {
                report.add("project \(project.name)", nil, "its name does not lead to it")
            }
            if project.isStaged {
                stagedCount += 1
                return true
            }
            let status = StatusProjectKey(project.description.status, number)
            if try transaction.get(catalog.projectsByStatus, status) == nil {
                report.add(
                    "project \(project.name)", nil, "the index by status does not list it")
            }
            return true
        }
        let projectCount = try transaction.count(catalog.projects)
        try compareCount(
            of: "the index of projects by name", try transaction.count(catalog.projectsByName),
            with: projectCount)
        try compareCount(
            of: "the index of projects by status",
            try transaction.count(catalog.projectsByStatus), with: projectCount - stagedCount)
    }

    private mutating func countAssets(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        var namedCount = 0
        try transaction.scan(catalog.assets) { id, record in
            report.assetsChecked += 1
            let namespace = record.description.namespace
            guard let content = try transaction.get(catalog.contents, record.content) else {
                report.add(id.description, nil, "the record of its content is gone")
                return true
            }
            if content.byteCount != record.byteCount || content.checksum != record.checksum
                || content.storedByteCount != record.storedByteCount
            {
                report.add(id.description, nil, "its record contradicts that of its content")
            }
            let byProject = ProjectAssetKey(
                project: record.project, namespace: namespace.rawValue, asset: id)
            if try transaction.get(catalog.assetsByProject, byProject) == nil {
                report.add(id.description, nil, "its project does not list it")
            }
            let byContent = ContentAssetKey(checksum: record.checksum, asset: id)
            if try transaction.get(catalog.assetsByContent, byContent) == nil {
                report.add(id.description, nil, "the index by content does not list it")
            }
            if !record.description.name.isEmpty {
                namedCount += 1
                let byName = NameAssetKey(
                    project: record.project, name: record.description.name, asset: id)
                if try transaction.get(catalog.assetsByName, byName) == nil {
                    report.add(id.description, nil, "the index by name does not list it")
                }
            }
            if isRemoved(record.project) { return true }
            if try transaction.get(catalog.projects, record.project) == nil {
                report.add(id.description, nil, "the record of its project is gone")
            }
            add(record.usage, record.project, namespace)
            add(record.usage.unstored, .wholeStore, namespace)
            return true
        }
        let assetCount = try transaction.count(catalog.assets)
        try compareCount(
            of: "the index of assets by project", try transaction.count(catalog.assetsByProject),
            with: assetCount)
        try compareCount(
            of: "the index of assets by content", try transaction.count(catalog.assetsByContent),
            with: assetCount)
        try compareCount(
            of: "the index of assets by name", try transaction.count(catalog.assetsByName),
            with: namedCount)
    }

    private mutating func countContents(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        var partCount = 0
        try transaction.scan(catalog.contents) { id, record in
            let name = "content \(hex(id.high))\(hex(id.low))"
            var found = 0
            let prefix = ContentAssetKey.prefix(record.checksum)
            try transaction.scan(catalog.assetsByContent, prefix: prefix) { key, _ in
                if try transaction.get(catalog.assets, key.asset)?.content == id { found += 1 }
                return true
            }
            if found != record.referenceCount {
                report.add(
                    name, nil, "\(record.referenceCount) assets are said to have it, \(found) do")
            }
            var stored = 0
            for part in 0..<record.partCount {
                guard let location = try catalog.location(of: part, id, in: transaction) else {
                    report.add(name, part, "its record is gone")
                    // A damaged length may claim parts without end.
                    break
                }
                stored += Int(location.storedByteCount)
                if part > 0 { partCount += 1 }
                try requireExtent(location, name, part, in: transaction)
            }
            if stored != record.storedByteCount {
                report.add(
                    name, nil,
                    "its parts have \(stored) stored bytes, not \(record.storedByteCount)")
            }
            add(record.storedUsage, .wholeStore, record.namespace)
            return true
        }
        try compareCount(
            of: "the table of parts", try transaction.count(catalog.parts), with: partCount)
    }

    private mutating func countJobs(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        try transaction.scan(catalog.jobs) { id, record in
            let byState = StateJobKey(state: record.state.rawValue, job: id)
            if try transaction.get(catalog.jobsByState, byState) == nil {
                report.add(id.description, nil, "the index by state does not list it")
            }
            let byProject = ProjectJobKey(project: record.project, job: id)
            if try transaction.get(catalog.jobsByProject, byProject) == nil {
                report.add(id.description, nil, "the index by project does not list it")
            }
            guard let sequence = try transaction.get(catalog.jobFrames, id) else {
                report.add(id.description, nil, "it has no sequence of frames")
                return true
            }
            var frames = Usage()
            try transaction.scan(catalog.frames, prefix: sequence.framesID.keyBytes) { _, frame in
                frames = frames + frame.location.usage(count: 1)
                return true
            }
            var segments = Usage()
            let prefix = sequence.segmentsID.keyBytes
            try transaction.scan(catalog.segments, prefix: prefix) { _, segment in
                segments = segments + segment.location.usage(count: 0)
                return true
            }
            if sequence.frames != frames || sequence.segments != segments {
                report.add(
                    id.description, nil,
                    "its counters say \(sequence.frames.count) frames, there are \(frames.count)")
            }
            if isRemoved(record.project) { return true }
            if try transaction.get(catalog.projects, record.project) == nil {
                report.add(id.description, nil, "the record of its project is gone")
            }
            let jobs = segments + Usage(count: 1)
            add(frames, record.project, .frames)
            add(frames.unstored, .wholeStore, .frames)
            add(jobs, record.project, .jobs)
            add(jobs.unstored, .wholeStore, .jobs)
            return true
        }
        let jobCount = try transaction.count(catalog.jobs)
        try compareCount(
            of: "the index of jobs by state", try transaction.count(catalog.jobsByState),
            with: jobCount)
        try compareCount(
            of: "the table of sequences", try transaction.count(catalog.jobFrames),
            with: jobCount)
    }

    /// Counts what frames and segments take, also those that are being cleared away.
    private mutating func countFrames(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        try transaction.scan(catalog.frames) { key, frame in
            let stored = Usage(storedByteCount: Int(frame.location.storedByteCount))
            add(stored, .wholeStore, .frames)
            try requireExtent(
                frame.location, "a sequence", Int(key.index), in: transaction)
            return true
        }
        try transaction.scan(catalog.segments) { key, segment in
            let stored = Usage(storedByteCount: Int(segment.location.storedByteCount))
            add(stored, .wholeStore, .jobs)
            try requireExtent(
                segment.location, "a sequence", Int(key.index), in: transaction)
            return true
        }
    }

    private mutating func compareUsage(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        usage = usage.filter { $0.value != Usage() }
        var expected = usage
        try transaction.scan(catalog.usage) { key, counted in
            let actual = expected.removeValue(forKey: key) ?? Usage()
            if actual != counted {
                report.add(
                    try counter(key, in: transaction), nil,
                    "it says \(counted), a recount gives \(actual)")
            }
            return true
        }
        for (key, actual) in expected {
            report.add(
                try counter(key, in: transaction), nil,
                "it is not there, a recount gives \(actual)")
        }
    }

    private func counter(
        _ key: UsageKey, in transaction: borrowing some Transaction & ~Copyable
    ) throws(AssetError) -> String {
        let owner =
            key.project == .wholeStore
            ? "the store"
            : "project \(try transaction.get(catalog.projects, key.project)?.name ?? "?")"
        return "\(owner)'s counter of \(key.namespace.name)"
    }

    private mutating func requireExtent(
        _ location: PayloadLocation, _ id: String, _ part: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws {
        if try transaction.get(catalog.extents, location.extent) == nil {
            report.add(id, part, "no range of pack \(location.extent.pack) is held for it")
        }
    }

    mutating func compareCount(of table: String, _ found: Int, with expected: Int) throws {
        if found != expected {
            report.add(table, nil, "it has \(found) entries where \(expected) belong")
        }
    }

    private mutating func add(_ more: Usage, _ scope: ProjectNumber, _ namespace: Namespace) {
        let key = UsageKey(project: scope, namespace: namespace)
        usage[key] = usage[key, default: Usage()] + more
    }
}
