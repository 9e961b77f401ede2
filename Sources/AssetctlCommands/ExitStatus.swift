// How a run ended, as scripts see it.

package import Basics

/// The exit statuses of `assetctl`. They are part of its contract and never change.
package enum ExitStatus: Int32, Sendable {
    /// Everything that was asked for is done.
    case done = 0
    /// It failed, or damage was found.
    case failed = 1
    /// The command line is wrong (`EX_USAGE`).
    case wrongUsage = 64
    /// An input is missing or can't be read (`EX_NOINPUT`).
    case inputMissing = 66
    /// Paused, and may be resumed once there is room again (`EX_TEMPFAIL`).
    case paused = 75
    /// Stopped by Ctrl-C or `SIGTERM`.
    case interrupted = 130

    /// The status of a command that ended with an error of this code.
    package init(_ code: AssetError.Code) {
        switch code {
        // What the store calls an argument is what the user typed.
        case .invalidArgument: self = .wrongUsage
        // A store is an input too.
        case .inputMissing, .inputUnreadable, .notAStore: self = .inputMissing
        case .diskFull, .quotaExceeded: self = .paused
        case .cancelled: self = .interrupted
        default: self = .failed
        }
    }

    /// The status of a command that ended with `error`.
    package init(_ error: any Error) {
        switch error {
        case let error as AssetError: self.init(error.code)
        case is UsageError: self = .wrongUsage
        case is JSONError: self = .inputMissing
        default: self = .failed
        }
    }
}
