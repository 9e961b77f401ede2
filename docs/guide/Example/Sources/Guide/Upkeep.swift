// Reading one moment, following what happens, removing, giving blocks back, checking.

import AssetStore
import Foundation

func snapshots(_ store: Store) throws {
    // snippet: snapshot
    let (listed, byteCount) = try store.read { snapshot in
        var (listed, byteCount) = (0, 0)
        try snapshot.forEachAsset(project: "many") { asset in
            listed += 1
            byteCount += try snapshot.withBytes(of: asset.id) { $0.byteCount } ?? 0
            if listed == 1 { try store.removeAsset(asset.id) }  // This snapshot does not see it.
            return listed < 100
        }
        return (listed, byteCount)
    }
    // end
    say("read", listed, "assets of", byteCount, "bytes in one snapshot, and removed one meanwhile")
    try check("the snapshot had all", listed == 100)
    try check("the store has one less", try store.assets(project: "many").count == 99)
}

func changes(_ store: Store) throws {
    // snippet: changes
    let token = try store.changeToken()
    let icon = try store.put(.image(project: "demo", mediaType: "image/png"), [1, 2, 3])
    try store.updateAsset(icon.id) { $0.name = "icon" }
    try store.removeAsset(icon.id)
    let batch = try store.changes(since: token)
    // end
    say("followed", batch.changes.count, "changes, up to", batch.token.rawValue)
    try check(
        "they come in the order of commits",
        batch.changes == [
            Change(kind: .put, subject: .asset(icon.id)),
            Change(kind: .updated, subject: .asset(icon.id)),
            Change(kind: .removed, subject: .asset(icon.id)),
        ])
    try check("none is missing", !batch.isIncomplete && !batch.hasMore)
}

func removing(_ store: Store) throws {
    let before = try store.statistics()
    // snippet: remove
    for video in try store.assets(project: "demo", namespace: .videos) {
        try store.removeAsset(video.id)
    }
    try store.removeProject("small")
    _ = try store.reclaim()
    // end
    let after = try store.statistics()
    say("removed all videos and a project, and gave their disk blocks back")
    try check("they are gone", try store.project("small") == nil)
    try check("less is stored", after.storedByteCount < before.storedByteCount)
    try check("nothing waits to be given back", after.reclaimableByteCount == 0)
}

func checking(_ store: Store) throws {
    // snippet: verify
    let report = try store.verify()
    for damage in report.damaged { print(damage.id, damage.part ?? "", damage.reason) }
    // end
    say("checked", report.bytesChecked, "bytes of", report.assetsChecked, "assets")
    try check("all is as it was stored", report.isIntact)

    let path = store.path + "-backup"
    defer { try? FileManager.default.removeItem(atPath: path) }
    // snippet: backup
    _ = try store.backup(to: path)
    let copy = try Store.open(at: path)
    let isCopyIntact = try copy.verify().isIntact
    try copy.close()
    // end
    say("backed the store up")
    try check("the copy is the same store, intact", isCopyIntact && copy.id == store.id)
}
