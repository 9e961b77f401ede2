// What a command is, and what it is given to run with.

package import Basics

/// A command of `assetctl`. To add one, write a type like this and add it to ``CommandList/all``.
///
/// ```swift
/// struct ReclaimCommand: Subcommand {
///     static let name = "reclaim"
///     static let summary = "gives disk blocks of deleted assets back"
///     static let help = """
///         usage: assetctl reclaim [--limit <size>]
///
///           --limit <size>   stop when so many bytes are freed
///
///         example: assetctl reclaim --limit 1GiB
///         """
///     let limit: Int?
///
///     init(_ arguments: inout ArgumentReader) throws(UsageError) {
///         limit = try arguments.byteSize("limit")
///     }
///
///     func run(_ context: CommandContext) throws -> ExitStatus { … }
/// }
/// ```
package protocol Subcommand: Sendable {
    /// The word, or the two words with a space, by which the command is called.
    static var name: String { get }
    /// One line for the list of commands, without a full stop.
    static var summary: String { get }
    /// The usage, a line per option (`--name <value>  meaning`), and an example. The options of
    /// every command are added to it.
    static var help: String { get }
    /// Whether the command looks at ``CommandContext/interrupt`` and ends by itself, having
    /// committed what was in flight. Others are ended by the first Ctrl-C.
    static var finishesWhenInterrupted: Bool { get }

    /// Reads the arguments: first all options, then the operands.
    init(_ arguments: inout ArgumentReader) throws(UsageError)

    /// Does it. Errors end up as the last line of standard error, and in the exit status.
    func run(_ context: CommandContext) throws -> ExitStatus
}

extension Subcommand {
    package static var finishesWhenInterrupted: Bool { false }
}

/// What every command is given. Thread-safe.
package struct CommandContext: Sendable {
    package let console: Console
    /// The store's directory: `--store`, else `$ASSETCTL_STORE`, else `./assetstore`.
    package let storePath: String
    /// Whether results are to be JSON.
    package let wantsJSON: Bool
    /// How far things are; says nothing when it shouldn't.
    package let progress: ProgressReporter
    package let interrupt: Interrupt
    /// The command line as it can be pasted into a shell to run it again.
    package let commandLine: String

    /// Prints one result: a line of JSON with `--json`, otherwise `text`.
    package func result(
        _ json: @autoclosure () -> JSONValue, text: @autoclosure () -> String
    ) throws {
        try console.line(wantsJSON ? json().text : text())
    }

    /// Begins a file that appears under its name when it is complete, and that an interrupt
    /// leaves nothing of.
    package func outputFile(_ path: String, overwrite: Bool) throws(AssetError) -> OutputFile {
        try OutputFile(path, overwrite: overwrite, temporaryChanged: interrupt.temporaryChanged)
    }

    /// Begins to write many such files into a folder.
    package func outputFolder(
        _ path: String, overwrite: Bool, isTarget: (_ name: String) -> Bool
    ) throws(AssetError) -> OutputFolder {
        try OutputFolder(
            path, overwrite: overwrite, isTarget: isTarget,
            temporaryChanged: interrupt.temporaryChanged)
    }
}

/// `word` as a shell reads it back.
package func shellQuoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-_./:=,+@%".utf8.contains(byte)
        }
    }
    if plain, !word.isEmpty { return word }
    return "'"
        + word.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
}
