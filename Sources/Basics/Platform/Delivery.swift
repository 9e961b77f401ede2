// A value on its way from one thread to another.

internal import Dispatch

/// A value that one thread waits for and another delivers, once. Thread-safe; never waited for on the
/// cooperative pool, because waiting blocks the thread.
package final class Delivery<Value: Sendable>: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let value = Monitor<Value?>(nil)

    package init() {}

    /// Delivers the value. Must be called once.
    package func deliver(_ value: Value) {
        self.value.withLock { $0 = value }
        semaphore.signal()
    }

    /// Waits for the value. Must be called once.
    package func wait() -> Value {
        semaphore.wait()
        guard let value = value.withLock({ $0.take() }) else {
            preconditionFailure("a delivery is waited for once")
        }
        return value
    }
}
