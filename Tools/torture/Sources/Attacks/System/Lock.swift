// A value that several threads change.

internal import Synchronization

/// A value behind a mutex. Thread-safe.
final class Lock<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try value.withLock { (value: inout sending Value) in
            var copy = value
            defer { value = copy }
            return try body(&copy)
        }
    }

    /// The value, which becomes another.
    func take(_ other: Value) -> Value {
        withLock { value in
            defer { value = other }
            return value
        }
    }
}
