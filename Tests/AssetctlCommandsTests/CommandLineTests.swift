// The program as a script sees it: exit statuses, streams, help.

import AssetctlCommands
internal import Basics
import Testing

@Suite struct CommandLine {
    @Test func bareProgramPrintsUsageAndExits64() {
        let result = run([], commands: testCommands)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.error.hasPrefix("usage: assetctl [--store <dir>] <command>"))
        #expect(result.error.contains("\n  echo         prints its operands\n"))
    }

    @Test(arguments: [
        ["--help"], ["help"], ["echo", "--help"], ["help", "echo"], ["--help", "echo"],
        ["help", "group"], ["group", "--help"], ["help", "group", "show"],
        ["echo", "--nonsense", "--help"], ["--store", "x", "group", "show", "--help"],
    ])
    func helpIsAResult(_ arguments: [String]) {
        let result = run(arguments, commands: testCommands)
        #expect(result.status == 0)
        #expect(result.error.isEmpty)
        #expect(result.output.hasPrefix("usage: assetctl "))
    }

    @Test func helpOnACommandIsItsOwn() {
        let result = run(["help", "group", "show"], commands: testCommands)
        #expect(result.output.hasPrefix(GroupShowCommand.help))
        #expect(result.output.contains("--store <dir>"))
        let group = run(["group", "--help"], commands: testCommands)
        #expect(group.output.contains("group show   shows"))
    }

    @Test func versionIsAResult() {
        let result = run(["--version"])
        #expect(result == (0, "assetctl \(Assetctl.version)\n", ""))
    }

    @Test(arguments: [
        (["ehco", "x"], "there is no command “ehco”; did you mean “echo”?"),
        (["zzz"], "there is no command “zzz”"),
        (["group"], "assetctl group needs another word: it is followed by show"),
        (["group", "shw"], "assetctl group has no “shw”: it is followed by show"),
        (["--uper", "echo"], "unknown option --uper"),
        (["echo", "--uper", "x"], "unknown option --uper; did you mean --upper?"),
        (["echo", "--quit", "x"], "unknown option --quit; did you mean --quiet?"),
        (["echo", "-x"], "unknown option -x: options are long"),
        (["echo"], "a word is missing (see assetctl echo --help)"),
        (["echo", "a", "--count"], "--count needs a value"),
        (["echo", "a", "--count", "10"], "--count 10: expected a whole number from 1 to 9"),
        (["group", "show", "a", "b"], "what is “b” here for?"),
        (["echo", "a", "--progress", "xml"], "--progress xml: expected json"),
        (["--json=yes", "echo", "a"], "--json takes no value"),
        (["--store"], "--store needs a value"),
    ])
    func wrongUsageIsOneLineAnd64(_ arguments: [String], _ message: String) {
        let result = run(arguments, commands: testCommands)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.error.hasPrefix("assetctl: \(message)"))
        #expect(result.error.split(separator: "\n").count == 1)
    }

    @Test func globalOptionsStandAnywhere() {
        for arguments in [
            ["--store", "s", "--json", "echo", "a"], ["echo", "a", "--store=s", "--json"],
            ["--json", "echo", "--store", "s", "a"],
        ] {
            let result = run(
                arguments, commands: testCommands, environment: ["ASSETCTL_STORE": "t"])
            #expect(result.status == 0)
            #expect(result.output.hasPrefix(#"{"words":["a"],"command":"assetctl "#))
            #expect(result.error == "store s\n")
        }
    }

    @Test func storeComesFromTheEnvironmentThenTheDefault() {
        let fromEnvironment = run(
            ["echo", "a"], commands: testCommands, environment: ["ASSETCTL_STORE": "t"])
        #expect(fromEnvironment.error == "store t\n")
        let empty = run(
            ["echo", "a"], commands: testCommands, environment: ["ASSETCTL_STORE": ""])
        #expect(empty.error == "store ./assetstore\n")
    }

    @Test func quietSilencesTalkButNotResultsOrErrors() {
        #expect(run(["echo", "a", "--quiet"], commands: testCommands) == (0, "a\n", ""))
        let failed = run(["echo", "fail", "full", "--quiet"], commands: testCommands)
        #expect(failed == (75, "", "assetctl: the disk is full\n"))
    }

    @Test func errorsMapToExitStatuses() {
        #expect(
            run(["echo", "fail", "missing"], commands: testCommands)
                == (66, "", "assetctl: a.wav: no such file\n"))
        #expect(run(["echo", "fail", "closed"], commands: testCommands) == (1, "", ""))
        #expect(run(["group", "show", "x"], commands: testCommands) == (1, "shown x\n", ""))
        let interrupt = Interrupt()
        _ = interrupt.signalled()
        #expect(
            run(["echo", "interrupted"], commands: testCommands, interrupt: interrupt).status
                == 130)
    }

    @Test func everyErrorCodeHasAStatus() {
        let expected: [(AssetError.Code, ExitStatus)] = [
            (.invalidArgument, .wrongUsage), (.inputMissing, .inputMissing),
            (.inputUnreadable, .inputMissing), (.notAStore, .inputMissing),
            (.unsupportedFormat, .failed), (.damaged, .failed), (.busy, .failed),
            (.diskFull, .paused), (.quotaExceeded, .paused), (.staleAttempt, .failed),
            (.alreadyExists, .failed), (.cancelled, .interrupted), (.io, .failed),
            (.library, .failed),
        ]
        for (code, status) in expected { #expect(ExitStatus(code) == status) }
        #expect(ExitStatus(JSONError(reason: "", offset: 0)) == .inputMissing)
    }

    @Test func messagesFromOutsideStayOneHarmlessLine() {
        let result = run(["echo", "fail", "lines"], commands: testCommands)
        #expect(result == (1, "", "assetctl: one\\ntwo\\u{1b}[2J\n"))
    }

    @Test func commandLinesCanBePastedIntoAShell() {
        #expect(shellQuoted("a-b/c.mp4") == "a-b/c.mp4")
        #expect(shellQuoted("") == "''")
        #expect(shellQuoted("it's $HOME") == #"'it'\''s $HOME'"#)
        #expect(shellQuoted("ü") == "'ü'")
    }
}
