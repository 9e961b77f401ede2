// What the user sees: results on standard output, talk and progress on standard error.

internal import Basics
internal import Glibc
internal import Synchronization

/// The streams of a command. Thread-safe.
///
/// Results are buffered and their writing is checked; talk is written at once, and nobody is told
/// when it can't be.
package final class Console: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var isSilent = false
        /// The line that is being redrawn at the bottom of the terminal.
        var status = ""
    }

    private static let pendingByteCountMax = 64 << 10

    private let output: any ByteSink
    private let error: any ByteSink
    private let input: @Sendable (Int) throws -> [UInt8]
    private let state = Mutex(State())

    /// Whether standard error is a terminal on which a line can be redrawn.
    package let isTerminal: Bool
    /// Whether standard output is a terminal.
    package let resultsGoToTerminal: Bool
    package let usesColor: Bool

    /// - Parameters:
    ///   - environment: `NO_COLOR` and `TERM` are looked up here.
    ///   - input: returns up to so many bytes of standard input, none at its end.
    package init(
        output: any ByteSink, error: any ByteSink, environment: [String: String] = [:],
        input: @escaping @Sendable (Int) throws -> [UInt8] = { _ in [] }
    ) {
        self.output = output
        self.error = error
        self.input = input
        isTerminal = error.isTerminal && environment["TERM"] != "dumb"
        resultsGoToTerminal = output.isTerminal
        usesColor = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// The streams of the process.
    package static func standard(environment: [String: String]) -> Console {
        Console(
            output: DescriptorSink(STDOUT_FILENO, name: "standard output"),
            error: DescriptorSink(STDERR_FILENO, name: "standard error"),
            environment: environment, input: readStandardInput)
    }

    /// How progress is shown unless the user says otherwise.
    package var progressStyle: ProgressReporter.Style { isTerminal ? .bar : .lines }

    /// The width to which a redrawn line is cut.
    package var columns: Int { error.columns ?? 80 }

    /// No talk from now on.
    func silence() { state.withLock { $0.isSilent = true } }

    // MARK: Results

    /// Prints a line of results.
    package func line(_ text: String) throws { try result(text + "\n") }

    /// Prints text of results as it is.
    package func result(_ text: String) throws {
        try result(unsafe Array(text.utf8).span.bytes)
    }

    /// Writes bytes of results, such as those of an asset.
    package func result(_ bytes: RawSpan) throws {
        try state.withLock { state in
            if resultsGoToTerminal { eraseStatus(state) }
            if bytes.byteCount >= Self.pendingByteCountMax {
                try flush(&state)
                try output.write(bytes)
                return
            }
            unsafe bytes.withUnsafeBytes { unsafe state.pending.append(contentsOf: $0) }
            if resultsGoToTerminal || state.pending.count >= Self.pendingByteCountMax {
                try flush(&state)
            }
            if resultsGoToTerminal { drawStatus(state) }
        }
    }

    /// Hands all results so far to whoever reads them: called at the end, and by commands that
    /// print a result now and then.
    package func flush() throws { try state.withLock { try flush(&$0) } }

    private func flush(_ state: inout State) throws {
        let pending = state.pending
        // Also when the write fails: what failed once must not be written again at the end.
        state.pending.removeAll(keepingCapacity: true)
        if !pending.isEmpty { unsafe try output.write(pending.span.bytes) }
    }

    // MARK: Talk

    /// Says something that is no result, unless `--quiet`.
    package func talk(_ text: String) {
        state.withLock { state in
            guard !state.isSilent else { return }
            eraseStatus(state)
            write(text + "\n")
            drawStatus(state)
        }
    }

    /// Writes to standard error also with `--quiet`: usage, errors, and events that were asked
    /// for.
    package func complain(_ text: String) {
        state.withLock { state in
            eraseStatus(state)
            write(text.hasSuffix("\n") ? text : text + "\n")
            drawStatus(state)
        }
    }

    /// Redraws the line at the bottom of the terminal; an empty text takes it away.
    package func status(_ text: String) {
        state.withLock { state in
            guard isTerminal, !state.isSilent, text != state.status else { return }
            eraseStatus(state)
            state.status = String(text.prefix(max(10, columns - 1)))
            drawStatus(state)
        }
    }

    /// Says why the command failed, in one line, and returns what to exit with.
    package func fail(_ failure: any Error) -> ExitStatus {
        status("")
        // Results that precede the failure belong to whoever reads them.
        try? flush()
        if failure is OutputClosed { return .failed }
        let prefix = usesColor ? "\u{1B}[1;31massetctl:\u{1B}[0m" : "assetctl:"
        complain("\(prefix) \(printable("\(failure)"))")
        return ExitStatus(failure)
    }

    private func eraseStatus(_ state: State) {
        if !state.status.isEmpty { write("\r\u{1B}[K") }
    }

    private func drawStatus(_ state: State) {
        if !state.status.isEmpty { write(state.status) }
    }

    private func write(_ text: String) {
        // There is nowhere to say that nothing can be said.
        unsafe try? error.write(Array(text.utf8).span.bytes)
    }

    // MARK: Input

    /// Up to `countMax` bytes of standard input; none at its end.
    package func read(countMax: Int) throws -> [UInt8] { try input(countMax) }
}

private func readStandardInput(countMax: Int) throws -> [UInt8] {
    var status = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: countMax) { buffer, count in
        let result = retryingInterrupts {
            unsafe Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
        }
        status = result
        count = max(0, result)
    }
    guard status >= 0 else { throw AssetError.systemCall("read", "standard input") }
    return bytes
}

/// `text` with control characters made visible, so that a name from outside can neither move the
/// cursor nor break a line in two.
package func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case _ where isControl(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
}
