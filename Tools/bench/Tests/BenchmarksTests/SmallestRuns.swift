// Every benchmark at its smallest: it runs, and all contestants stored and read the same.

import Synchronization
import Testing

@testable import Benchmarks

@Suite(.serialized) struct SmallestRuns {
    @Test(arguments: Suite.all.flatMap(\.works).map(\.name))
    func aWorkMakesTheRowsThatItAnnounces(_ name: String) throws {
        let work = try #require(Suite.all.flatMap(\.works).first { $0.name == name })
        let workspace = try Workspace(in: nil)
        defer { workspace.remove() }
        let bench = Bench(
            isSmoke: true, repetitions: 1, seed: 7, assetCount: nil, workspace: workspace,
            say: { _ in })
        let rows = try work.measure(bench)
        #expect(Set(rows.map(\.work)) == Set(work.rowNames))
        for row in rows {
            #expect(row.ours > 0)
            #expect(row.hash != 0)
            #expect(row.peers.allSatisfy { $0.value > 0 })
            #expect((row.against == nil) == (row.ratio == nil))
        }
    }

    @Test func aRunPrintsOneObjectPerRow() throws {
        var lines: [String] = []
        let workspace = try Workspace(in: nil)
        defer { workspace.remove() }
        try Assetbench.run(
            try Options(["storage", "--smoke", "--json", "--only", "single-writer"]),
            in: workspace, print: { lines.append($0) }, say: { _ in })
        #expect(lines.count == 2)
        for line in lines {
            for key in ["suite", "work", "unit", "ours", "peers", "ratio", "target", "met", "hash"]
            {
                #expect(line.contains("\"\(key)\":"))
            }
        }
    }

    @Test func contestantsThatDisagreeAreAnError() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.remove() }
        let bench = Bench(
            isSmoke: true, repetitions: 1, seed: 7, assetCount: nil, workspace: workspace,
            say: { _ in })
        #expect(throws: (any Error).self) {
            try bench.compare([
                Contestant(name: "ours") { Sample(value: 1, hash: 1) },
                Contestant(name: "peer") { Sample(value: 1, hash: 2) },
            ])
        }
    }
}
