import Basics
import Foundation
import LMDB
import TestSupport
import Testing

@testable import AssetStore

/// Scenes and checkpoints are kept whole, in their order, and go with their project.
@Suite struct ScenesAndCheckpoints {
    private static func scene(_ id: String, _ index: Int) -> ProjectScene {
        ProjectScene(id: id, index: index, title: "scene \(id)")
    }

    @Test func scenesStandInTheirOrder() throws {
        let test = try TestStore()
        try test.store.createProject("p")
        try test.store.createProject("q")
        let asset = try test.store.put(image(), [1])
        let first = ProjectScene(
            id: "one", index: 300, status: .complete, title: "1", specification: "{}",
            assets: ["image": asset.id, "voice": AssetID(high: 1, low: 2)])
        for scene in [first, Self.scene("b", 2), Self.scene("a", 2), Self.scene("z", 0)] {
            try test.store.putScene(scene, in: "p")
        }
        try test.store.putScene(Self.scene("other", 1), in: "q")
        try test.reopen()
        #expect(try test.store.scenes(of: "p").map(\.id) == ["z", "a", "b", "one"])
        #expect(try test.store.scene("one", of: "p") == first)
        // Put again, elsewhere.
        var moved = first
        (moved.index, moved.assets) = (1, [:])
        try test.store.putScene(moved, in: "p")
        #expect(try test.store.scenes(of: "p").map(\.id) == ["z", "one", "a", "b"])
        var rest: [String] = []
        try test.store.forEachScene(of: "p", after: moved) {
            rest.append($0.id)
            return rest.count < 1
        }
        #expect(rest == ["a"])
        #expect(try test.store.removeScene("a", of: "p"))
        #expect(try !test.store.removeScene("a", of: "p"))
        #expect(try test.store.scenes(of: "p").map(\.id) == ["z", "one", "b"])
        #expect(try test.store.scenes(of: "q").map(\.id) == ["other"])
        #expect(try test.store.verify().isIntact)
    }

    @Test func absenceIsNil() throws {
        let test = try TestStore()
        try test.store.createProject("p")
        for (project, id) in [("none", "s"), ("p", "s"), ("p", ""), ("p", longName)] {
            #expect(try test.store.scene(id, of: project) == nil)
            #expect(try !test.store.removeScene(id, of: project))
        }
        #expect(try test.store.scenes(of: "none") == [])
        for number in [-1, 0, 1, Int.max] {
            #expect(try test.store.checkpoint(number, of: "p") == nil)
            #expect(try test.store.checkpoint(number, of: "none") == nil)
        }
        #expect(try test.store.latestCheckpoint(of: "p") == nil)
        #expect(try test.store.latestCheckpoint(of: "none") == nil)
        #expect(try test.store.checkpoints(of: "none") == [])
        // What was removed doesn't come back by what is late.
        #expect(throws: AssetError(.inputMissing, "")) {
            try test.store.putScene(Self.scene("s", 0), in: "none")
        }
        #expect(throws: AssetError(.inputMissing, "")) {
            try test.store.addCheckpoint(CheckpointDescription(stage: "s"), to: "none")
        }
        #expect(try test.store.projects().map(\.name) == ["p"])
    }

    private var longName: String { String(repeating: "x", count: 256) }

    @Test func aCheckpointIsOneStepWithTheProjectsStage() throws {
        let test = try TestStore()
        try test.store.createProject("p", ProjectDescription(percent: 5))
        let asset = try test.store.put(image(), [1])
        let job = try test.store.submit(renderJob())
        let first = try test.store.addCheckpoint(CheckpointDescription(stage: "script"), to: "p")
        #expect(first.number == 1 && first.description.percent == 5)
        let description = CheckpointDescription(
            stage: "voices", completedCount: 5, totalCount: 10, percent: 35,
            assets: ["voice": asset.id], jobs: ["render": job.id], data: "{\"scene\":5}")
        let second = try test.store.addCheckpoint(description, to: "p")
        #expect(second.number == 2 && second.description == description)
        let project = try #require(try test.store.project("p"))
        #expect(project.status == .inProgress && project.description.stage == "voices")
        #expect(project.description.percent == 35 && project.updatedAt >= second.createdAt)
        try test.reopen()
        #expect(try test.store.checkpoints(of: "p") == [first, second])
        #expect(try test.store.latestCheckpoint(of: "p") == second)
        #expect(try test.store.checkpoint(1, of: "p") == first)
        var rest: [Int] = []
        try test.store.forEachCheckpoint(of: "p", after: 1) {
            rest.append($0.number)
            return true
        }
        #expect(rest == [2])
        #expect(try test.store.verify().isIntact)
    }

    @Test func aCancelledProjectTellsItsWorkerToStop() throws {
        let test = try TestStore()
        try test.store.createProject("p", ProjectDescription(status: .cancelled))
        #expect(throws: AssetError(.cancelled, "")) {
            try test.store.addCheckpoint(CheckpointDescription(stage: "s"), to: "p")
        }
        #expect(try test.store.checkpoints(of: "p") == [])
        #expect(try test.store.project("p")?.status == .cancelled)
    }

    @Test func whatIsTooMuchIsRefused() throws {
        let test = try TestStore()
        try test.store.createProject("p")
        let json = String(repeating: "x", count: Limits.parametersByteCountMax + 1)
        var many: [String: AssetID] = [:]
        for number in 0...Limits.referenceCountMax { many["\(number)"] = AssetID(high: 0, low: 0) }
        var scenes = [ProjectScene](repeating: Self.scene("s", 0), count: 8)
        (scenes[0].id, scenes[1].id, scenes[2].id) = ("", "a\0b", longName)
        (scenes[3].index, scenes[4].index) = (-1, Int(Int32.max) + 1)
        (scenes[5].assets, scenes[6].specification) = (many, json)
        scenes[7].assets = [longName: AssetID(high: 0, low: 0)]
        for scene in scenes {
            #expect(throws: AssetError(.invalidArgument, "")) {
                try test.store.putScene(scene, in: "p")
            }
        }
        let wrong = [
            CheckpointDescription(stage: longName), CheckpointDescription(stage: "", data: json),
            CheckpointDescription(stage: "", completedCount: 2, totalCount: 1),
            CheckpointDescription(stage: "", completedCount: -1),
            CheckpointDescription(stage: "", percent: .nan),
            CheckpointDescription(stage: "", assets: many),
        ]
        for description in wrong {
            #expect(throws: AssetError(.invalidArgument, "")) {
                try test.store.addCheckpoint(description, to: "p")
            }
        }
        many["0"] = nil
        let most = ProjectScene(id: "s", index: Int(Int32.max), assets: many)
        try test.store.putScene(most, in: "p")
        #expect(try test.store.scenes(of: "p") == [most])
        #expect(try test.store.checkpoints(of: "p") == [])
    }

    @Test func theyAreGoneWithTheirProject() throws {
        let test = try TestStore()
        for project in ["p", "q"] {
            try test.store.createProject(project)
            for index in 0..<20 {
                try test.store.putScene(Self.scene("s\(index)", index), in: project)
                try test.store.addCheckpoint(CheckpointDescription(stage: "s"), to: project)
            }
        }
        try test.store.noteRemoval(ofProject: "p")
        // Out of sight already, and not in the way of a new project of the name.
        #expect(try test.store.scenes(of: "p") == [])
        #expect(try test.store.latestCheckpoint(of: "p") == nil)
        #expect(try test.store.verify().isIntact)
        try test.store.createProject("p")
        #expect(try test.store.scenes(of: "p") == [])
        let number = try test.store.addCheckpoint(CheckpointDescription(stage: "s"), to: "p").number
        #expect(number == 1)
        try test.store.clearRemovals(countMax: 7)
        let catalog = test.store.catalog
        let counts = try catalog.environment.read { transaction in
            try [
                transaction.count(catalog.scenes), transaction.count(catalog.scenesByIndex),
                transaction.count(catalog.checkpoints), transaction.count(catalog.removals),
            ]
        }
        #expect(counts == [20, 20, 21, 0])
        #expect(try test.store.verify().isIntact)
    }

    /// A worker that saves its progress as it goes, killed in the middle.
    @Test(arguments: 1...4) func whatWasSavedSurvivesAKill(round: Int) async throws {
        let directory = try TemporaryDirectory()
        let (path, log) = (directory.file("store"), directory.file("log"))
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, log = log as String, round = round as Int] in
            let store = try Store.create(at: path)
            try store.createProject("p")
            let notes = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            Thread.detachNewThread {
                usleep(UInt32(round * round * 9000))
                kill(getpid(), SIGKILL)
            }
            for number in 1... {
                let asset = try store.put(image(), Array("\(number)".utf8))
                try store.putScene(
                    ProjectScene(id: "s\(number)", index: number, assets: ["a": asset.id]),
                    in: "p")
                try store.addCheckpoint(
                    CheckpointDescription(
                        stage: "\(number)", percent: Double(number % 100),
                        assets: ["a": asset.id]),
                    to: "p")
                try notes.write(contentsOf: Data("\(number)\n".utf8))
            }
        }
        guard FileManager.default.fileExists(atPath: "\(path)/catalog/data.mdb") else { return }
        let acknowledged =
            try String(contentsOfFile: log, encoding: .utf8)
            .split(separator: "\n").compactMap { Int($0) }.last ?? 0
        let store = try Store.openOrCreate(at: path)
        guard let project = try store.project("p") else {
            #expect(acknowledged == 0)
            return
        }
        let checkpoints = try store.checkpoints(of: "p")
        #expect((acknowledged...acknowledged + 1).contains(checkpoints.count))
        #expect(checkpoints.map(\.number) == Array(1..<checkpoints.count + 1))
        #expect(project.description.stage == checkpoints.last?.description.stage)
        let scenes = try store.scenes(of: "p")
        #expect((checkpoints.count...checkpoints.count + 1).contains(scenes.count))
        for scene in scenes {
            let bytes = try store.bytes(of: try #require(scene.assets["a"]))
            #expect(bytes == Array("\(scene.index)".utf8))
        }
        #expect(try store.verify().isIntact)
        try store.close()
    }
}
