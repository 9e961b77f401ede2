// Lines of the manifest as bytes.

internal import AssetStore
package import Basics

extension ManifestLine {
    /// The line, with its end of line.
    package func bytes() -> [UInt8] {
        switch self {
        case .project(let line): line.bytes()
        case .asset(let line): line.bytes()
        case .job(let line): line.bytes()
        case .frame(let line): line.bytes()
        case .segment(let line): line.bytes()
        case .scene(let scene): bytes(of: scene)
        case .checkpoint(let checkpoint): bytes(of: checkpoint)
        case .end(let line): line.bytes()
        }
    }

    /// The last line of a manifest, whose other lines are these, each with its end of line.
    ///
    /// - Throws: ``AssetError/Code/inputUnreadable`` when one of them is no line.
    package static func end(of lines: [[UInt8]]) throws(AssetError) -> [UInt8] {
        var counts = ManifestCounts()
        var hasher = ContentHasher()
        for line in lines {
            try counts.add(ManifestLine(Array(line.dropLast())))
            unsafe hasher.update(line.span.bytes)
        }
        return ManifestLine.end(EndLine(counts: counts, checksum: hasher.value())).bytes()
    }

    private func bytes(of scene: ProjectScene) -> [UInt8] {
        var json = JSONLineWriter(kind: "scene")
        json.add("id", scene.id)
        json.add("index", scene.index)
        json.add("status", scene.status.name)
        json.add("title", scene.title)
        json.add("specification", scene.specification)
        json.add("assets", scene.assets.mapValues(\.description))
        return json.line()
    }

    private func bytes(of checkpoint: Checkpoint) -> [UInt8] {
        let description = checkpoint.description
        var json = JSONLineWriter(kind: "checkpoint")
        json.add("number", checkpoint.number)
        json.add("createdAt", checkpoint.createdAt)
        json.add("stage", description.stage)
        json.add("completedCount", description.completedCount)
        json.add("totalCount", description.totalCount)
        json.add("percent", description.percent)
        json.add("data", description.data)
        json.add("assets", description.assets.mapValues(\.description))
        json.add("jobs", description.jobs.mapValues(\.description))
        return json.line()
    }
}

extension ProjectLine {
    fileprivate func bytes() -> [UInt8] {
        let description = published.description
        var json = JSONLineWriter(kind: "project")
        json.add("format", Manifest.format)
        json.add("version", Manifest.version)
        json.add("name", name)
        json.add("createdAt", published.createdAt)
        json.add("updatedAt", published.updatedAt)
        json.add("completedAt", published.completedAt)
        json.add("checkpointSequence", published.checkpointSequence)
        json.add("status", description.status.name)
        json.add("title", description.title)
        json.add("summary", description.summary)
        json.add("stage", description.stage)
        json.add("percent", description.percent)
        json.add("error", description.error)
        json.add("specification", description.specification)
        json.add("quota", description.quota)
        return json.line()
    }
}

extension AssetLine {
    fileprivate func bytes() -> [UInt8] {
        var json = JSONLineWriter(kind: "asset")
        json.add("id", id.description)
        json.add("namespace", description.namespace.name)
        json.add("sameAs", original?.description)
        json.add(content)
        json.add("createdAt", createdAt)
        json.add("kind", description.kind)
        json.add("name", description.name)
        json.add("mediaType", description.mediaType)
        json.add("attributes", description.attributes)
        json.add("parameters", description.parameters)
        json.add("width", description.facts.width)
        json.add("height", description.facts.height)
        json.add("durationSeconds", description.facts.durationSeconds)
        json.add("frameRate", description.facts.frameRate)
        json.add("sampleRate", description.facts.sampleRate)
        json.add("channelCount", description.facts.channelCount)
        return json.line()
    }
}

extension JobLine {
    fileprivate func bytes() -> [UInt8] {
        var json = JSONLineWriter(kind: "job")
        json.add("id", id.description)
        json.add("kind", facts.description.kind)
        json.add("recipe", facts.description.recipe)
        json.add("submission", facts.description.submission)
        json.add("frameCount", facts.description.frameCount)
        json.add("retention", facts.description.retention.description)
        json.add("state", facts.state.name)
        json.add("attempt", facts.attempt)
        json.add("createdAt", facts.createdAt)
        json.add("startedAt", facts.startedAt)
        json.add("completedAt", facts.completedAt)
        json.add("error", facts.error)
        json.add("output", facts.output?.description)
        return json.line()
    }
}

extension FrameLine {
    fileprivate func bytes() -> [UInt8] {
        var json = JSONLineWriter(kind: "frame")
        json.add("index", index)
        json.add(content)
        json.add("codec", Int(facts.codec))
        json.add("width", facts.width)
        json.add("height", facts.height)
        return json.line()
    }
}

extension SegmentLine {
    fileprivate func bytes() -> [UInt8] {
        var json = JSONLineWriter(kind: "segment")
        json.add("track", Int(track))
        json.add("index", index)
        json.add(content)
        return json.line()
    }
}

extension EndLine {
    fileprivate func bytes() -> [UInt8] {
        var json = JSONLineWriter(kind: "end")
        json.add("assets", counts.assets)
        json.add("jobs", counts.jobs)
        json.add("frames", counts.frames)
        json.add("segments", counts.segments)
        json.add("scenes", counts.scenes)
        json.add("checkpoints", counts.checkpoints)
        json.add("entries", counts.entries)
        json.add("byteCount", counts.byteCount)
        json.add("checksum", checksum)
        return json.line()
    }
}

extension JSONLineWriter {
    fileprivate mutating func add(_ content: ContentLine) {
        add("entry", content.entry)
        add("byteCount", content.byteCount)
        add("checksum", content.checksum)
    }
}
