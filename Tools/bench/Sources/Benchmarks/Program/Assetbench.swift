// The program: reads the command line, runs the works, prints rows.

internal import Basics
internal import Glibc
internal import Synchronization

/// The program `assetbench`.
public enum Assetbench {
    /// Runs the program and returns its exit status: 0 whether or not promises are kept, 1 when
    /// something fails or contestants disagree, 64 when the command line can't be understood.
    public static func main(_ arguments: [String]) -> CInt {
        do {
            let options = try Options(arguments)
            if options.wantsHelp {
                print(Options.help)
                return 0
            }
            let workspace = try Workspace(in: options.directory)
            defer { workspace.remove() }
            try removeOnInterruption(workspace)
            try run(options, in: workspace, print: { print($0) }, say: { complain($0) })
            return 0
        } catch let error as UsageError {
            complain("assetbench: \(error.message) (see assetbench --help)")
            return 64
        } catch {
            complain("assetbench: \(error)")
            return 1
        }
    }

    /// Runs what is asked for, and gives each line to `print` when it is known.
    static func run(
        _ options: Options, in workspace: Workspace, print: (String) -> Void,
        say: @escaping @Sendable (String) -> Void
    ) throws {
        if isOnDisk(workspace.path) == false {
            say("\(workspace.path) lies in memory: what is measured says nothing of a disk")
        }
        let bench = Bench(
            isSmoke: options.isSmoke, repetitions: options.repetitions ?? (options.isSmoke ? 1 : 5),
            seed: options.seed, isAlone: options.isAlone, assetCount: options.assetCount,
            media: options.media, workspace: workspace, say: say)
        var all: [Row] = []
        if !options.isJSON { print(Table.header) }
        for suite in Suite.all where options.suites.contains(suite.name) {
            for work in suite.works where options.only.map(work.isNamed) ?? true {
                say("\(suite.name): \(work.name): \(work.summary)")
                let rows = try work.measure(bench)
                all += rows
                if options.isJSON {
                    for row in rows { print(row.json(suite: suite.name)) }
                } else {
                    for line in Table.lines(rows) { print(line) }
                }
            }
        }
        let materials = Pareto.all(of: all)
        if !options.isJSON, !materials.isEmpty {
            print("")
            for line in Pareto.table(materials) { print(line) }
        }
        if let plot = options.plot {
            let file = try FileDescriptor(plot, O_WRONLY | O_CREAT | O_TRUNC)
            unsafe try file.write(Array(Pareto.plot(materials).utf8).span.bytes, at: 0)
        }
    }

    private static func print(_ line: String) {
        Swift.print(line)
        // Rows are far apart: whoever reads a pipe wants each when it is there.
        _ = fflush(nil)
    }

    private static func complain(_ line: String) {
        var bytes = Array("\(line)\n".utf8)
        _ = unsafe bytes.withUnsafeMutableBytes {
            unsafe write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
    }
}
