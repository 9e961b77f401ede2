// What assetbench is asked for.

import Testing

@testable import Benchmarks

@Suite struct CommandLines {
    @Test func optionsStandAnywhere() throws {
        let options = try Options([
            "--smoke", "storage", "--only=warm-reads", "--json", "--seed", "9", "--repetitions=3",
            "--directory", "d",
        ])
        #expect(options.suites == ["storage"])
        #expect(options.isSmoke && options.isJSON)
        #expect(options.only == "warm-reads")
        #expect(options.seed == 9)
        #expect(options.repetitions == 3)
        #expect(options.directory == "d")
    }

    @Test func mediaMayBeGivenAgain() throws {
        let options = try Options(["frames", "--media", "a", "--media=b", "--plot", "p.svg"])
        #expect(options.media == ["a", "b"])
        #expect(options.plot == "p.svg")
    }

    @Test func allMeansWhatThereIs() throws {
        #expect(try Options(["all"]).suites == Suite.all.map(\.name))
    }

    @Test(arguments: [
        [], ["storage", "all"], ["nothing"], ["storage", "--only", "nothing"],
        ["storage", "--fast"],
        ["storage", "--seed"], ["storage", "--seed", "x"], ["storage", "--repetitions", "0"],
        ["storage", "--smoke=1"],
    ])
    func whatCannotBeMeantIsRefused(_ arguments: [String]) {
        #expect(throws: UsageError.self) { try Options(arguments) }
        #expect(Assetbench.main(arguments) == 64)
    }

    @Test func helpNamesEverySuiteAndWork() {
        for suite in Suite.all {
            #expect(Options.help.contains(suite.name))
            for work in suite.works { #expect(Options.help.contains(work.name)) }
        }
    }

    @Test func namesAreGivenOnce() {
        let names = Suite.all.flatMap(\.works).flatMap(\.rowNames)
        #expect(Set(names).count == names.count)
    }
}
