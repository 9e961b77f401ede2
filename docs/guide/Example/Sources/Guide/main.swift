// What the guide tells, as a program: it opens a store in a temporary directory, does everything
// once, prints what it does, and checks what it claims. The parts between “snippet” and “end” are
// those that the guide shows.

import AssetStore
import Basics
import Foundation

let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("assetstore-guide-\(UUID().uuidString)").path
defer { try? FileManager.default.removeItem(atPath: directory) }

do {
    // snippet: open
    let store = try Store.openOrCreate(at: directory)
    // end
    say("opened a store:", store.id)
    let cover = try putAndGet(store)
    try imagesAsText(store)
    try await streaming(store)
    try quotas(store)
    try equalContent(store, cover)
    try jobs(store)
    try await tasks(store)
    try snapshots(store)
    try changes(store)
    try removing(store)
    try checking(store)
    // snippet: close
    try store.close()
    // end
} catch let failure as Failure {
    print("guide: what was claimed does not hold: \(failure.claim)")
    try? FileManager.default.removeItem(atPath: directory)
    exit(1)
} catch {
    print("guide: \(error)")
    try? FileManager.default.removeItem(atPath: directory)
    exit(1)
}
print("guide: all of it holds")
