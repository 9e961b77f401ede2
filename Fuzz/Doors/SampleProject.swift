// A project with a little of everything, from which seeds are made.

internal import AssetStore
internal import Basics
internal import TestSupport

enum SampleProject {
    /// Bytes of a length, always the same ones: whoever is told how many there are knows them.
    static func content(byteCount: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(byteCount))
        return random.bytes(byteCount)
    }

    /// Fills a store with a project of a few small assets, jobs with frames and segments, scenes and
    /// checkpoints.
    static func fill(_ store: Store, _ project: String = "project") throws {
        try store.createProject(
            project,
            ProjectDescription(
                title: "Tïtle \"quoted\"", status: .failed, stage: "images", percent: 0.5,
                error: "why", specification: "{\"a\":1}", quota: 1 << 40))
        var assets: [AssetID] = []
        for (number, byteCount) in [40, 0, 300, 40].enumerated() {
            var description = AssetDescription(
                namespace: Namespace.assetNamespaces[number % 3], project: project, kind: "scene",
                name: ["cover.png", "", "Ünï", "a.wav"][number],
                mediaType: ["image/png", "video/mp4", "audio/wav", "text/plain"][number])
            if number == 0 {
                description.attributes = ["key": "välue", "": ""]
                description.parameters = "{\"seed\":7}"
                description.facts = MediaFacts(
                    width: 3, height: 4, durationSeconds: 0.25, frameRate: 29.97,
                    sampleRate: 48_000, channelCount: 2)
            }
            let bytes = content(byteCount: byteCount)
            assets.append(try unsafe store.put(description, bytes.span.bytes).id)
        }
        let job = try store.submit(
            JobDescription(
                project: project, kind: "render", recipe: "[1]", submission: "[2]", frameCount: 9,
                retention: .all))
        let lease = try store.start(job.id)
        let writer = FrameWriter(lease)
        for index in [0, 3] {
            let bytes = content(byteCount: 20 + index)
            unsafe try writer.append(
                index, FrameFacts(codec: 2, width: 8, height: 6), bytes.span.bytes)
        }
        try writer.flush()
        let segment = content(byteCount: 33)
        unsafe try lease.putSegment(track: 1, index: 2, segment.span.bytes)
        try lease.fail("why it failed")
        try store.putScene(
            ProjectScene(id: "s1", index: 1, title: "scene", assets: ["image": assets[0]]),
            in: project)
        try store.addCheckpoint(
            CheckpointDescription(
                stage: "stage", completedCount: 1, totalCount: 2, percent: 50,
                assets: ["made": assets[2]]), to: project)
    }
}
