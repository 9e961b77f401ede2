// Jobs and their frames, by threads and by tasks.

import AssetStore
import Basics
import Synchronization

func jobs(_ store: Store) throws {
    let frame = noise(20_000, seed: 3)
    // snippet: job
    let job = try store.submit(
        JobDescription(
            project: "demo", kind: "render", recipe: #"{"scene":"bars","version":1}"#,
            submission: #"{"output":"bars.mp4"}"#, frameCount: 30))
    let lease = try store.start(job.id)
    // end
    try check(
        "the same work is the same job",
        try store.submit(job.description).id == job.id && store.isRunning(job.id))

    // snippet: frames
    let writer = FrameWriter(lease)
    let durable = Atomic(0)
    let facts = FrameFacts(codec: 1, width: 320, height: 180)
    for index in try store.missingFrames(of: job.id, count: 30).joined() {
        // Returns when the frame is on its way; from any thread, in any order.
        try writer.append(index, facts, frame.span.bytes) {
            durable.add(1, ordering: .relaxed)
        }
    }
    try writer.flush()  // Now all of them are durable.
    // end
    say("stored", durable.load(ordering: .relaxed), "frames")
    try check("each was told to be durable", durable.load(ordering: .relaxed) == 30)
    try check("none is missing", try store.missingFrames(of: job.id, count: 30).isEmpty)

    // snippet: frame
    let length = try store.withFrame(7, of: job.id) { _, bytes in bytes.byteCount }
    // end
    try check("frames are read as they were written", length == frame.count)

    // snippet: complete
    var output = try store.makeWriter(
        for: .video(project: "demo", name: "bars.mp4", mediaType: "video/mp4"))
    try output.write(frame.span.bytes)
    let video = try lease.complete(output: output, keepingFrames: false)
    // end
    let complete = try store.job(job.id)
    say("completed the job with", video.description.name)
    try check(
        "one commit made the video and ended the job",
        complete?.state == .complete && complete?.output == video.id)
    try check("its frames are gone", complete?.frames.count == 0)
    do {
        try lease.pause("too late")
        throw Failure(claim: "a worker that has no job any more is told")
    } catch let error as AssetError where error.code == .staleAttempt {
        say("  a worker that has no job any more is told:", error)
    }
}

func tasks(_ store: Store) async throws {
    // snippet: tasks
    let async = AsyncStore(store)
    try await withThrowingTaskGroup { group in
        for index in 0..<100 {
            group.addTask {
                _ = try await async.put(
                    .image(project: "many", name: "\(index)", mediaType: "image/svg+xml"),
                    Array("number \(index)".utf8))
            }
        }
        try await group.waitForAll()
    }
    let count = try await async.perform { store in try store.project("many")?.assetCount }
    // end
    say("put", count ?? 0, "assets at once from tasks, which share commits")
    try check("all of them are there", count == 100)
}
