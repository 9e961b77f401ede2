// Projects that were interrupted, on the command line.

import AssetStore
import AssetctlCommands
internal import Basics
import Testing

@Suite struct RecoveryCommands {
    let store: CommandStore
    private let first: String
    private let second: String

    /// A project with a scene and two checkpoints, each of which brought an asset.
    init() throws {
        store = try CommandStore()
        first = try store.put("a.wav", SmallMedia.noise(seed: 1))
        let id = try #require(AssetID(first))
        try store.directly { store in
            try store.putScene(
                ProjectScene(id: "intro", index: 1, title: "The intro", assets: ["voice": id]),
                in: "p")
            try store.putScene(ProjectScene(id: "cold open", index: 0), in: "p")
            try store.addCheckpoint(
                CheckpointDescription(
                    stage: "voices", completedCount: 1, totalCount: 2, percent: 35,
                    assets: ["voice": id], data: "{\"take\": 3}"),
                to: "p")
        }
        second = try store.put("b.wav", SmallMedia.noise(seed: 2))
        let other = try #require(AssetID(second))
        try store.directly { store in
            let job = try store.submit(
                JobDescription(
                    project: "p", kind: "render", recipe: "{}", submission: "{}", frameCount: 9))
            try store.start(job.id).abandon()
            try store.addCheckpoint(
                CheckpointDescription(
                    stage: "music", percent: 50, assets: ["music": other],
                    jobs: ["render": job.id]),
                to: "p")
        }
    }

    @Test func scenesAndCheckpointsAreListed() throws {
        let scenes = try store.run("--json", "project", "scenes", "p").json
        #expect(scenes.map { $0["id"] } == ["cold open", "intro"])
        #expect(
            scenes[1].keys == ["id", "index", "status", "title", "specification", "assets"])
        #expect(scenes[1]["assets"]?["voice"]?.string == first)
        let checkpoints = try store.run("--json", "project", "checkpoints", "p").json
        #expect(checkpoints.map { $0["number"]?.text } == ["1", "2"])
        #expect(
            checkpoints[0].keys == [
                "number", "stage", "completedCount", "totalCount", "percent", "assets", "jobs",
                "data", "createdAt",
            ])
        #expect(checkpoints[0]["data"]?.text == "{\"take\":3}")
        #expect(checkpoints[1]["jobs"]?.keys == ["render"])
        let shown = try #require(try store.run("--json", "project", "show", "p").json.first)
        #expect(shown["checkpoint"] == checkpoints[1] && shown["stage"] == "music")
        #expect(store.run("project", "checkpoints", "p").output.contains("1/2          1  voices"))
        #expect(store.run("project", "scenes", "p").output.hasSuffix("1  The intro\n"))
        try store.directly { _ = try $0.createProject("empty") }
        #expect(store.run("project", "scenes", "empty").error.contains("no scenes"))
        #expect(store.run("project", "checkpoints", "empty").error.contains("no checkpoints"))
    }

    @Test func whatWasInterruptedIsFoundAndCheckedAndResumed() throws {
        let listed = try #require(try store.run("--json", "projects", "--interrupted").json.first)
        #expect(
            listed.keys == [
                "project", "status", "stage", "percent", "error", "updatedAt", "canRecover",
                "checkpoint", "intactCheckpoint", "waitingJobs", "orphanedJobs", "runningJobs",
                "referencesChecked", "bytesChecked", "defectCount", "defects",
            ])
        #expect(listed["canRecover"] == true && listed["orphanedJobs"]?.elements.count == 1)
        let line = store.run("projects", "--interrupted").output
        #expect(
            line == "p: inProgress; checkpoint 2 (music); jobs: 1 lost their worker; all there\n")
        let whole = store.run("--json", "project", "check", "p")
        #expect(try whole.status == 0 && whole.json.first?["bytesChecked"]?.text == "32088")

        try store.damage(SmallMedia.noise(seed: 2))
        #expect(store.run("project", "check", "p", "--presence").status == 0)
        let damaged = store.run("--json", "project", "check", "p")
        #expect(damaged.status == 1 && damaged.lastWord.contains("assetctl project revert p 1"))
        let defect = try #require(try damaged.json.first?["defects"]?.elements.first)
        #expect(defect.keys == ["kind", "checkpoint", "name", "asset", "job", "reason"])
        #expect(defect["kind"] == "damaged" && defect["asset"]?.string == second)
        #expect(store.run("project", "resume", "p", "--check-contents").status == 1)

        #expect(store.run("rm", second).status == 0)
        let refused = store.run("project", "resume", "p")
        #expect(refused.status == 1 && refused.lastWord.contains("checkpoint 2, music"))
        let resumed = store.run("--json", "project", "resume", "p", "--accept-defects")
        #expect(resumed.status == 0 && resumed.error.contains("without checkpoint 2, music"))
        let json = try #require(try resumed.json.first)
        #expect(
            json.keys == [
                "project", "status", "checkpoint", "requeuedJobs", "failedJobs", "defects",
            ])
        #expect(json["requeuedJobs"]?.elements.count == 1)
        #expect(store.run("jobs", "--state", "pending").output.contains(" pending"))
        #expect(store.run("verify").status == 0)
    }

    @Test func aProjectGoesBackOrIsGivenUp() throws {
        let reverted = store.run("--json", "project", "revert", "p", "1", "--remove", "outputs")
        #expect(reverted.status == 0, "\(reverted.error)")
        let json = try #require(try reverted.json.first)
        #expect(
            json.keys == [
                "project", "status", "checkpoint", "droppedCheckpointCount", "removedAssetCount",
            ])
        #expect(json["droppedCheckpointCount"]?.text == "1")
        #expect(json["removedAssetCount"]?.text == "1")
        #expect(store.run("show", second).status == 66 && store.run("show", first).status == 0)
        let again = store.run("project", "revert", "p", "1").output
        #expect(
            again == "p is at checkpoint 1 (voices); dropped 0 checkpoints, removed 0 assets\n")

        let discarded = store.run("--json", "project", "discard", "p")
        #expect(try discarded.json.first?["status"] == "cancelled")
        #expect(store.run("jobs", "--state", "cancelled").output.contains(" cancelled"))
        #expect(store.run("projects", "--interrupted").error == "no project was interrupted\n")
        let dry = try #require(
            try store.run("--json", "housekeeping", "--projects-after", "0s", "--dry-run")
                .json.first)
        #expect(dry["dryRun"] == true && dry["projects"] == .array(["p"]))
        #expect(dry["assetCount"]?.text == "1" && dry["storedByteCount"]?.text == "16044")
        #expect(store.run("housekeeping").output == "removed 0 projects, 0 assets, 0 frames: 0 B\n")
        let kept = store.run("housekeeping", "--projects-after", "never").output
        #expect(kept == "removed 0 projects, 0 assets, 0 frames: 0 B\n")
        let removed = store.run("housekeeping", "--projects-after", "0s").output
        #expect(removed == "project p\nremoved 1 project, 1 asset, 0 frames: 15.7 KiB\n")
        #expect(store.run("projects").error == "there are no such projects\n")
        #expect(store.run("verify").status == 0)
    }

    @Test func keptFramesAreEvicted() throws {
        try store.directly { store in
            let job = try store.submit(
                JobDescription(
                    project: "p", kind: "sequence", recipe: "x", submission: "{}", frameCount: 9))
            let lease = try store.start(job.id)
            let writer = FrameWriter(lease)
            let bytes = [UInt8](repeating: 1, count: 1000)
            for index in 0..<9 {
                unsafe try writer.append(
                    index, FrameFacts(codec: 1, width: 2, height: 2), bytes.span.bytes)
            }
            try writer.flush()
            try lease.complete(keepingFrames: true)
        }
        #expect(
            store.run("evict", "2500", "--project", "q").output
                == "removed 0 frames of 0 jobs: 0 B\n")
        let evicted = try #require(try store.run("--json", "evict", "2500").json.first)
        #expect(evicted.keys == ["storedByteCount", "frameCount", "jobCount", "jobs"])
        #expect(evicted["frameCount"]?.text == "3" && evicted["storedByteCount"]?.text == "3000")
        #expect(store.run("evict", "1G").output == "removed 6 frames of 1 job: 5.9 KiB\n")
        #expect(store.run("verify").status == 0)
    }

    @Test func aJobThatKillsEveryWorkerIsNotTriedForEver() throws {
        try store.directly { store in
            let job = try #require(try store.jobs().first)
            for _ in 0..<2 { try store.start(job.id).abandon() }
        }
        let work = store.run("work", "--once")
        #expect(work.status == 1 && work.error.contains("is given up"))
        #expect(store.run("jobs", "--state", "error").output.contains("3 times"))
        #expect(store.run("work", "--once").status == 0)
    }
}
