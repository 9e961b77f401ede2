// Putting and getting: bytes, text, streams, quotas, equal content.

import AssetStore
import Basics

func putAndGet(_ store: Store) throws -> Asset {
    let pixels = picture(width: 64, height: 48, red: 200, green: 80, blue: 40)
    // snippet: put
    let cover = try store.put(
        .image(
            project: "demo", kind: "cover", name: "cover.ppm",
            mediaType: "image/x-portable-pixmap", width: 64, height: 48,
            attributes: ["artist": "nobody"], parameters: #"{"colour":"orange"}"#),
        pixels)
    // end
    say("put", cover.id, cover.description.name)
    try check("it is durable, and packed smaller", cover.storedByteCount < cover.byteCount)

    // snippet: get
    let bytes = try store.bytes(of: cover.id)
    let isPixmap = try store.withBytes(of: cover.id) { bytes in
        bytes.unsafeLoad(as: UInt8.self) == UInt8(ascii: "P")
    }
    let covers = try store.assets(project: "demo", namespace: .images, kind: "cover")
    let named = try store.assets(project: "demo", named: "cover.ppm")
    // end
    try check("the bytes come back", bytes == pixels && isPixmap == true)
    try check("it is found by kind and by name", covers == [cover] && named == [cover])

    // snippet: absent
    let unknown = try store.asset(AssetID(high: 1, low: 2))
    // end
    try check("what is not there is nil", unknown == nil)
    return cover
}

func imagesAsText(_ store: Store) throws {
    // snippet: text
    let dot = try store.putImage(
        dataURL: "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'/%3E",
        as: .image(project: "demo", kind: "icon", name: "dot.svg"))
    let url = try store.imageDataURL(of: dot.id)
    let base64 = try store.imageBase64(of: dot.id)
    // end
    say("put an image from a data URL, and got", url ?? "nothing")
    try check("its media type is the URL's", dot.description.mediaType == "image/svg+xml")
    try check("base64 goes in and out", url?.hasSuffix(base64 ?? "?") == true)
    do {
        _ = try store.putImage(dataURL: "data:image/png;base64,aGk", as: dot.description)
        throw Failure(claim: "malformed base64 is refused")
    } catch let error as AssetError where error.code == .inputUnreadable {
        say("  malformed base64 is refused:", error)
    }
}

func streaming(_ store: Store) async throws {
    let chunk = noise(1 << 20, seed: 1)
    // snippet: stream
    var writer = try store.makeWriter(
        for: .video(project: "demo", name: "take.mp4", mediaType: "video/mp4"))
    for _ in 0..<10 {
        try writer.write(chunk.span.bytes)
    }
    let video = try writer.finish()

    var byteCount = 0
    try store.reader(for: video.id)?.forEachPiece { piece in
        byteCount += piece.byteCount  // At most 4 MiB, lent from the mapped pack, checked.
    }
    try store.reader(for: video.id)?.forEachPiece(of: 5_000_000..<5_000_100) { piece in
        byteCount += piece.byteCount
    }
    // end
    say("streamed", video.byteCount, "bytes in and out")
    try check("ten pieces are one asset", video.byteCount == 10 << 20)
    try check("all of it was read, and a range", byteCount == 10 << 20 + 100)

    // snippet: async
    let async = AsyncStore(store)
    let pieces = AsyncStream { continuation in
        for _ in 0..<10 { continuation.yield(chunk) }
        continuation.finish()
    }
    let copy = try await async.put(
        .video(project: "demo", name: "copy.mp4", mediaType: "video/mp4"), pieces: pieces)
    var copied = 0
    for try await piece in async.pieces(of: copy.id) { copied += piece.count }
    // end
    say("and by tasks")
    try check("it is the same content", copied == 10 << 20 && copy.checksum == video.checksum)
}

func quotas(_ store: Store) throws {
    // snippet: quota
    try store.setQuota(100_000, ofProject: "small")
    do {
        _ = try store.put(
            .audio(project: "small", mediaType: "audio/flac"), noise(100_001, seed: 2))
    } catch let error as AssetError where error.code == .quotaExceeded {
        say("refused:", error)
    }
    let room = try store.estimate(ofProject: "small")?.availableByteCount
    // end
    try check("nothing of it was stored", room == 100_000)
    _ = try store.put(
        .audio(project: "small", mediaType: "audio/flac"), noise(100_000, seed: 2))
    let project = try store.project("small")
    try check("what fits, fits to the byte", project?.total.storedByteCount == 100_000)
}

func equalContent(_ store: Store, _ cover: Asset) throws {
    // snippet: equal
    let before = try store.estimate().storedByteCount
    let twin = try store.put(
        .image(project: "other", name: "twin.ppm", mediaType: "image/x-portable-pixmap"),
        picture(width: 64, height: 48, red: 200, green: 80, blue: 40))
    let after = try store.estimate().storedByteCount
    // end
    say("put the cover into another project")
    try check("it is an asset of its own", twin.id != cover.id)
    try check("its bytes are stored once", after == before)
    try check(
        "each project counts them",
        try store.project("other")?.total.storedByteCount == cover.storedByteCount)
}
