// Lines of a manifest that anyone may have written.

internal import AssetStore
package import Basics

extension ManifestLine {
    /// Reads a line, without its end.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` with the reason alone, also for what no store
    ///   takes.
    package init(_ bytes: [UInt8]) throws(AssetError) {
        do throws(AssetError) {
            var json = try JSONLine(bytes)
            self = try Self.line(&json)
            try json.finish()
            try validate()
        } catch {
            guard error.code == .invalidArgument else { throw error }
            throw AssetError(.inputUnreadable, error.message, cause: error)
        }
    }

    private static func line(_ json: inout JSONLine) throws(AssetError) -> ManifestLine {
        switch try json.text("type") {
        case "project": .project(try ProjectLine(&json))
        case "asset": .asset(try AssetLine(&json))
        case "job": .job(try JobLine(&json))
        case "frame": .frame(try FrameLine(&json))
        case "segment": .segment(try SegmentLine(&json))
        case "scene": .scene(try scene(&json))
        case "checkpoint": .checkpoint(try checkpoint(&json))
        case "end": .end(try EndLine(&json))
        default: throw JSONLine.refused("it is of an unknown type")
        }
    }

    private static func scene(_ json: inout JSONLine) throws(AssetError) -> ProjectScene {
        ProjectScene(
            id: try json.text("id"), index: try json.integer("index"),
            status: try json.projectStatus(), title: try json.optionalText("title"),
            specification: try json.optionalText("specification"),
            assets: try json.references("assets", AssetID.init))
    }

    private static func checkpoint(_ json: inout JSONLine) throws(AssetError) -> Checkpoint {
        let number = try json.integer("number")
        let createdAt = try json.time("createdAt")
        let description = CheckpointDescription(
            stage: try json.text("stage"), completedCount: try json.integer("completedCount"),
            totalCount: try json.integer("totalCount"), percent: try json.optionalReal("percent"),
            assets: try json.references("assets", AssetID.init),
            jobs: try json.references("jobs", JobID.init), data: try json.optionalText("data"))
        guard (1..<Int.max).contains(number) else {
            throw JSONLine.refused("a checkpoint can't have this number")
        }
        return Checkpoint(number: number, description: description, createdAt: createdAt)
    }

    /// Refuses what no store takes.
    private func validate() throws(AssetError) {
        switch self {
        case .asset(let line):
            var description = line.description
            description.project = "-"
            try description.validate()
        case .scene(let scene): try scene.validate()
        case .checkpoint(let checkpoint): try checkpoint.description.validate()
        case .project(let line): try line.published.validate()
        case .job(let line):
            var facts = line.facts
            facts.description.project = "-"
            try facts.validate()
        case .frame(let line):
            guard (0..<Limits.frameCountMax).contains(line.index),
                Limits.frameSide.contains(line.facts.width),
                Limits.frameSide.contains(line.facts.height),
                line.content.byteCount <= Limits.recordByteCountMax
            else { throw JSONLine.refused("there can be no such frame") }
        case .segment(let line):
            guard UInt32(exactly: line.index) != nil,
                line.content.byteCount <= Limits.recordByteCountMax
            else { throw JSONLine.refused("there can be no such segment") }
        case .end: break
        }
    }
}

extension ProjectLine {
    fileprivate init(_ json: inout JSONLine) throws(AssetError) {
        guard try json.text("format") == Manifest.format else {
            throw JSONLine.refused("it is not of the format \(Manifest.format)")
        }
        let version = try json.integer("version")
        guard version == Manifest.version else {
            throw JSONLine.refused(
                "it is of version \(version), which this assetctl does not know; use a newer one")
        }
        name = try json.text("name")
        published = PublishedProject(
            createdAt: try json.time("createdAt"), updatedAt: try json.time("updatedAt"),
            completedAt: try json.optionalTime("completedAt"),
            checkpointSequence: try json.count("checkpointSequence"))
        published.description = ProjectDescription(
            title: try json.optionalText("title"), summary: try json.optionalText("summary"),
            status: try json.projectStatus(), stage: try json.optionalText("stage"),
            percent: try json.optionalReal("percent"), error: try json.optionalText("error"),
            specification: try json.optionalText("specification"),
            quota: try json.optionalInteger("quota"))
    }
}

extension AssetLine {
    fileprivate init(_ json: inout JSONLine) throws(AssetError) {
        id = try json.asset("id")
        description = AssetDescription(
            namespace: try json.namespace("namespace"), project: "", mediaType: "")
        original = try json.optionalAsset("sameAs")
        content = try ContentLine(&json, hasEntry: original == nil)
        createdAt = try json.time("createdAt")
        description.kind = try json.text("kind")
        description.name = try json.text("name")
        description.mediaType = try json.text("mediaType")
        description.attributes = try json.texts("attributes")
        description.parameters = try json.optionalText("parameters")
        description.facts = MediaFacts(
            width: try json.optionalInteger("width"), height: try json.optionalInteger("height"),
            durationSeconds: try json.optionalReal("durationSeconds"),
            frameRate: try json.optionalReal("frameRate"),
            sampleRate: try json.optionalInteger("sampleRate"),
            channelCount: try json.optionalInteger("channelCount"))
    }
}

extension JobLine {
    fileprivate init(_ json: inout JSONLine) throws(AssetError) {
        id = try json.job("id")
        guard let retention = FrameRetention(try json.text("retention")) else {
            throw JSONLine.refused("“retention” is not that of a job's frames")
        }
        let description = JobDescription(
            project: "", kind: try json.text("kind"), recipe: try json.text("recipe"),
            submission: try json.text("submission"), frameCount: try json.count("frameCount"),
            retention: retention)
        guard let state = JobState(name: try json.text("state")) else {
            throw JSONLine.refused("“state” is not that of a job")
        }
        facts = JobFacts(
            description: description, state: state, attempt: try json.count("attempt"),
            createdAt: try json.time("createdAt"), startedAt: try json.optionalTime("startedAt"),
            completedAt: try json.optionalTime("completedAt"),
            error: try json.optionalText("error"), output: try json.optionalAsset("output"))
    }
}

extension FrameLine {
    fileprivate init(_ json: inout JSONLine) throws(AssetError) {
        index = try json.integer("index")
        content = try ContentLine(&json, hasEntry: true)
        guard let codec = UInt8(exactly: try json.integer("codec")) else {
            throw JSONLine.refused("“codec” is not that of a frame")
        }
        facts = FrameFacts(
            codec: codec, width: try json.integer("width"), height: try json.integer("height"))
    }
}

extension SegmentLine {
    fileprivate init(_ json: inout JSONLine) throws(AssetError) {
        guard let track = UInt8(exactly: try json.integer("track")) else {
            throw JSONLine.refused("“track” is not that of a segment")
        }
        self.track = track
        index = try json.integer("index")
        content = try ContentLine(&json, hasEntry: true)
    }
}

extension EndLine {
    fileprivate init(_ json: inout JSONLine) throws(AssetError) {
        counts.assets = try json.count("assets")
        counts.jobs = try json.count("jobs")
        counts.frames = try json.count("frames")
        counts.segments = try json.count("segments")
        counts.scenes = try json.count("scenes")
        counts.checkpoints = try json.count("checkpoints")
        counts.entries = try json.count("entries")
        counts.byteCount = try json.count("byteCount")
        checksum = try json.checksum("checksum")
    }
}

extension ContentLine {
    fileprivate init(_ json: inout JSONLine, hasEntry: Bool) throws(AssetError) {
        entry = try json.optionalText("entry")
        byteCount = try json.count("byteCount")
        checksum = try json.checksum("checksum")
        guard (entry != nil) == (hasEntry && byteCount > 0) else {
            throw JSONLine.refused("it has an entry without bytes, or bytes without an entry")
        }
    }
}

extension JSONLine {
    fileprivate mutating func projectStatus() throws(AssetError) -> ProjectStatus {
        guard let status = ProjectStatus(name: try text("status")) else {
            throw Self.refused("“status” is not that of a project")
        }
        return status
    }

    fileprivate mutating func references<ID>(
        _ key: String, _ parse: (String) -> ID?
    ) throws(AssetError) -> [String: ID] {
        var references: [String: ID] = [:]
        for (name, text) in try texts(key) {
            guard let id = parse(text) else {
                throw Self.refused("“\(key)” has what is no identifier")
            }
            references[name] = id
        }
        return references
    }
}
