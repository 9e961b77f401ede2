import Basics
import TestSupport
import Testing

@testable import AssetStore

/// What is said of projects is kept, and what isn't there is `nil` (P13).
@Suite struct Projects {
    @Test func sayWhatTheyWereGiven() throws {
        let test = try TestStore()
        let description = ProjectDescription(
            title: "T", summary: "S", status: .inProgress, stage: "script", percent: 15,
            error: "e", specification: "{\"a\":1}", quota: 1 << 20)
        let made = try test.store.createProject("p", description)
        #expect(made.description == description && made.usage == [:])
        #expect(made.createdAt == made.updatedAt && made.completedAt == nil)
        #expect(throws: AssetError(.alreadyExists, "")) { try test.store.createProject("p") }
        try test.reopen()
        #expect(try test.store.project("p") == made)
        let changed = try #require(
            try test.store.updateProject("p") {
                $0.status = .complete
                $0.percent = 100
                $0.error = nil
            })
        #expect(changed.description.percent == 100 && changed.description.title == "T")
        #expect(changed.completedAt == changed.updatedAt && changed.createdAt == made.createdAt)
        #expect(try test.store.project("p") == changed)
        // Only a change of the status changes when it ended.
        let renamed = try test.store.updateProject("p") { $0.title = nil }
        #expect(renamed?.completedAt == changed.completedAt)
        #expect(try test.store.updateProject("p") { $0.status = .idle }?.completedAt == nil)
        #expect(try test.store.verify().isIntact)
    }

    /// Names that look alike but are other bytes are those of other projects, also in one commit.
    @Test func areToldApartByTheBytesOfTheirNames() throws {
        let test = try TestStore()
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        // Strings are equal when they look alike.
        #expect(composed == decomposed)
        let numbers = try test.store.catalog.change { transaction, changes in
            [
                try changes.project(named: composed, in: transaction),
                try changes.project(named: decomposed, in: transaction),
                try changes.project(named: composed, in: transaction),
            ]
        }
        #expect(numbers[0] == numbers[2] && numbers[0] != numbers[1])
        _ = try test.store.put(image(project: composed), [1, 2, 3])
        _ = try test.store.put(image(project: decomposed), [4, 5])
        _ = try test.store.put(image(project: decomposed), [6])
        let projects = try test.store.statistics().projects
        #expect(
            projects.map { Array($0.name.utf8) } == [decomposed, composed].map { Array($0.utf8) })
        #expect(projects.map { $0.namespaces[.images]?.count } == [2, 1])
        #expect(try test.store.project(composed)?.usage[.images]?.byteCount == 3)
        #expect(try test.store.verify().isIntact)
    }

    @Test func absenceIsNil() throws {
        let test = try TestStore()
        let long = String(repeating: "x", count: 300)
        for name in ["none", "", long] {
            #expect(try test.store.project(name) == nil)
            #expect(try test.store.updateProject(name) { $0.title = "t" } == nil)
            #expect(try test.store.estimate(ofProject: name) == nil)
            #expect(try !test.store.removeProject(name))
        }
        #expect(try test.store.projects() == [])
        #expect(try test.store.statistics().projects.isEmpty)
    }

    @Test func countWhatTheyHold() throws {
        let test = try TestStore(quota: 10_000)
        try test.store.createProject("p", ProjectDescription(quota: 5000))
        _ = try test.store.put(image(), [1, 2, 3])
        _ = try test.store.put(image(project: "q"), [1, 2, 3])
        let lease = try test.store.start(try test.store.submit(renderJob()).id)
        let writer = FrameWriter(lease)
        try writer.append(0, [UInt8](repeating: 1, count: 100))
        try writer.flush()
        let project = try #require(try test.store.project("p"))
        #expect(project.assetCount == 1 && project.frameCount == 1 && project.jobCount == 1)
        #expect(project.total == Usage(count: 3, byteCount: 103, storedByteCount: 103))
        #expect(Set(project.usage.keys) == [.images, .frames, .jobs])
        // What an update returns has the same figures.
        #expect(try test.store.updateProject("p") { _ in }?.usage == project.usage)

        let estimate = try #require(try test.store.estimate(ofProject: "p"))
        #expect(estimate.storedByteCount == 103 && estimate.quota == 5000)
        #expect(estimate.availableByteCount == 4897)
        #expect(estimate.diskAvailableByteCount > 0)
        let whole = try test.store.estimate()
        // Equal content is stored once.
        #expect(whole.storedByteCount == 103 && whole.quota == 10_000)
        #expect(whole.availableByteCount == 9897)
        // A project has no more room than its store.
        try test.store.setQuota(1 << 30, ofProject: "p")
        #expect(try test.store.estimate(ofProject: "p")?.availableByteCount == 9897)
        try test.store.setQuota(50)
        #expect(try test.store.estimate().availableByteCount == 0)
    }

    @Test func quotasSetTogetherWithTheRestHold() throws {
        let test = try TestStore()
        try test.store.createProject("p", ProjectDescription(quota: 10))
        #expect(throws: AssetError(.quotaExceeded, "")) {
            try test.store.put(image(), [UInt8](repeating: 1, count: 11))
        }
        try test.store.updateProject("p") { $0.quota = 11 }
        _ = try test.store.put(image(), [UInt8](repeating: 1, count: 11))
        #expect(try test.store.project("p")?.quota == 11)
        #expect(try test.store.verify().isIntact)
    }

    @Test func areListedByNameFromAnywhere() throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: 3)
        var names = (0..<40).map { "p\($0)" }
        names += ["a", "a b", "é", "ab", String(repeating: "z", count: 255)]
        names.shuffle(using: &random)
        for (index, name) in names.enumerated() {
            try test.store.createProject(
                name, ProjectDescription(status: index % 3 == 0 ? .failed : .idle))
        }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try test.store.projects().map(\.name) == sorted)
        for last in sorted + ["", "p", "zz", String(repeating: "z", count: 400)] {
            var rest: [String] = []
            try test.store.forEachProject(after: last) {
                rest.append($0.name)
                return true
            }
            #expect(rest == sorted.filter { last.utf8.lexicographicallyPrecedes($0.utf8) })
        }
        let failed = try test.store.projects(status: .failed)
        #expect(failed.count == 15 && failed.allSatisfy { $0.status == .failed })
        var count = 0
        try test.store.forEachProject { _ in
            count += 1
            return count < 7
        }
        #expect(count == 7)
        #expect(try test.store.verify().isIntact)
    }

    @Test func whatCantBeSaidChangesNothing() throws {
        let test = try TestStore()
        let long = String(repeating: "x", count: Limits.textByteCountMax + 1)
        let json = String(repeating: "x", count: Limits.parametersByteCountMax + 1)
        let wrong: [@Sendable (inout ProjectDescription) -> Void] = [
            { $0.percent = -0.1 }, { $0.percent = 100.1 }, { $0.percent = .nan },
            { $0.percent = .infinity }, { $0.title = long }, { $0.summary = long },
            { $0.error = long }, { $0.stage = String(long.prefix(256)) },
            { $0.specification = json }, { $0.quota = -1 },
        ]
        let made = try test.store.createProject("p")
        for change in wrong {
            var description = ProjectDescription()
            change(&description)
            #expect(throws: AssetError(.invalidArgument, "")) {
                try test.store.createProject("other", description)
            }
            #expect(throws: AssetError(.invalidArgument, "")) {
                try test.store.updateProject("p", change)
            }
        }
        for name in ["", "a\0", String(repeating: "x", count: 256)] {
            #expect(throws: AssetError(.invalidArgument, "")) {
                try test.store.createProject(name)
            }
        }
        #expect(try test.store.projects() == [made])
        let most = ProjectDescription(
            title: String(long.dropLast()), stage: String(long.prefix(255)), percent: 0,
            specification: String(json.dropLast()))
        #expect(try test.store.createProject("most", most).description == most)
        #expect(try test.store.project("most")?.description == most)
    }

    @Test func anOldNameIsANewProject() throws {
        let test = try TestStore()
        try test.store.createProject("p", ProjectDescription(title: "old", quota: 5))
        try test.store.removeProject("p")
        #expect(try test.store.project("p") == nil && test.store.projects() == [])
        _ = try test.store.put(image(), [UInt8](repeating: 1, count: 20))
        #expect(try test.store.project("p")?.description == ProjectDescription())
        #expect(try test.store.verify().isIntact)
    }
}
