// Ctrl-C leaves nothing behind: what the benchmarks wrote may be many gigabytes.

internal import Glibc

/// Lets SIGINT and SIGTERM remove the workspace and end the process with status 130. Called before
/// any other thread is started, because threads inherit what is blocked.
///
/// The corresponding C functions are `pthread_sigmask` and `sigwait`.
func removeOnInterruption(_ workspace: Workspace) throws {
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    _ = unsafe sigaddset(&signals, SIGINT)
    _ = unsafe sigaddset(&signals, SIGTERM)
    _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    let awaited = signals
    let thread = try startThread {
        var (awaited, received): (sigset_t, CInt) = (awaited, 0)
        _ = unsafe sigwait(&awaited, &received)
        // Others still write into it: what they made meanwhile goes the next time.
        for _ in 0..<1000 where unsafe access(workspace.path, F_OK) == 0 { workspace.remove() }
        _exit(130)
    }
    _ = pthread_detach(thread)
}
