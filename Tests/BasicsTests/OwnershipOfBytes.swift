// Asking who owns a number takes nothing from anyone.

import Basics
import TestSupport
import Testing

@Suite struct OwnershipOfBytes {
    let directory: TemporaryDirectory
    /// Two open files, which stand for two processes.
    let ours: ByteLocks
    let theirs: ByteLocks

    init() throws {
        directory = try TemporaryDirectory()
        ours = try ByteLocks(path: directory.file("lock"))
        theirs = try ByteLocks(path: directory.file("lock"))
    }

    @Test func askingSeesEveryOwnerAndBecomesNone() throws {
        #expect(try !ours.isLocked(7))
        // Had asking locked the byte, this would fail.
        let lock = try #require(try theirs.tryLock(7))
        #expect(try ours.isLocked(7))
        #expect(try theirs.isLocked(7))
        #expect(try !ours.isLocked(6) && !ours.isLocked(8))
        withExtendedLifetime(lock) {}
    }

    @Test func ownershipEndsWithTheOwner() throws {
        for _ in 0..<3 {
            do {
                let lock = try #require(try theirs.tryLock(1 << 61))
                #expect(try ours.isLocked(1 << 61))
                withExtendedLifetime(lock) {}
            }
            #expect(try !ours.isLocked(1 << 61))
        }
    }
}
