import Basics
import LMDB
import TestSupport
import Testing

@testable import AssetStore

/// The change feed says what was committed, in order, by any process (P9), and says so when it
/// forgot.
@Suite struct FollowingChanges {
    @Test func inTheOrderOfCommits() throws {
        let test = try TestStore()
        var token = try test.store.changeToken()
        #expect(token.rawValue == 0)
        let asset = try test.store.put(image(), [1])
        let job = try test.store.submit(renderJob())
        let lease = try test.store.start(job.id)
        let writer = FrameWriter(lease)
        for index in 0..<20 { try writer.append(index, [1]) }
        try writer.flush()
        try lease.complete(keepingFrames: false)
        try test.store.updateAsset(asset.id) { $0.name = "new" }
        try test.store.removeProject("p")
        let batch = try test.store.changes(since: token)
        #expect(!batch.isIncomplete && !batch.hasMore)
        var kinds = batch.changes
        // However the frames were grouped.
        let frames = Change(kind: .updated, subject: .frames(job.id))
        #expect(kinds.filter { $0 == frames }.count >= 1)
        kinds.removeAll { $0 == frames }
        #expect(
            kinds == [
                Change(kind: .put, subject: .project("p")),
                Change(kind: .put, subject: .asset(asset.id)),
                Change(kind: .put, subject: .job(job.id)),
                Change(kind: .updated, subject: .job(job.id)),
                Change(kind: .updated, subject: .job(job.id)),
                Change(kind: .removed, subject: .frames(job.id)),
                Change(kind: .updated, subject: .asset(asset.id)),
                Change(kind: .removed, subject: .project("p")),
            ])
        // In pieces it is the same.
        var pieces: [Change] = []
        var hasMore = true
        while hasMore {
            let piece = try test.store.changes(since: token, countMax: 3)
            pieces += piece.changes
            (token, hasMore) = (piece.token, piece.hasMore)
        }
        #expect(pieces == batch.changes && token == batch.token)
        try test.reopen()
        #expect(try test.store.changes(since: token).changes.isEmpty)
        #expect(throws: AssetError(.invalidArgument, "")) {
            try test.store.changes(since: ChangeToken(rawValue: token.rawValue + 1))
        }
    }

    @Test func whatWasForgottenIsSaid() throws {
        let test = try TestStore()
        let asset = try test.store.put(image(), [1])
        let token = try test.store.changeToken()
        let catalog = test.store.catalog
        let countMax = UInt64(Catalog.changeCountMax)
        // As if that many changes had come: entries are numbered without gaps.
        try catalog.environment.write { transaction in
            for number in token.rawValue + 1...countMax + 10 {
                try transaction.put(
                    catalog.changes, ChangeKey(number: number),
                    ChangeRecord(.updated, .asset(asset.id)))
            }
        }
        #expect(try !test.store.changes(since: token).isIncomplete)
        try test.store.updateAsset(asset.id) { $0.name = "x" }
        let count = try catalog.environment.read { try $0.count(catalog.changes) }
        #expect(count == Catalog.changeCountMax)
        let batch = try test.store.changes(since: token, countMax: 5)
        #expect(batch.isIncomplete && batch.hasMore && batch.changes.count == 5)
        #expect(try !test.store.changes(since: batch.token).isIncomplete)
    }

    @Test func theCommitNumberTellsWhetherToLook() throws {
        let test = try TestStore()
        let before = try test.store.commitNumber()
        #expect(try test.store.commitNumber() == before)
        _ = try test.store.put(image(), [1])
        let after = try test.store.commitNumber()
        #expect(after > before)
        // Another process, as good as: the same environment through another way.
        try test.reopen()
        #expect(try test.store.commitNumber() >= after)
    }
}
