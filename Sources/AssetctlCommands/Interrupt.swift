// Ctrl-C. A thread of its own waits for the signals, which are blocked everywhere else; so what
// follows a signal is ordinary code, not code in a signal handler.

package import Basics
internal import Glibc
internal import Synchronization

/// Whether the user asked to stop. Thread-safe.
///
/// The first signal asks a command that can finish to do so; the second, or the first for a
/// command that can't, removes unfinished output files and leaves the process with 130.
package final class Interrupt: Sendable {
    /// What a signal leads to.
    package enum Response: Sendable { case finishing, leaving }

    private struct State {
        var finishesWork = false
        var temporaries: Set<String> = []
        var observers: [@Sendable () -> Void] = []
    }

    private let requested = Atomic<Bool>(false)
    private let state = Mutex(State())

    package init() {}

    /// Whether to finish what is in flight and stop. Costs one atomic load.
    package var isRequested: Bool { requested.load(ordering: .acquiring) }

    /// Throws ``AssetError/Code/cancelled`` when asked to stop.
    package func check() throws(AssetError) {
        if isRequested { throw AssetError(.cancelled, "interrupted; run the same command again") }
    }

    /// Calls `body` once when asked to stop: on another thread, or at once if that has happened.
    package func onRequest(_ body: @escaping @Sendable () -> Void) {
        let isTooLate = state.withLock { state in
            state.observers.append(body)
            return isRequested
        }
        if isTooLate { runObservers() }
    }

    /// Says whether the command that begins can finish by itself.
    func begin(finishesWork: Bool) { state.withLock { $0.finishesWork = finishesWork } }

    /// Remembers a file that must not survive leaving at once.
    package func temporaryChanged(_ path: String, _ exists: Bool) {
        state.withLock { state in
            if exists { state.temporaries.insert(path) } else { state.temporaries.remove(path) }
        }
    }

    /// Takes note of one signal.
    package func signalled() -> Response {
        let wasRequested = requested.exchange(true, ordering: .acquiringAndReleasing)
        guard !wasRequested, state.withLock({ $0.finishesWork }) else { return .leaving }
        runObservers()
        return .finishing
    }

    private func runObservers() {
        let observers = state.withLock { state in
            defer { state.observers = [] }
            return state.observers
        }
        for observer in observers { observer() }
    }

    /// Removes the temporaries that are registered.
    package func removeTemporaries() {
        for path in state.withLock({ $0.temporaries }) { try? FileSystem.removeFile(path) }
    }

    // MARK: Signals

    /// From now on `SIGINT` and `SIGTERM` come here. To be called before there are other threads,
    /// which take over the blocked signals from their maker. A signal that the process was
    /// started to ignore (as by `nohup`) stays ignored.
    ///
    /// The corresponding C functions are `pthread_sigmask` and `sigwait`.
    package func watchSignals() throws(AssetError) {
        var signals = sigset_t()
        _ = unsafe sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] where !isIgnored(number) {
            _ = unsafe sigaddset(&signals, number)
        }
        let status = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        guard status == 0 else {
            throw .systemCall("pthread_sigmask", "signals", errno: status)
        }
        // Never joined: the thread ends with the process.
        _ = try WorkerThread(name: "the thread that waits for Ctrl-C") { [self, signals] in
            var signals = signals
            var number: CInt = 0
            while true {
                guard unsafe sigwait(&signals, &number) == 0 else { continue }
                let isFirst = !isRequested
                switch signalled() {
                case .finishing:
                    say("finishing what is in flight; Ctrl-C again leaves at once")
                case .leaving:
                    removeTemporaries()
                    if isFirst { say("interrupted") }
                    _exit(ExitStatus.interrupted.rawValue)
                }
            }
        }
    }
}

private func isIgnored(_ number: CInt) -> Bool {
    var action = sigaction()
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    let handler = unsafe action.__sigaction_handler.sa_handler
    return unsafe unsafeBitCast(handler, to: UInt.self) == unsafeBitCast(SIG_IGN, to: UInt.self)
}

/// One line straight to standard error, if it takes it without waiting: whoever holds the
/// console's lock may be stuck, and leaving must not be.
private func say(_ message: String) {
    var descriptor = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    guard unsafe poll(&descriptor, 1, 0) == 1 else { return }
    let start = isatty(STDERR_FILENO) == 1 ? "\n" : ""
    let line = Array("\(start)assetctl: \(message)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
