// What is stored is listed, counted and removed, and damage is found.

import AssetStore
import AssetctlCommands
internal import Basics
internal import Foundation
import Testing

@Suite struct ListingAndRemoving {
    let store: CommandStore
    init() throws { store = try CommandStore() }

    @Test func aNewStoreIsDescribed() throws {
        let made = store.run("--json", "init", "--quota", "1MiB")
        #expect(made.status == 0)
        let info = try #require(try made.json.first)
        #expect(
            info.keys == [
                "storeID", "formatVersion", "assetCount", "frameCount", "jobCount", "byteCount",
                "storedByteCount", "diskByteCount", "reclaimableByteCount", "quota", "namespaces",
                "projects", "diskAvailableByteCount",
            ])
        #expect(info["quota"] == .number(literal: "1048576"))
        #expect(info["namespaces"]?.keys == ["images", "videos", "audio", "frames", "jobs"])
        let again = store.run("init")
        #expect(again.status == 1 && again.lastWord.contains("is a store already"))
    }

    @Test func infoCountsByNamespaceAndProject() throws {
        _ = try store.put("a.wav", SmallMedia.wav, project: "one")
        _ = try store.put("b.png", SmallMedia.png(), project: "two")
        let info = try #require(try store.run("--json", "info").json.first)
        #expect(info["assetCount"] == .number(literal: "2") && info["quota"] == .null)
        #expect(info["namespaces"]?["audio"]?["count"] == .number(literal: "1"))
        #expect(
            info["namespaces"]?["audio"]?.keys == ["count", "byteCount", "storedByteCount"])
        let projects = info["projects"]?.elements ?? []
        #expect(projects.map { $0["project"] } == ["one", "two"])
        #expect(
            projects.first?.keys == [
                "project", "assetCount", "frameCount", "jobCount", "byteCount", "storedByteCount",
            ])
        let page = store.run("info").output
        #expect(page.contains("holds      2 assets, 0 frames, 0 jobs\n"))
        #expect(page.contains("quota      none\n"))
    }

    @Test func listingsAreFilteredAndPagedWithoutGapsOrRepeats() throws {
        try store.directly { store in
            for index in 0..<1203 {
                let bytes = [UInt8(index % 256)]
                _ = unsafe try store.put(
                    AssetDescription(
                        namespace: index % 3 == 0 ? .audio : .images,
                        project: index % 2 == 0 ? "even" : "odd",
                        kind: index % 5 == 0 ? "five" : "", name: "\(index)",
                        mediaType: "x/y"),
                    bytes.span.bytes)
            }
        }
        func names(_ arguments: String...) throws -> [Int] {
            let captured = CapturedConsole()
            let status = Assetctl.run(
                arguments: ["--store", store.path, "--json", "ls"] + arguments,
                console: captured.console)
            #expect(status == 0)
            return try captured.output.text.split(separator: "\n").compactMap {
                try JSONValue.parse(Array($0.utf8))["name"]?.string.flatMap { Int($0) }
            }
        }
        let all = Array(0..<1203)
        #expect(try names() == all)
        #expect(try names("--namespace", "audio") == all.filter { $0 % 3 == 0 })
        #expect(try names("--kind", "five") == all.filter { $0 % 5 == 0 })
        let even = all.filter { $0 % 2 == 0 }
        #expect(
            try names("--project", "even")
                == even.filter { $0 % 3 != 0 } + even.filter { $0 % 3 == 0 })
        #expect(
            try names("--project", "even", "--namespace", "images", "--kind", "five")
                == even.filter { $0 % 3 != 0 && $0 % 5 == 0 })
        #expect(try names("--project", "none").isEmpty)
        let text = store.run("ls", "--project", "odd").output.split(separator: "\n")
        #expect(text.count == 602 && text[0].hasPrefix("ID      "))
        #expect(store.run("ls", "--project", "none").error == "there are no such assets\n")
    }

    @Test func removingSaysWhatWentAndWhatWasNotThere() throws {
        let wav = try store.put("a.wav", SmallMedia.wav)
        let png = try store.put("b.png", SmallMedia.png())
        let unknown = "01980000-0000-7000-8000-000000000000"
        let result = store.run("--json", "rm", wav, unknown, wav, png)
        #expect(result.status == 66)
        #expect(try result.json.map { $0["id"]?.string } == [wav, png])
        #expect(result.lastWord.contains("1 of 3 is not removed"))
        #expect(result.lastWord.contains(unknown))
        for command in ["show", "get", "rm"] {
            let gone = store.run(command, wav)
            #expect(gone.status == 66 && gone.lastWord.contains(wav), "\(command)")
        }
        #expect(store.run("ls").output.isEmpty)
        #expect(store.run("verify").status == 0)
    }

    @Test(arguments: [
        ["info"], ["ls"], ["verify"], ["jobs"], ["show", "01980000-0000-7000-8000-000000000000"],
        ["get", "01980000-0000-7000-8000-000000000000"],
        ["rm", "01980000-0000-7000-8000-000000000000"], ["job", "show", "x"],
        ["job", "cancel", "x"], ["job", "rm", "x"], ["frames", "ls", "x"],
        ["frames", "get", "x", "0", "--output", "f.png"], ["frames", "export", "x", "d"],
        ["projects"], ["project", "show", "p"], ["project", "set", "p", "--title", "t"],
        ["project", "quota", "p", "1K"], ["project", "rm", "p"], ["quota", "1K"],
        ["project", "scenes", "p"], ["project", "checkpoints", "p"], ["project", "check", "p"],
        ["project", "resume", "p"], ["project", "discard", "p"], ["project", "revert", "p", "1"],
        ["housekeeping"], ["evict", "1K"],
    ])
    func readingNeedsAStore(_ arguments: [String]) throws {
        for makesDirectory in [false, true] {
            if makesDirectory {
                try FileManager.default.createDirectory(
                    atPath: store.path + "/photos", withIntermediateDirectories: true)
            }
            let captured = CapturedConsole()
            let status = Assetctl.run(
                arguments: ["--store", store.path] + arguments, console: captured.console)
            #expect(status == 66)
            #expect(captured.error.text.contains("there is no store at \(store.path)"))
            #expect(captured.error.text.contains("assetctl init"))
        }
        #expect(try FileSystem.names(in: store.path) == ["photos"])
    }

    @Test func writingLeavesAForeignDirectoryAlone() throws {
        try FileManager.default.createDirectory(
            atPath: store.path + "/photos", withIntermediateDirectories: true)
        let wav = try store.file("a.wav", SmallMedia.wav)
        for arguments in [["put", wav, "--project", "p"], ["init"]] {
            let captured = CapturedConsole()
            let status = Assetctl.run(
                arguments: ["--store", store.path] + arguments, console: captured.console)
            #expect(status == 66, "\(captured.error.text)")
        }
        #expect(try FileSystem.names(in: store.path) == ["photos"])
    }

    @Test func verifyingFindsTheFlippedBit() throws {
        let id = try store.put("a.wav", SmallMedia.wav)
        _ = try store.put("b.png", SmallMedia.png())
        let good = store.run("--json", "verify")
        #expect(good.status == 0 && good.error.isEmpty)
        let whole = try #require(try good.json.first)
        #expect(
            whole.keys == [
                "ok", "assetsChecked", "framesChecked", "segmentsChecked", "bytesChecked",
                "damaged",
            ])
        #expect(whole["ok"] == true && whole["damaged"] == .array([]))
        #expect(whole["assetsChecked"] == .number(literal: "2"))

        try store.damage(SmallMedia.wav)
        let bad = store.run("--json", "verify")
        #expect(bad.status == 1)
        let report = try #require(try bad.json.first)
        #expect(report["ok"] == false)
        let damage = try #require(report["damaged"]?.elements.first)
        #expect(report["damaged"]?.elements.count == 1)
        #expect(damage.keys == ["id", "part", "reason"])
        #expect(damage["id"]?.string == id && damage["part"] == .number(literal: "0"))
        #expect(bad.lastWord.contains("damaged in 1 place") && bad.lastWord.contains("rm"))
        let text = store.run("verify")
        #expect(text.output.hasPrefix("damaged: \(id), part 0: "))
        // What is damaged can be removed, and then all is well.
        #expect(store.run("rm", id).status == 0)
        #expect(store.run("verify").status == 0)
    }

    @Test func verifyingCanBeInterrupted() throws {
        _ = try store.put("a.wav", SmallMedia.wav)
        let interrupt = Interrupt()
        _ = interrupt.signalled()
        let result = store.run("verify", interrupt: interrupt)
        #expect(result.status == 130 && result.output.isEmpty)
        #expect(result.lastWord.contains("verify again"))
    }
}
