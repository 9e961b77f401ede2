// The program from its arguments to its exit status.

internal import Basics
internal import Glibc

/// `assetctl`, callable in process.
package enum Assetctl {
    package static let version = "0.1.0"

    /// Runs with the process's own arguments, streams and signals.
    package static func main() -> Int32 {
        _ = signal(SIGPIPE, SIG_IGN)
        var environment: [String: String] = [:]
        for name in ["ASSETCTL_STORE", "NO_COLOR", "TERM", "COLUMNS"] {
            if let value = unsafe getenv(name) {
                environment[name] = unsafe String(cString: value)
            }
        }
        let interrupt = Interrupt()
        let console = Console.standard(environment: environment)
        do {
            try interrupt.watchSignals()
        } catch {
            return console.fail(error).rawValue
        }
        return run(
            arguments: Array(CommandLine.arguments.dropFirst()), console: console,
            environment: environment, interrupt: interrupt)
    }

    /// Runs one command.
    ///
    /// - Parameters:
    ///   - arguments: what follows the program's name.
    ///   - console: where results, talk and errors go.
    ///   - environment: `ASSETCTL_STORE` is looked up here.
    /// - Returns: the exit status.
    package static func run(
        arguments: [String], console: Console, environment: [String: String] = [:],
        interrupt: Interrupt = Interrupt(), commands: CommandList = .all
    ) -> Int32 {
        let status: ExitStatus
        do {
            status = try dispatch(arguments, console, environment, interrupt, commands)
            try console.flush()
        } catch {
            return console.fail(error).rawValue
        }
        return status.rawValue
    }

    private static func dispatch(
        _ arguments: [String], _ console: Console, _ environment: [String: String],
        _ interrupt: Interrupt, _ commands: CommandList
    ) throws -> ExitStatus {
        guard !arguments.isEmpty else {
            console.complain(commands.overview)
            return .wrongUsage
        }
        var reader = ArgumentReader(arguments)
        let global = try pointing("assetctl --help") { () throws(UsageError) in
            try GlobalOptions(&reader)
        }
        if global.wantsVersion {
            try console.line("assetctl \(version)")
            return .done
        }
        if global.wantsHelp || reader.nextCommandWord == "help" {
            try console.result(help(reader, commands))
            return .done
        }
        let type = try pointing("assetctl --help") { () throws(UsageError) in
            try commands.find(in: &reader)
        }
        let command = try pointing("assetctl \(type.name) --help") { () throws(UsageError) in
            let command = try type.init(&reader)
            try reader.finish()
            return command
        }
        if global.isQuiet { console.silence() }
        interrupt.begin(finishesWork: type.finishesWhenInterrupted)
        let context = CommandContext(
            console: console,
            storePath: global.store ?? environment["ASSETCTL_STORE"].nonEmpty ?? "./assetstore",
            wantsJSON: global.wantsJSON,
            progress: ProgressReporter(
                console: console,
                style: global.isQuiet ? .none : global.progress ?? console.progressStyle),
            interrupt: interrupt,
            commandLine: (["assetctl"] + arguments).map(shellQuoted).joined(separator: " "))
        defer { context.progress.finish() }
        return try command.run(context)
    }

    /// Help on the words that are left, as far as they name a command.
    private static func help(
        _ arguments: ArgumentReader, _ commands: CommandList
    ) throws(UsageError) -> String {
        var reader = arguments
        if reader.nextCommandWord == "help" { _ = try reader.commandWord() }
        var words: [String] = []
        while words.count < 2, let next = reader.nextCommandWord,
            words.first.map({ !commands.group($0).isEmpty }) ?? true
        {
            words.append(next)
            _ = try reader.commandWord()
        }
        return try commands.help(on: words)
    }

    /// Adds to a usage error of `body` where to read on.
    private static func pointing<Result>(
        _ help: String, _ body: () throws(UsageError) -> Result
    ) throws(UsageError) -> Result {
        do throws(UsageError) {
            return try body()
        } catch {
            throw UsageError("\(error.message) (see \(help))")
        }
    }
}

/// The options that every command has, before or after its name.
private struct GlobalOptions {
    let wantsHelp: Bool
    let wantsVersion: Bool
    let wantsJSON: Bool
    let isQuiet: Bool
    let store: String?
    let progress: ProgressReporter.Style?

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        wantsHelp = try arguments.flag("help")
        wantsVersion = try arguments.flag("version")
        wantsJSON = try arguments.flag("json")
        isQuiet = try arguments.flag("quiet")
        store = try arguments.option("store")
        progress = try arguments.choice("progress", of: ["json": .json])
        arguments.endGlobalOptions()
    }
}

extension String? {
    /// The string, or `nil` also when it is empty.
    fileprivate var nonEmpty: String? { self?.isEmpty == true ? nil : self }
}
