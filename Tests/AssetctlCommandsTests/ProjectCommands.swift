// Projects on the command line.

import AssetStore
import AssetctlCommands
internal import Basics
import Testing

@Suite struct ProjectCommands {
    let store: CommandStore
    init() throws { store = try CommandStore() }

    private static let keys = [
        "project", "status", "assetCount", "frameCount", "jobCount", "byteCount",
        "storedByteCount", "quota", "title", "summary", "stage", "percent", "error",
        "specification", "createdAt", "updatedAt", "completedAt",
    ]

    @Test func aProjectIsMadeShownChangedAndRemoved() throws {
        let specification = try store.file("s.json", Array("{\"b\": [1, 2.50], \"a\": null}".utf8))
        let made = store.run(
            "--json", "project", "create", "demo", "--title", "A demo", "--summary=About",
            "--specification", specification, "--quota", "2KiB")
        #expect(made.status == 0, "\(made.error)")
        let json = try #require(try made.json.first)
        #expect(json.keys == Self.keys)
        #expect(json["project"] == "demo" && json["status"] == "idle")
        #expect(json["quota"] == .number(literal: "2048") && json["title"] == "A demo")
        #expect(json["specification"]?.text == "{\"b\":[1,2.50],\"a\":null}")
        #expect(json["percent"] == .null && json["completedAt"] == .null)
        let again = store.run("project", "create", "demo")
        #expect(again.status == 1 && again.lastWord.contains("already"))

        let set = store.run(
            "--json", "project", "set", "demo", "--status", "failed", "--stage", "images",
            "--percent", "40.5", "--error", "no network", "--title=", "--specification=")
        #expect(set.status == 0, "\(set.error)")
        let changed = try #require(try set.json.first)
        #expect(changed["status"] == "failed" && changed["percent"]?.text == "40.5")
        #expect(changed["title"] == .null && changed["specification"] == .null)
        #expect(changed["summary"] == "About" && changed["completedAt"] == changed["updatedAt"])
        let shown = store.run("--json", "project", "show", "demo")
        let facts = try #require(try shown.json.first)
        #expect(facts.keys == Self.keys + ["checkpoint"] && facts["checkpoint"] == .null)
        #expect(Self.keys.allSatisfy { facts[$0] == changed[$0] })
        let page = store.run("project", "show", "demo").output
        #expect(page.contains("status   failed\n") && page.contains("done     40.5 %\n"))
        #expect(page.contains("error    no network\n"))
        #expect(store.run("project", "set", "demo", "--percent=").status == 0)
        #expect(
            try store.run("--json", "project", "show", "demo").json.first?["percent"] == .null)

        _ = try store.put("a.wav", SmallMedia.wav, project: "other")
        let removed = store.run("--json", "project", "rm", "other")
        #expect(try removed.json.first?["assetCount"] == .number(literal: "1"))
        #expect(store.run("ls").output.isEmpty && store.run("verify").status == 0)
        #expect(
            store.run("project", "rm", "demo").output
                == "removed project demo with 0 assets and 0 frames\n")
        #expect(store.run("projects").error == "there are no such projects\n")
    }

    @Test func projectsAreListed() throws {
        for index in 0..<520 {
            try store.directly { store in
                _ = try store.createProject(
                    "p\(1000 + index)", ProjectDescription(status: index == 7 ? .complete : .idle))
            }
        }
        let all = try store.run("--json", "projects").json
        #expect(all.map { $0["project"]?.string } == (0..<520).map { "p\(1000 + $0)" })
        #expect(all.allSatisfy { $0.keys == Self.keys })
        let complete = store.run("projects", "--status", "complete").output
            .split(separator: "\n")
        #expect(complete.count == 2)
        #expect(complete[0].hasPrefix("PROJECT ") && complete[1].hasPrefix("p1007 "))
        let idle = store.run("projects", "--status", "idle").output.split(separator: "\n")
        #expect(idle.count == 520)
    }

    @Test func quotasOfProjectsAndOfTheStore() throws {
        _ = try store.put("a.wav", SmallMedia.noise(seed: 1))
        #expect(store.run("project", "quota", "p").output == "p: 15.7 KiB, no quota\n")
        let set = try store.run("--json", "project", "quota", "p", "20K").json.first
        #expect(set?["quota"] == .number(literal: "20480"))
        let file = try store.file("b.wav", SmallMedia.noise(seed: 2))
        #expect(store.run("put", file, "--project", "p").status == 75)
        #expect(store.run("project", "quota", "p", "none").output == "p: 15.7 KiB, no quota\n")
        #expect(store.run("put", file, "--project", "p").status == 0)

        let whole = try #require(try store.run("--json", "quota", "40K").json.first)
        #expect(
            whole.keys == [
                "storedByteCount", "quota", "availableByteCount", "diskAvailableByteCount",
            ])
        #expect(whole["quota"] == .number(literal: "40960"))
        #expect(whole["availableByteCount"] == .number(literal: "\(40960 - 2 * 16_044)"))
        let third = try store.file("c.wav", SmallMedia.noise(seed: 3))
        #expect(store.run("put", third, "--project", "q").status == 75)
        #expect(store.run("quota", "none").output.hasPrefix("31.3 KiB, no quota; room for "))
        #expect(store.run("put", third, "--project", "q").status == 0)
        #expect(store.run("verify").status == 0)
    }

    @Test func whatIsWrongIsSaid() throws {
        _ = try store.put("a.wav", SmallMedia.wav)
        let json = try store.file("bad.json", Array("{".utf8))
        for (arguments, status, word) in [
            (["project", "show", "none"], 66, "there is no project “none”"),
            (["project", "set", "none", "--title", "x"], 66, "there is no project “none”"),
            (["project", "quota", "none", "1K"], 66, "there is no project “none”"),
            (["project", "rm", "none"], 66, "there is no project “none”"),
            (["project", "set", "p"], 64, "nothing is said"),
            (["project", "set", "p", "--percent", "many"], 64, "from 0 to 100"),
            (["project", "set", "p", "--percent", "101"], 64, "from 0 to 100"),
            (["project", "set", "p", "--status", "done"], 64, "idle, inProgress"),
            (["project", "set", "p", "--specification", json], 66, "not JSON"),
            (["project", "set", "p", "--specification", "nowhere.json"], 66, "nowhere.json"),
            (["project", "quota", "p", "much"], 64, "2GiB, or none"),
            (["project", "quota", "p", "0"], 64, "“none”"), (["quota", "-"], 64, "or none"),
            (["project", "create", "p", "--quota", "0"], 64, "leave it out"),
            (["project", "show"], 64, "the project's name is missing"),
            (["project"], 64, "show, create, set, quota, scenes, checkpoints, check, resume"),
            (["project", "check", "none"], 66, "there is no project “none”"),
            (["project", "scenes", "none"], 66, "there is no project “none”"),
            (["project", "checkpoints", "none"], 66, "there is no project “none”"),
            (["project", "resume", "none"], 66, "there is no project “none”"),
            (["project", "discard", "none"], 66, "there is no project “none”"),
            (["project", "revert", "none", "1"], 66, "there is no project “none”"),
            (["project", "revert", "p", "1"], 66, "has no checkpoint 1"),
            (["project", "revert", "p", "0"], 64, "not the number of a checkpoint"),
            (["project", "revert", "p"], 64, "the checkpoint's number is missing"),
            (["project", "revert", "p", "1", "--remove", "all"], 64, "outputs or newer"),
            (["projects", "--interrupted", "--status", "idle"], 64, "leave --status out"),
            (["housekeeping", "--frames-after", "1"], 64, "30m, 24h or 7d, or never"),
            (["housekeeping", "--projects-after", "-1d"], 64, "or never"),
            (["evict"], 64, "the size is missing"), (["evict", "much"], 64, "is no size"),
        ] as [([String], Int32, String)] {
            let captured = CapturedConsole()
            let found = Assetctl.run(
                arguments: ["--store", store.path] + arguments, console: captured.console)
            #expect(found == status, "\(arguments): \(captured.error.text)")
            #expect(captured.error.text.contains(word), "\(arguments): \(captured.error.text)")
        }
        #expect(try store.run("--json", "projects").json.count == 1)
    }
}
