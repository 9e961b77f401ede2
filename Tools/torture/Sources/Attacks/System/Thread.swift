// Threads that end before those who started them go on.

internal import Glibc

/// A thread of the system. Belongs to the thread that started it.
final class Thread {
    private let handle: pthread_t

    private final class Start {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    init(_ body: @escaping () -> Void) throws {
        let start = unsafe Unmanaged.passRetained(Start(body))
        var handle = pthread_t()
        let status = unsafe pthread_create(
            &handle, nil,
            { context in
                unsafe Unmanaged<Start>.fromOpaque(context!).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            unsafe start.release()
            throw Trouble("a thread can't be started")
        }
        self.handle = handle
    }

    /// Waits until it has ended; called once.
    func join() { _ = pthread_join(handle, nil) }
}
