// Threads for blocking work. Calls into stores block, so they don't run on Swift's cooperative pool.

internal import Basics
internal import Glibc
internal import Synchronization

/// Runs `body` on `count` threads at once, each with its number, and waits for all of them.
///
/// - Throws: the first error of any thread.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    let failure = FirstError()
    var threads: [pthread_t] = []
    do {
        for number in 0..<count {
            threads.append(
                try startThread {
                    do { try body(number) } catch { failure.note(error) }
                })
        }
    } catch {
        failure.note(error)
    }
    for thread in threads { _ = pthread_join(thread, nil) }
    try failure.check()
}

/// Runs `body` for every index of `indexes` on `count` threads, which take the next one as they
/// are done with the last.
///
/// - Throws: the first error of any thread; the others stop at their next index.
func onThreads(
    _ count: Int, forEach indexes: Range<Int>, _ body: @escaping @Sendable (Int) throws -> Void
) throws {
    let next = NextIndex(indexes)
    try onThreads(count) { _ in
        while let index = next.take() {
            do {
                try body(index)
            } catch {
                next.stop()
                throw error
            }
        }
    }
}

/// Hands indexes out, each once. Thread-safe.
private final class NextIndex: Sendable {
    private let position: Atomic<Int>
    private let end: Int

    init(_ indexes: Range<Int>) {
        position = Atomic(indexes.lowerBound)
        end = indexes.upperBound
    }

    func take() -> Int? {
        let index = position.add(1, ordering: .relaxed).oldValue
        return index < end ? index : nil
    }

    func stop() { position.store(end, ordering: .relaxed) }
}

/// Keeps the first error that it is told of. Thread-safe.
private final class FirstError: Sendable {
    private let error = Mutex<(any Error)?>(nil)
    func note(_ new: any Error) { error.withLock { if $0 == nil { $0 = new } } }
    func check() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}

/// Starts a thread that must be joined or detached. The corresponding C function is
/// `pthread_create`.
func startThread(_ body: @escaping @Sendable () -> Void) throws -> pthread_t {
    final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let box = unsafe Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let status = unsafe pthread_create(
        &thread, nil,
        { argument in
            unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
    guard status == 0 else {
        unsafe box.release()
        throw AssetError(.io, "a thread can't be started (error \(status)); too many are running")
    }
    return thread
}
