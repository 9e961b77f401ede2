// Counting again what the counters say, and holding each index against what it indexes.

internal import Basics
internal import LMDB

/// A recount of the whole catalog in one snapshot. Reads no payload.
struct Recount {
    let catalog: Catalog
    var report: VerificationReport
    private var usage: [UsageKey: Usage] = [:]

    init(catalog: Catalog, report: VerificationReport) {
        self.catalog = catalog
        self.report = report
    }

    mutating func run(in transaction: borrowing ReadTransaction) throws {
        try countAssets(in: transaction)
        try countJobs(in: transaction)
        try compareUsage(in: transaction)
        try compareCount(
            of: "the index of assets by project", try transaction.count(catalog.assetsByProject),
            with: try transaction.count(catalog.assets))
        try compareCount(
            of: "the index of assets by content", try transaction.count(catalog.assetsByContent),
            with: try transaction.count(catalog.assets))
        try compareCount(
            of: "the index of jobs by state", try transaction.count(catalog.jobsByState),
            with: try transaction.count(catalog.jobs))
        try compareCount(
            of: "the index of jobs by project", try transaction.count(catalog.jobsByProject),
            with: try transaction.count(catalog.jobs))
    }

    private mutating func countAssets(in transaction: borrowing ReadTransaction) throws {
        var partCount = 0
        try transaction.scan(catalog.assets) { id, record in
            let asset = record.asset(id)
            report.assetsChecked += 1
            var stored = 0
            for part in 0..<asset.partCount {
                let key = PartKey(asset: id, part: UInt32(part))
                guard let location = try transaction.get(catalog.parts, key)?.location else {
                    report.add(id.description, part, "its record is gone")
                    continue
                }
                stored += Int(location.storedByteCount)
                try requireExtent(location, id.description, part, in: transaction)
            }
            partCount += asset.partCount
            if stored != asset.storedByteCount {
                report.add(
                    id.description, nil,
                    "its parts have \(stored) stored bytes, not \(asset.storedByteCount)")
            }
            let byProject = ProjectAssetKey(
                project: asset.project, namespace: asset.namespace.rawValue, asset: id)
            if try transaction.get(catalog.assetsByProject, byProject) == nil {
                report.add(id.description, nil, "its project does not list it")
            }
            add(
                Usage(
                    count: 1, byteCount: asset.byteCount, storedByteCount: asset.storedByteCount),
                asset.project, asset.namespace)
            return true
        }
        try compareCount(
            of: "the table of parts", try transaction.count(catalog.parts), with: partCount)
    }

    private mutating func countJobs(in transaction: borrowing ReadTransaction) throws {
        var (frameCount, segmentCount) = (0, 0)
        try transaction.scan(catalog.jobs) { id, record in
            let project = record.description.project
            add(Usage(count: 1), project, .jobs)
            let byState = StateJobKey(state: record.state.rawValue, job: id)
            if try transaction.get(catalog.jobsByState, byState) == nil {
                report.add(id.description, nil, "the index by state does not list it")
            }
            var frames = Usage()
            try transaction.scan(catalog.frames, prefix: id.keyBytes) { key, frame in
                frames = frames + frame.location.usage(count: 1)
                try requireExtent(
                    frame.location, id.description, Int(key.index), in: transaction)
                return true
            }
            frameCount += frames.count
            add(frames, project, .frames)
            let counted = try transaction.get(catalog.jobFrames, id) ?? Usage()
            if counted != frames {
                report.add(
                    id.description, nil,
                    "its counter says \(counted.count) frames, there are \(frames.count)")
            }
            try transaction.scan(catalog.segments, prefix: id.keyBytes) { key, segment in
                segmentCount += 1
                add(segment.location.usage(count: 0), project, .jobs)
                try requireExtent(
                    segment.location, id.description, Int(key.index), in: transaction)
                return true
            }
            return true
        }
        try compareCount(
            of: "the table of frames", try transaction.count(catalog.frames), with: frameCount)
        try compareCount(
            of: "the table of segments", try transaction.count(catalog.segments),
            with: segmentCount)
    }

    private mutating func compareUsage(in transaction: borrowing ReadTransaction) throws {
        var expected = usage.filter { $0.value != Usage() }
        try transaction.scan(catalog.usage) { key, counted in
            let counter =
                (key.project == UsageKey.wholeStore ? "the store" : "project \(key.project)")
                + "'s counter of \(key.namespace.name)"
            let actual = expected.removeValue(forKey: key) ?? Usage()
            if actual != counted {
                report.add(counter, nil, "it says \(counted), a recount gives \(actual)")
            }
            return true
        }
        for (key, actual) in expected {
            report.add(
                "the counter of \(key.namespace.name) of “\(key.project)”", nil,
                "it is not there, a recount gives \(actual)")
        }
    }

    private mutating func requireExtent(
        _ location: PayloadLocation, _ id: String, _ part: Int,
        in transaction: borrowing ReadTransaction
    ) throws {
        if try transaction.get(catalog.extents, location.extent) == nil {
            report.add(id, part, "no range of pack \(location.extent.pack) is held for it")
        }
    }

    private mutating func compareCount(of table: String, _ found: Int, with expected: Int) throws {
        if found != expected {
            report.add(table, nil, "it has \(found) entries where \(expected) belong")
        }
    }

    private mutating func add(_ more: Usage, _ project: String, _ namespace: Namespace) {
        for scope in [project, UsageKey.wholeStore] {
            usage[UsageKey(project: scope, namespace: namespace), default: Usage()] =
                usage[UsageKey(project: scope, namespace: namespace), default: Usage()] + more
        }
    }
}
