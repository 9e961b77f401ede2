// Programs that are measured as peers.

internal import Basics
internal import Glibc

/// Runs a program and waits for it. The corresponding C functions are `posix_spawn` and `waitpid`.
func runProgram(_ arguments: [String]) throws {
    let texts = unsafe arguments.map { unsafe strdup($0) }
    defer { for index in arguments.indices { unsafe free(texts[index]) } }
    var (process, outcome): (pid_t, CInt) = (0, 0)
    let status = unsafe posix_spawn(&process, arguments[0], nil, nil, texts + [nil], environ)
    guard status == 0, unsafe waitpid(process, &outcome, 0) == process, outcome == 0 else {
        throw AssetError(.io, "\(arguments.joined(separator: " ")) failed")
    }
}
