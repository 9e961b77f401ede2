// A lock with a condition: what blocking threads wait on. `Synchronization.Mutex` has none.

internal import Glibc

/// A state that threads change under a lock and wait on. Thread-safe; never used from the
/// cooperative pool, because waiting blocks the thread.
@safe package final class Monitor<State>: @unchecked Sendable {
    // @unchecked: `state` is only reached with `mutex` held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    package init(_ state: State) {
        self.state = state
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        _ = unsafe pthread_mutex_init(mutex, nil)
        _ = unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        _ = unsafe pthread_cond_destroy(condition)
        _ = unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` with the lock held, and wakes every waiter afterwards.
    package func update<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        lock()
        defer {
            _ = unsafe pthread_cond_broadcast(condition)
            unlock()
        }
        return try body(&state)
    }

    /// Runs `body` with the lock held, waking nobody.
    package func withLock<Result, Failure>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        lock()
        defer { unlock() }
        return try body(&state)
    }

    /// Waits until `body` returns a value, and returns it. `body` runs with the lock held, once at
    /// first and again after every ``update(_:)``.
    package func wait<Result>(_ body: (inout State) throws -> Result?) rethrows -> Result {
        lock()
        defer { unlock() }
        while true {
            if let result = try body(&state) { return result }
            _ = unsafe pthread_cond_wait(condition, mutex)
        }
    }

    /// Like ``wait(_:)``, but gives up after `seconds` and returns `nil`.
    package func wait<Result>(
        seconds: Double, _ body: (inout State) throws -> Result?
    ) rethrows -> Result? {
        var deadline = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &deadline)
        let nanoseconds = Int(deadline.tv_nsec) + Int(seconds * 1e9)
        deadline.tv_sec += nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        lock()
        defer { unlock() }
        while true {
            if let result = try body(&state) { return result }
            if unsafe pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
                return try body(&state)
            }
        }
    }

    private func lock() { _ = unsafe pthread_mutex_lock(mutex) }
    private func unlock() { _ = unsafe pthread_mutex_unlock(mutex) }
}
