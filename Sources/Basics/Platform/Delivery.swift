// A value on its way from one thread to another.

internal import Dispatch

/// Values that one thread waits for and others deliver, one at a time: the next is delivered only after
/// the one before was waited for. Thread-safe; never waited for on the cooperative pool, because waiting
/// blocks the thread.
package final class Delivery<Value: Sendable>: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let value = Monitor<Value?>(nil)

    package init() {}

    /// Delivers a value.
    package func deliver(_ value: Value) {
        self.value.withLock { $0 = value }
        semaphore.signal()
    }

    /// Waits for a value.
    package func wait() -> Value {
        semaphore.wait()
        guard let value = value.withLock({ $0.take() }) else {
            preconditionFailure("a delivery was waited for by two threads")
        }
        return value
    }
}
