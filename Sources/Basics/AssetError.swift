// The one error type of the package. Callers decide by `code`; people read `message`, which says
// what happened and what to do about it.

/// An error of this package: a code to decide by, and a message that says what happened and what
/// to do.
///
/// Two errors are equal when their codes are equal, so tests and callers compare codes and never
/// texts.
public struct AssetError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it is. The set grows; codes are never renamed.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let name: String
        private init(_ name: String) { self.name = name }
        public var description: String { name }

        /// An argument that the callee can't accept: out of range, malformed, contradictory.
        public static let invalidArgument = Code("invalidArgument")
        /// An input (file, asset, job) that the caller named is not there.
        public static let inputMissing = Code("inputMissing")
        /// An input is there but can't be read, decoded or understood.
        public static let inputUnreadable = Code("inputUnreadable")
        /// The directory given as a store is none.
        public static let notAStore = Code("notAStore")
        /// The store was written by a newer version.
        public static let unsupportedFormat = Code("unsupportedFormat")
        /// Stored bytes no longer match their checksum, or a record contradicts itself.
        public static let damaged = Code("damaged")
        /// The store, or a job in it, is in use in a way that excludes this operation.
        public static let busy = Code("busy")
        /// The disk has no room left.
        public static let diskFull = Code("diskFull")
        /// The write would exceed a quota.
        public static let quotaExceeded = Code("quotaExceeded")
        /// A worker that lost its job to a later attempt tried to write for it.
        public static let staleAttempt = Code("staleAttempt")
        /// Something is there already and was not to be overwritten.
        public static let alreadyExists = Code("alreadyExists")
        /// The operation was asked to stop, and did.
        public static let cancelled = Code("cancelled")
        /// The operating system refused or failed a call.
        public static let io = Code("io")
        /// A library refused or failed a call in a way that no other code describes.
        public static let library = Code("library")
    }

    public let code: Code
    public let message: String
    /// The error underneath, where there is one.
    public let cause: (any Error)?
    /// Where in this package's source the error was made.
    public let location: String

    public init(
        _ code: Code, _ message: String, cause: (any Error)? = nil,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.location = "\(fileID):\(line)"
    }

    public var description: String { message }

    public static func == (left: AssetError, right: AssetError) -> Bool {
        left.code == right.code
    }
}
