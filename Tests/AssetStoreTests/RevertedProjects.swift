import Basics
import Foundation
import TestSupport
import Testing

@testable import AssetStore

/// A project that went back to a checkpoint is as it was there, and what it keeps is whole.
@Suite struct RevertedProjects {
    /// A project with `count` checkpoints, each of which brought an asset and names the one before
    /// too. Returns these assets, from that of checkpoint 1 on.
    private static func fill(_ store: Store, _ count: Int) throws -> [AssetID] {
        if try store.project("p") == nil { try store.createProject("p") }
        var assets: [AssetID] = []
        for number in 1...count {
            assets.append(try store.put(image(), Array("asset \(number)".utf8)).id)
            var names = ["new": assets[number - 1]]
            if number > 1 { names["old"] = assets[number - 2] }
            try store.addCheckpoint(
                CheckpointDescription(stage: "\(number)", percent: Double(number), assets: names),
                to: "p")
            // The clock tells what was before a checkpoint and what after it.
            usleep(2000)
        }
        return assets
    }

    private func present(_ assets: [AssetID], in store: Store) throws -> [Int] {
        try assets.indices.filter { try store.asset(assets[$0]) != nil }
    }

    @Test func laterCheckpointsAreDropped() throws {
        let test = try TestStore()
        let store = test.store
        let assets = try Self.fill(store, 6)
        try store.updateProject("p") {
            $0.status = .failed
            $0.error = "why"
        }
        let reversion = try #require(try store.revertProject("p", to: 3))
        #expect(reversion.droppedCheckpointCount == 3 && reversion.removedAssetCount == 0)
        #expect(reversion.checkpoint.number == 3)
        #expect(reversion.project.status == .inProgress)
        #expect(reversion.project.description.stage == "3")
        #expect(reversion.project.description.percent == 3)
        #expect(reversion.project.description.error == nil)
        #expect(try store.checkpoints(of: "p").map(\.number) == [1, 2, 3])
        #expect(try present(assets, in: store) == Array(0..<6))
        // To where it is already.
        #expect(try store.revertProject("p", to: 3)?.droppedCheckpointCount == 0)
        for number in [0, -1, 4, 99] { #expect(try store.revertProject("p", to: number) == nil) }
        #expect(try store.revertProject("none", to: 1) == nil)
        // A number is never given twice.
        #expect(try store.addCheckpoint(CheckpointDescription(stage: "x"), to: "p").number == 7)
        #expect(try store.verify().isIntact)
    }

    @Test func whatTheyBroughtMayGoToo() throws {
        let test = try TestStore()
        let store = test.store
        let early = try store.put(image(), [1]).id
        usleep(2000)
        let assets = try Self.fill(store, 6)
        let byHand = try store.put(image(), [2]).id
        let foreign = try store.put(image(project: "q"), [3]).id
        try store.addCheckpoint(
            CheckpointDescription(stage: "7", assets: ["early": early, "foreign": foreign]),
            to: "p")
        try store.putScene(ProjectScene(id: "s", index: 0, assets: ["a": assets[4]]), in: "p")
        let reversion = try #require(
            try store.revertProject("p", to: 2, assets: .removeOutputs))
        #expect(reversion.droppedCheckpointCount == 5 && reversion.removedAssetCount == 3)
        // 0 and 1 were there, 4 belongs to a scene.
        #expect(try present(assets, in: store) == [0, 1, 4])
        #expect(try present([early, byHand, foreign], in: store) == [0, 1, 2])
        #expect(try store.recovery(ofProject: "p", checking: .content)?.canRecover == true)
        #expect(try store.verify().isIntact)
    }

    @Test func orAllThatIsNewer() throws {
        let test = try TestStore()
        let store = test.store
        let assets = try Self.fill(store, 4)
        var newer: [AssetID] = []
        for number in 0..<2500 {
            var description = image()
            description.namespace = [.images, .videos, .audio][number % 3]
            newer.append(try store.put(description, [UInt8(number % 256)]).id)
        }
        let spared = stride(from: 0, to: 2500, by: 2).map { newer[$0] }
        for number in 0..<2 {
            var names: [String: AssetID] = [:]
            for id in spared.dropFirst(number * 1000).prefix(1000) { names["\(id)"] = id }
            try store.putScene(ProjectScene(id: "\(number)", index: 0, assets: names), in: "p")
        }
        let lease = try store.start(try store.submit(renderJob()).id)
        var writer = try store.makeWriter(for: image())
        let bytes: [UInt8] = [7]
        unsafe try writer.write(bytes.span.bytes)
        let output = try lease.complete(output: writer, keepingFrames: false).id
        let foreign = try store.put(image(project: "q"), [3]).id
        let reversion = try #require(try store.revertProject("p", to: 2, assets: .removeNewer))
        #expect(reversion.droppedCheckpointCount == 2)
        #expect(reversion.removedAssetCount == 1250 + 2)
        #expect(try present(assets, in: store) == [0, 1])
        #expect(Set(try present(newer, in: store)) == Set(stride(from: 0, to: 2500, by: 2)))
        #expect(try present([output, foreign], in: store) == [0, 1])
        #expect(try store.verify().isIntact)
    }

    @Test func notWhileSomebodyWorksOnIt() throws {
        let test = try TestStore()
        _ = try Self.fill(test.store, 2)
        let job = try test.store.submit(renderJob()).id
        let lease = try test.store.start(job)
        #expect(throws: AssetError(.busy, "")) { try test.store.revertProject("p", to: 1) }
        #expect(try test.store.checkpoints(of: "p").count == 2)
        lease.abandon()
        #expect(try test.store.revertProject("p", to: 1) != nil)
    }

    @Test(arguments: [300, 1200, 2500, 6000]) func killedOnTheWayItIsFinishedByTheSameCall(
        microseconds: Int
    ) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, microseconds = microseconds as Int] in
            let store = try Store.create(at: path)
            try store.createProject("p")
            try store.addCheckpoint(CheckpointDescription(stage: "1"), to: "p")
            usleep(2000)
            for number in 0..<30 {
                var names: [String: AssetID] = [:]
                for index in 0..<100 {
                    names["\(index)"] = try store.put(
                        image(), Array("\(number) \(index)".utf8)
                    ).id
                }
                try store.addCheckpoint(CheckpointDescription(stage: "s", assets: names), to: "p")
            }
            Thread.detachNewThread {
                usleep(UInt32(microseconds))
                kill(getpid(), SIGKILL)
            }
            try store.revertProject("p", to: 1, assets: .removeOutputs)
            kill(getpid(), SIGKILL)
        }
        let store = try Store.open(at: path)
        #expect(try store.verify().isIntact)
        // Whatever checkpoints are left lack nothing.
        #expect(try store.recovery(ofProject: "p", checking: .content)?.canRecover == true)
        #expect(
            try store.checkpoints(of: "p").count == 1 + store.assets(project: "p").count / 100)
        #expect(try store.revertProject("p", to: 1, assets: .removeOutputs) != nil)
        #expect(try store.checkpoints(of: "p").map(\.number) == [1])
        #expect(try store.assets(project: "p") == [])
        #expect(try store.verify().isIntact)
        try store.close()
    }
}
