import AssetStore
import Basics
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct HeldToTheirWord {
    /// A writer whose write failed must not make an asset of the rest.
    @Test func aFailedWriterMakesNoAsset() throws {
        let test = try TestStore(quota: 5 << 20)
        var random = SeededGenerator(seed: 5)
        let other = try test.store.put(image(), random.bytes(2 << 20))
        var writer = try test.store.makeWriter(for: image())
        let bytes = random.bytes(Limits.partByteCount + 1)
        #expect(throws: AssetError(.quotaExceeded, "")) {
            unsafe try writer.write(bytes.span.bytes)
        }
        try test.store.removeAsset(other.id)
        let tail: [UInt8] = [3]
        var asset: Asset?
        do {
            unsafe try writer.write(tail.span.bytes)
            asset = try writer.finish()
        } catch let error as AssetError {
            #expect(error.code == .quotaExceeded)
        }
        #expect(asset == nil)
    }

    /// Asking whether a job runs must not keep anyone from starting it.
    @Test func askingDoesNotLock() throws {
        let test = try TestStore()
        let job = try test.store.submit(renderJob())
        let busy = Atomic<Int>(0)
        let store = test.store
        try whileAsking(store, job.id) {
            for _ in 0..<300 {
                do {
                    let lease = try store.start(job.id)
                    withExtendedLifetime(lease) {}
                } catch {
                    busy.add(1, ordering: .relaxed)
                }
            }
        }
        #expect(busy.load(ordering: .relaxed) == 0)
    }

    private func whileAsking(
        _ store: Store, _ id: JobID, _ body: () throws -> Void
    ) throws {
        let flag = Flag()
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            while !flag.isSet { _ = try? store.isRunning(id) }
            done.signal()
        }
        defer {
            flag.set()
            done.wait()
        }
        try body()
    }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    @Test func callersNumbersAreCheckedNotTrapped() async throws {
        await #expect(processExitsWith: .success) {
            let test = try TestStore()
            let job = try test.store.submit(renderJob())
            let lease = try test.store.start(job.id)
            let bytes: [UInt8] = [1]
            #expect(throws: AssetError(.invalidArgument, "")) {
                unsafe try lease.putSegment(track: 0, index: -1, bytes.span.bytes)
            }
        }
        await #expect(processExitsWith: .success) {
            let test = try TestStore()
            let job = try test.store.submit(renderJob())
            let writer = FrameWriter(try test.store.start(job.id))
            let bytes: [UInt8] = [1]
            #expect(throws: AssetError(.invalidArgument, "")) {
                unsafe try writer.append(
                    0, FrameFacts(codec: 1, width: -1, height: 1), bytes.span.bytes)
                try writer.flush()
            }
        }
    }

    /// A creation that was killed before the tables were committed is finished by the next.
    @Test func aCreationThatWasCutShortIsFinished() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        do {
            for name in ["", "/packs", "/catalog"] {
                try FileManager.default.createDirectory(
                    atPath: path + name, withIntermediateDirectories: true)
            }
            _ = try makeEmptyEnvironment("\(path)/catalog")
        }
        let store = try Store.openOrCreate(at: path)
        _ = try store.put(image(), [1])
    }
}
