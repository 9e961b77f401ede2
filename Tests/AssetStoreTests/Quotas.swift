import Basics
import Foundation
import TestSupport
import Testing

@testable import AssetStore

/// A quota is never exceeded, not even briefly (P5), and deleting works at a full one (P6).
@Suite struct Quotas {
    private static func noise(_ seed: UInt64, _ byteCount: Int) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return random.bytes(byteCount)
    }

    @Test func ofTheStoreAndOfAProjectBothCount() throws {
        let test = try TestStore(quota: 10_000)
        try test.store.setQuota(4000, ofProject: "small")
        let first = try test.store.put(image(project: "small"), Self.noise(1, 3000))
        let error = try #require(
            #expect(throws: AssetError.self) {
                try test.store.put(image(project: "small"), Self.noise(2, 1001))
            })
        #expect(error.code == .quotaExceeded)
        #expect(error.message.contains("“small”") && error.message.contains("room for 1000"))
        #expect(error.message.contains("1001"))
        _ = try test.store.put(image(project: "small"), Self.noise(3, 1000))
        _ = try test.store.put(image(project: "large"), Self.noise(4, 6000))
        #expect(throws: AssetError(.quotaExceeded, "")) {
            try test.store.put(image(project: "large"), [1])
        }
        // Full to the last byte: deleting works, and what is there stays readable.
        #expect(try test.store.removeAsset(first.id))
        _ = try test.store.put(image(project: "large"), Self.noise(5, 3000))
        try test.store.setQuota(nil)
        try test.store.setQuota(nil, ofProject: "small")
        _ = try test.store.put(image(project: "small"), Self.noise(6, 50_000))
        #expect(try test.store.verify().isIntact)
    }

    @Test func aQuotaBelowWhatIsThereRefusesOnlyMore() throws {
        let test = try TestStore()
        let asset = try test.store.put(image(), Self.noise(1, 5000))
        try test.store.setQuota(100)
        #expect(throws: AssetError(.quotaExceeded, "")) { try test.store.put(image(), [1]) }
        #expect(try test.store.bytes(of: asset.id)?.count == 5000)
        #expect(try test.store.removeAsset(asset.id))
        _ = try test.store.put(image(), [1])
    }

    /// Nothing is needed, so nothing is refused, whichever way it comes.
    @Test func anExceededQuotaTakesWhatHasNoBytes() throws {
        let test = try TestStore()
        _ = try test.store.put(image(), Self.noise(1, 5000))
        try test.store.setQuota(100)
        try test.store.setQuota(100, ofProject: "p")
        for _ in 0..<2 { _ = try test.store.put(image(), []) }
        let lease = try test.store.start(try test.store.submit(renderJob()).id)
        let writer = FrameWriter(lease)
        try writer.append(0, [])
        try writer.flush()
        unsafe try lease.putSegment(track: 0, index: 0, [UInt8]().span.bytes)
        #expect(throws: AssetError(.quotaExceeded, "")) { try writer.append(1, [1]) }
        #expect(try test.store.verify().isIntact)
    }

    /// What failed holds no room when its caller learns of it.
    @Test func aRefusedWriteGivesItsRoomBackAtOnce() throws {
        let test = try TestStore(quota: 1000)
        let asset = try test.store.put(image(), [1])
        let table = try ReservationTable(path: "\(test.path)/catalog/reservations")
        for round in 0..<50 {
            #expect(throws: AssetError(.alreadyExists, "")) {
                let bytes = Self.noise(UInt64(round), 999)
                _ = unsafe try test.store.put(image(), bytes.span.bytes, id: asset.id)
            }
            let job = try test.store.submit(renderJob(recipe: "[\(round)]"))
            let writer = FrameWriter(try test.store.start(job.id))
            try test.store.cancelJob(job.id)
            #expect(throws: AssetError(.cancelled, "")) {
                try writer.append(0, Self.noise(0, 999))
                try writer.flush()
            }
            #expect(table.occupied().entries.isEmpty)
        }
    }

    /// What is refused never reaches the disk.
    @Test func aRefusedAssetOfKnownLengthWritesNothing() throws {
        let test = try TestStore(quota: 3 * Limits.partByteCount)
        _ = try test.store.put(image(), [1])
        let before = test.store.packs.currentEnd
        #expect(throws: AssetError(.quotaExceeded, "")) {
            try test.store.put(image(), Self.noise(2, 3 * Limits.partByteCount))
        }
        #expect(test.store.packs.currentEnd == before)
    }

    @Test func racingWritersDoNotExceedIt() throws {
        let test = try TestStore(quota: 1_000_000)
        let store = test.store
        let used = Monitor(0)
        let threads = try (0..<16).map { number in
            try WorkerThread(name: "writer") {
                for round in 0..<20 {
                    let bytes = Self.noise(UInt64(number * 100 + round), 9973)
                    do {
                        _ = try store.put(image(project: "p\(number % 3)"), bytes)
                        used.withLock { $0 += bytes.count }
                    } catch {
                        #expect((error as? AssetError)?.code == .quotaExceeded)
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        let total = used.withLock { $0 }
        // As many as there is room for: a reservation that is over hinders nobody.
        #expect(total == 1_000_000 / 9973 * 9973)
        #expect(try store.statistics().storedByteCount == total)
        #expect(try store.verify().isIntact)
    }

    /// Also between processes: as much as there is room for, and at no moment more.
    @Test func racingProcessesDoNotExceedIt() async throws {
        let (quota, byteCount) = (1_000_000, 9973)
        let test = try TestStore(quota: quota)
        try test.store.setQuota(quota / 2, ofProject: "p0")
        let path = test.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for process in 0..<3 {
                group.addTask {
                    await #expect(processExitsWith: .success) {
                        [
                            path = path as String, process = process as Int,
                            byteCount = byteCount as Int
                        ] in
                        try Quotas.race(path, process, byteCount)
                    }
                }
            }
            let isOver = Monitor(false)
            let thread = try WorkerThread(name: "watcher") { [store = test.store] in
                while !isOver.withLock({ $0 }) {
                    #expect(throws: Never.self) {
                        let statistics = try store.statistics()
                        #expect(statistics.storedByteCount <= quota)
                        let ofProject = statistics.projects.first { $0.name == "p0" }?.namespaces
                            .values
                            .reduce(0) { $0 + $1.storedByteCount }
                        #expect(ofProject ?? 0 <= quota / 2)
                    }
                }
            }
            try await group.waitForAll()
            isOver.withLock { $0 = true }
            thread.join()
        }
        // A reservation that is over hinders nobody.
        #expect(try test.store.statistics().storedByteCount == quota / byteCount * byteCount)
        #expect(try test.store.verify().isIntact)
    }

    /// Writes with four threads until nothing more is taken.
    private static func race(_ path: String, _ process: Int, _ byteCount: Int) throws {
        let store = try Store.open(at: path)
        let threads = try (0..<4).map { thread in
            try WorkerThread(name: "writer") {
                for round in 0..<30 {
                    let bytes = noise(UInt64(process * 1000 + thread * 100 + round), byteCount)
                    do {
                        _ = try store.put(image(project: "p\(thread % 2)"), bytes)
                    } catch {
                        guard (error as? AssetError)?.code == .quotaExceeded else {
                            fatalError("\(error)")
                        }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        try store.close()
    }

    @Test func reservationsOfOtherProcessesCount() async throws {
        let test = try TestStore(quota: 1_000_000)
        _ = try test.store.put(image(), [1])
        let path = test.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            let store = try Store.open(at: path)
            let held = try store.admission.reserve(900_000, project: "p")
            #expect(held != nil)
            let table = try ReservationTable(path: "\(path)/catalog/reservations")
            let entries = table.occupied().entries
            #expect(entries.map(\.entry.reserved) == [900_000])
            // Dies without giving it up.
            _exit(0)
        }
        let table = try ReservationTable(path: "\(path)/catalog/reservations")
        #expect(table.occupied().entries.map(\.entry.reserved) == [900_000])
        // Its process is gone, and with it what it reserved.
        _ = try test.store.put(image(), Self.noise(1, 999_999))
        #expect(table.occupied().entries.isEmpty)
    }

    /// Also for scopes that the next process asks about only once it has taken the dead one's place.
    @Test func reservationsOfTheDeadDoNotPassToWhoComesNext() async throws {
        let test = try TestStore(quota: 1_000_000)
        try test.store.setQuota(1000, ofProject: "p")
        let path = test.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            let store = try Store.open(at: path)
            let held = try store.admission.reserve(900, project: "p")
            #expect(held != nil)
            _exit(0)
        }
        _ = try test.store.put(image(project: "other"), Self.noise(1, 500))
        _ = try test.store.put(image(project: "p"), Self.noise(2, 900))
    }

    /// A living process's reservation is respected; this test stands in for one with a lock file
    /// opened a second time, which the kernel takes for another owner.
    @Test func aLivingProcessHoldsWhatItReserved() throws {
        let test = try TestStore(quota: 1000)
        _ = try test.store.put(image(), [1])
        let others = try ByteLocks(path: "\(test.path)/catalog/owners.lock")
        let number = StoreLocks.reservers.upperBound - 1
        let lock = try others.tryLock(number)
        #expect(lock != nil)
        let table = try ReservationTable(path: "\(test.path)/catalog/reservations")
        table[7] = ReservationTable.Entry(
            owner: number, scope: 0, reserved: 500, committing: 0, transaction: 0)
        #expect(throws: AssetError(.quotaExceeded, "")) {
            try test.store.put(image(), Self.noise(1, 500))
        }
        _ = try test.store.put(image(), Self.noise(2, 499))
        // It commits: what was reserved is usage for those who see the commit, for others not.
        let moment = try test.store.commitNumber()
        table[7] = ReservationTable.Entry(
            owner: number, scope: 0, reserved: 0, committing: 500, transaction: moment + 1)
        #expect(throws: AssetError(.quotaExceeded, "")) { try test.store.put(image(), [2]) }
        table[7] = ReservationTable.Entry(
            owner: number, scope: 0, reserved: 0, committing: 500, transaction: moment)
        _ = try test.store.put(image(), [2])
        withExtendedLifetime(lock) {}
    }

    @Test func framesAndSegmentsCount() throws {
        let test = try TestStore(quota: 10_000)
        let job = try test.store.submit(renderJob())
        let lease = try test.store.start(job.id)
        let writer = FrameWriter(lease)
        for index in 0..<9 { try writer.append(index, Self.noise(UInt64(index), 1000)) }
        try writer.flush()
        let segment = Self.noise(50, 1000)
        unsafe try lease.putSegment(track: 0, index: 0, segment.span.bytes)
        #expect(throws: AssetError(.quotaExceeded, "")) { try writer.append(9, [1]) }
        #expect(throws: AssetError(.quotaExceeded, "")) {
            unsafe try lease.putSegment(track: 0, index: 1, segment.span.bytes)
        }
        try lease.pause("full")
        #expect(try test.store.removeJob(job.id))
        #expect(try test.store.statistics().storedByteCount == 0)
        #expect(try test.store.verify().isIntact)
    }
}
