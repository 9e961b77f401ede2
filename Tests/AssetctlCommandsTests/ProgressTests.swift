// Progress: rates from new work only, and no more output than is useful. Time is the test's.

import AssetctlCommands
internal import Synchronization
import Testing

private final class TestClock: Sendable {
    private let time = Mutex(0.0)
    var now: Double { time.withLock { $0 } }
    func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
}

@Suite struct ProgressReporting {
    private let clock = TestClock()

    private func reporter(
        _ style: ProgressReporter.Style, _ captured: CapturedConsole
    ) -> ProgressReporter {
        ProgressReporter(console: captured.console, style: style, now: { [clock] in clock.now })
    }

    @Test func eventsComeTenTimesASecondAndAtBothEnds() throws {
        let captured = CapturedConsole()
        let progress = reporter(.json, captured)
        progress.begin("render", total: 1000)
        for _ in 0..<1000 {
            clock.advance(0.001)
            progress.advance()
        }
        progress.finish()
        let lines = captured.error.text.split(separator: "\n")
        #expect((10...12).contains(lines.count))
        #expect(
            lines.first
                == #"{"type":"progress","phase":"render","done":0,"total":1000,"reused":0,"rate":null,"etaSeconds":null}"#
        )
        #expect(
            lines.last
                == #"{"type":"progress","phase":"render","done":1000,"total":1000,"reused":0,"rate":1000,"etaSeconds":0}"#
        )
        #expect(captured.output.text.isEmpty)
    }

    @Test func reusedWorkIsDoneButIsNoSpeed() throws {
        let captured = CapturedConsole()
        let progress = reporter(.json, captured)
        progress.begin("render", total: 1000, reused: 900)
        clock.advance(10)
        progress.update(done: 950)
        let last = try JSONValue.parse(
            Array(captured.error.text.split(separator: "\n").last.map(String.init)?.utf8 ?? "".utf8)
        )
        #expect(last["rate"] == .number(literal: "5"))
        #expect(last["etaSeconds"] == .number(literal: "10"))
        #expect(last["reused"] == .number(literal: "900"))
    }

    @Test func filesGetALineEveryTenSeconds() {
        let captured = CapturedConsole()
        let progress = reporter(.lines, captured)
        progress.begin("render", total: 100)
        for _ in 0..<35 {
            clock.advance(1)
            progress.advance()
        }
        #expect(
            captured.error.text == """
                render: 10/100, 1.0/s, 1:30 left
                render: 20/100, 1.0/s, 1:20 left
                render: 30/100, 1.0/s, 1:10 left

                """)
        progress.finish()
        #expect(captured.error.text.hasSuffix("\nrender: 35/100, 1.0/s, 1:05 left\n"))
    }

    @Test func shortWorkSaysNothing() {
        for style in [ProgressReporter.Style.lines, .bar, .none] {
            let captured = CapturedConsole(isTerminal: true)
            let progress = reporter(style, captured)
            progress.begin("put", total: 3)
            progress.advance(by: 3)
            progress.finish()
            #expect(captured.error.text.isEmpty)
        }
    }

    @Test func theBarIsRedrawnInPlaceAndTalkStandsAboveIt() {
        let captured = CapturedConsole(isTerminal: true, columns: 80)
        let progress = reporter(.bar, captured)
        progress.begin("render", total: 100, reused: 50)
        clock.advance(1)
        progress.advance()
        captured.console.talk("a word")
        clock.advance(1)
        progress.update(done: 100)
        progress.finish()
        let bar = "render  [===============>              ]  51/100  1.0/s  0:49 left  50 reused"
        let done = "render  [==============================]  100/100  25.0/s  in 0:02  50 reused"
        #expect(
            captured.error.text == """
                \(bar)\r\u{1B}[Ka word
                \(bar)\r\u{1B}[K\(done)\r\u{1B}[Krender: 100/100, 25.0/s, in 0:02, 50 reused

                """)
    }

    @Test func theBarFitsTheTerminal() {
        let snapshot = ProgressSnapshot(
            phase: "render", done: 5, total: 10, rate: 1, elapsedSeconds: 5)
        for columns in 0...120 {
            #expect(snapshot.bar(columns: columns).count <= max(columns, 35))
        }
        let bytes = ProgressSnapshot(
            phase: "put", unit: .bytes, done: 3 << 20, total: nil, rate: 1_048_576,
            elapsedSeconds: 3)
        #expect(bytes.bar(columns: 80) == "put  3 MiB  1 MiB/s")
    }

    @Test func quietProgramsKeepQuiet() {
        let captured = CapturedConsole(isTerminal: true)
        let progress = reporter(.none, captured)
        progress.begin("render", total: 10)
        clock.advance(100)
        progress.advance()
        progress.finish()
        #expect(captured.error.text.isEmpty)
    }

    @Test func impossibleNumbersDoNotTrap() {
        let snapshot = ProgressSnapshot(
            phase: "x", unit: .bytes, done: .max, total: 0, rate: .infinity, elapsedSeconds: .nan)
        _ = snapshot.bar(columns: 80)
        _ = snapshot.event.text
        let negative = ProgressSnapshot(phase: "x", done: -5, total: 10, rate: 0, elapsedSeconds: 0)
        _ = negative.bar(columns: 80)
    }
}
