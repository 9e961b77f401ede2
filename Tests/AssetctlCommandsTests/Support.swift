// What the tests of commands share: a captured run.

import AssetctlCommands
internal import Basics
internal import Synchronization

/// The test library has a type of this name too.
typealias ExitStatus = AssetctlCommands.ExitStatus

/// A console whose streams stay in memory.
struct CapturedConsole {
    let output: CapturedSink
    let error: CapturedSink
    let console: Console

    init(
        isTerminal: Bool = false, columns: Int? = nil, environment: [String: String] = [:],
        input: [UInt8] = []
    ) {
        output = CapturedSink()
        error = CapturedSink(isTerminal: isTerminal, columns: columns)
        let rest = Mutex(input[...])
        console = Console(
            output: output, error: error, environment: environment,
            input: { countMax in
                rest.withLock { rest in
                    defer { rest = rest.dropFirst(countMax) }
                    return Array(rest.prefix(countMax))
                }
            })
    }
}

/// Runs `arguments` and returns what came of it.
func run(
    _ arguments: [String], commands: CommandList = .all, environment: [String: String] = [:],
    interrupt: Interrupt = Interrupt()
) -> (status: Int32, output: String, error: String) {
    let captured = CapturedConsole()
    let status = Assetctl.run(
        arguments: arguments, console: captured.console, environment: environment,
        interrupt: interrupt, commands: commands)
    return (status, captured.output.text, captured.error.text)
}

/// A command for tests, whose errors are chosen by its operand.
struct EchoCommand: Subcommand {
    static let name = "echo"
    static let summary = "prints its operands"
    static let help = """
        usage: assetctl echo [--upper] [--count <n>] [--attribute <key=value>]… <word>…

          --upper                   in capitals
          --count <n>               so many times
          --attribute <key=value>   a fact; may be repeated

        example: assetctl echo --upper hello
        """
    let isUpper: Bool
    let count: Int
    let attributes: [(key: String, value: String)]
    let words: [String]

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        isUpper = try arguments.flag("upper")
        count = try arguments.integer("count", in: 1...9) ?? 1
        attributes = try arguments.pairs("attribute")
        words = try arguments.operands("a word")
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        let text = words.joined(separator: " ")
        switch text {
        case "fail missing": throw AssetError(.inputMissing, "a.wav: no such file")
        case "fail full": throw AssetError(.diskFull, "the disk is full")
        case "fail closed": throw OutputClosed()
        case "fail lines": throw AssetError(.io, "one\ntwo\u{1B}[2J")
        case "interrupted": try context.interrupt.check()
        default: break
        }
        context.console.talk("store \(context.storePath)")
        for _ in 0..<count {
            try context.result(
                [
                    "words": .array(words.map(JSONValue.string)),
                    "command": .string(context.commandLine),
                ],
                text: isUpper ? text.uppercased() : text)
        }
        return .done
    }
}

struct GroupShowCommand: Subcommand {
    static let name = "group show"
    static let summary = "shows"
    static let help = "usage: assetctl group show <name>"
    let operand: String
    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        operand = try arguments.operand("a name")
    }
    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.console.line("shown \(operand)")
        return .failed
    }
}

let testCommands = CommandList([EchoCommand.self, GroupShowCommand.self])
