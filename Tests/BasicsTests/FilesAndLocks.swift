import Basics
import Foundation
import TestSupport
import Testing

@Suite struct FilesAndLocks {
    @Test func writesAreReadBackAtTheirOffsets() throws {
        let directory = try TemporaryDirectory()
        let file = try File(directory.file("f"), [.write, .createNew])
        let bytes: [UInt8] = [1, 2, 3]
        unsafe try file.write(bytes.span.bytes, at: 5)
        #expect(try file.read(at: 0, count: 10) == [0, 0, 0, 0, 0, 1, 2, 3])
        #expect(try file.byteCount() == 8)
        try file.preallocate(8..<100_000)
        #expect(try file.byteCount() == 100_000)
        try file.truncate(to: 6)
        #expect(try file.read(at: 4, count: 10) == [0, 1])
        #expect(throws: AssetError(.alreadyExists, "")) {
            try File(directory.file("f"), [.write, .createNew])
        }
        #expect(throws: AssetError(.inputMissing, "")) { try File(directory.file("none")) }
    }

    @Test func aTemporaryFileHasNoName() throws {
        let directory = try TemporaryDirectory()
        let file = try File(temporaryIn: directory.path)
        let bytes: [UInt8] = [7]
        unsafe try file.write(bytes.span.bytes, at: 0)
        #expect(try FileSystem.names(in: directory.path).isEmpty)
        #expect(try !file.isLinked())
        #expect(try file.read(at: 0, count: 9) == [7])
    }

    @Test func aByteHasOneHolder() throws {
        let directory = try TemporaryDirectory()
        let (one, other) = (
            try ByteLocks(path: directory.file("l")), try ByteLocks(path: directory.file("l"))
        )
        var held: ByteLock? = try one.tryLock(5)
        #expect(held != nil)
        #expect(try one.tryLock(5) == nil)
        #expect(try other.tryLock(5) == nil)
        #expect(try other.tryLock(6) != nil)
        held = nil
        #expect(try other.tryLock(5) != nil)
        #expect(try one.tryLock(1 << 61 | 5) != nil)
    }

    /// A lock must end with its process, however the process ends.
    @Test func aKilledProcessHoldsNothing() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("l")
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let locks = try ByteLocks(path: path)
            let lock = try #require(try locks.tryLock(9))
            withExtendedLifetime(lock) { _ = kill(getpid(), SIGKILL) }
        }
        #expect(try ByteLocks(path: path).tryLock(9) != nil)
    }

    @Test func timestampsArePrintedAsRFC3339() {
        #expect(Timestamp(millisecondsSinceEpoch: 0).description == "1970-01-01T00:00:00.000Z")
        #expect(
            Timestamp(millisecondsSinceEpoch: 1_795_180_320_007).description
                == "2026-11-20T13:12:00.007Z")
        #expect(Timestamp(millisecondsSinceEpoch: -1).description == "1969-12-31T23:59:59.999Z")
        #expect(
            Timestamp(millisecondsSinceEpoch: 951_782_400_007).description
                == "2000-02-29T00:00:00.007Z")
        for extreme in [Int64.min, .max] {
            #expect(!Timestamp(millisecondsSinceEpoch: extreme).description.isEmpty)
        }
    }
}
