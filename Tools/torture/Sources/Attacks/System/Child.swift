// Processes that are attacked: each its own, so that dying harms nobody else.

internal import Glibc

/// A child process. Belongs to one thread.
final class Child {
    /// How a process ended.
    enum End: Equatable, CustomStringConvertible {
        case status(CInt)
        case signal(CInt)

        var description: String {
            switch self {
            case .status(let number): "exit status \(number)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    let process: pid_t
    private var end: End?

    /// Starts this program again, with other arguments.
    ///
    /// - Parameters:
    ///   - environment: what is added to this process's environment.
    ///   - output: the file that standard output and standard error go to.
    convenience init(
        _ arguments: [String], environment: [String: String] = [:], output: String
    ) throws {
        try self.init(
            program: try Files.program(), arguments, environment: environment, output: output)
    }

    init(
        program: String, _ arguments: [String], environment: [String: String], output: String
    ) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var all: [String] = []
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            unsafe all.append(String(cString: text))
            unsafe entry += 1
        }
        all.removeAll { line in environment.keys.contains { line.hasPrefix("\($0)=") } }
        all += environment.map { "\($0.key)=\($0.value)" }
        var words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        var variables = unsafe all.map { unsafe strdup($0) } + [nil]
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
            for index in unsafe variables.indices { unsafe free(variables[index]) }
        }
        var process: pid_t = 0
        let status = unsafe posix_spawn(&process, program, &actions, nil, &words, &variables)
        guard status == 0 else {
            errno = status
            throw Trouble(call: "posix_spawn", program)
        }
        self.process = process
    }

    deinit {
        if end == nil {
            kill()
            _ = try? wait()
        }
    }

    /// Ends it the hard way.
    func kill() { if end == nil { _ = Glibc.kill(process, SIGKILL) } }

    /// Waits until it has ended.
    func wait() throws -> End {
        if let end { return end }
        var status: CInt = 0
        while true {
            let result = unsafe waitpid(process, &status, 0)
            if result == process { break }
            guard result < 0, errno == EINTR else { throw Trouble(call: "waitpid", "\(process)") }
        }
        return note(status)
    }

    /// How it ended, `nil` while it runs.
    func poll() throws -> End? {
        if let end { return end }
        var status: CInt = 0
        let result = unsafe waitpid(process, &status, WNOHANG)
        guard result >= 0 else { throw Trouble(call: "waitpid", "\(process)") }
        return result == 0 ? nil : note(status)
    }

    /// Waits until it has ended, at most some seconds; kills it then, and says `nil`.
    func wait(seconds: Double) throws -> End? {
        let deadline = monotonicSeconds() + seconds
        while monotonicSeconds() < deadline {
            if let end = try poll() { return end }
            usleep(1000)
        }
        kill()
        _ = try wait()
        return nil
    }

    private func note(_ status: CInt) -> End {
        let end: End =
            status & 0x7F == 0 ? .status(status >> 8 & 0xFF) : .signal(status & 0x7F)
        self.end = end
        return end
    }
}
