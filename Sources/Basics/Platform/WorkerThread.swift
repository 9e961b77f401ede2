// Threads of our own: blocking work never runs on the cooperative pool.

internal import Glibc

/// A thread that runs one closure. Either ``join()`` or ``detach()`` must be called, once.
package struct WorkerThread: Sendable {
    private let handle: pthread_t

    /// Starts a thread. The corresponding C function is `pthread_create`.
    ///
    /// - Parameter name: what the thread is for, for the message when it can't be started.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(AssetError) {
        let box = unsafe Unmanaged.passRetained(Body(run: body))
        var handle = pthread_t()
        let status = unsafe pthread_create(
            &handle, nil,
            { argument in
                unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            unsafe box.release()
            throw AssetError.systemCall("pthread_create", name, errno: status)
        }
        self.handle = handle
    }

    /// Whether the caller runs on this thread.
    package var isCurrent: Bool { pthread_equal(pthread_self(), handle) != 0 }

    /// Lets the thread end by itself.
    package func detach() {
        _ = pthread_detach(handle)
    }

    /// Waits until the closure has returned.
    package func join() {
        _ = pthread_join(handle, nil)
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

/// The number of processors that this process may use.
package func availableProcessorCount() -> Int {
    max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
}
