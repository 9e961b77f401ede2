// Streams that fail, close, or are terminals; and Ctrl-C.

import AssetctlCommands
internal import Basics
internal import Glibc
internal import Synchronization
import Testing

@Suite struct ConsoleStreams {
    @Test func aFullDiskBehindStandardOutputIsAnError() throws {
        let full = try File("/dev/full", .write)
        let error = CapturedSink()
        let console = Console(
            output: DescriptorSink(full.descriptor, name: "standard output"), error: error)
        let status = Assetctl.run(
            arguments: ["echo", "a"], console: console, commands: testCommands)
        #expect(status == 75)
        #expect(
            error.text.hasSuffix(
                "assetctl: standard output: the disk is full; free some space and try again\n"))
    }

    @Test func aReaderThatLeftEndsThingsQuietly() throws {
        // The program ignores SIGPIPE; so must the test.
        _ = signal(SIGPIPE, SIG_IGN)
        var ends: [CInt] = [0, 0]
        let status = unsafe pipe(&ends)
        try #require(status == 0)
        _ = close(ends[0])
        defer { _ = close(ends[1]) }
        let error = CapturedSink()
        let console = Console(
            output: DescriptorSink(ends[1], name: "standard output"), error: error)
        let exit = Assetctl.run(
            arguments: ["echo", "a", "--quiet"], console: console, commands: testCommands)
        #expect(exit == 1)
        #expect(error.text.isEmpty)
    }

    @Test func rawBytesArriveUnchangedAndInOrder() throws {
        let captured = CapturedConsole()
        let large = [UInt8](repeating: 0xFE, count: 200_000)
        try captured.console.result("a")
        try unsafe captured.console.result(large.span.bytes)
        try captured.console.line("b")
        try captured.console.flush()
        #expect(captured.output.bytes == [0x61] + large + [0x62, 0x0A])
    }

    @Test func colorIsForTerminalsThatWantIt() {
        func usesColor(_ isTerminal: Bool, _ environment: [String: String]) -> Bool {
            CapturedConsole(isTerminal: isTerminal, environment: environment).console.usesColor
        }
        #expect(usesColor(true, [:]))
        #expect(!usesColor(true, ["NO_COLOR": "1"]))
        #expect(usesColor(true, ["NO_COLOR": ""]))
        #expect(!usesColor(true, ["TERM": "dumb"]))
        #expect(!usesColor(false, [:]))
    }
}

@Suite struct Interrupts {
    @Test func theFirstSignalAsksTheSecondLeaves() {
        let interrupt = Interrupt()
        let calls = Mutex(0)
        interrupt.onRequest { calls.withLock { $0 += 1 } }
        _ = run(["finishing"], commands: CommandList([Finishing.self]), interrupt: interrupt)
        #expect(!interrupt.isRequested)
        #expect(interrupt.signalled() == .finishing)
        #expect(interrupt.isRequested)
        #expect(calls.withLock { $0 } == 1)
        #expect(interrupt.signalled() == .leaving)
        #expect(calls.withLock { $0 } == 1)
        interrupt.onRequest { calls.withLock { $0 += 10 } }
        #expect(calls.withLock { $0 } == 11)
        #expect(throws: AssetError(.cancelled, "")) { try interrupt.check() }
    }

    @Test func commandsThatCannotFinishAreLeftAtOnce() {
        let interrupt = Interrupt()
        _ = run(["echo", "a"], commands: testCommands, interrupt: interrupt)
        #expect(interrupt.signalled() == .leaving)
    }
}

private struct Finishing: Subcommand {
    static let name = "finishing"
    static let summary = "finishes"
    static let help = "usage: assetctl finishing"
    static let finishesWhenInterrupted = true
    init(_ arguments: inout ArgumentReader) throws(UsageError) {}
    func run(_ context: CommandContext) throws -> ExitStatus { .done }
}
