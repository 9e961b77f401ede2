// The suite `storage`: the store beside other ways to keep blobs.
//
//   concurrent-writers   64 threads put assets of 100 KB, each durable when its call returns
//   single-writer        one thread puts assets of 100 KB, one after the other
//   warm-reads           frames of 100 KB read in random order, checked, from warm memory
//   metadata-lookups     assets looked up by identifier, without their bytes

extension Suite {
    static let storage = Suite(
        name: "storage", summary: "the store beside other ways to keep blobs",
        works: [
            Work(
                "concurrent-writers", "64 threads put 100 KB each, durable one by one",
                DurableWrites.measureConcurrentWriters),
            Work(
                "single-writer", "one thread puts 100 KB at a time, durable one by one",
                DurableWrites.measureSingleWriter),
            Work(
                "warm-reads", "frames of 100 KB read in random order, checked, warm",
                WarmReads.measure),
            Work(
                "metadata-lookups", "assets looked up by identifier, without their bytes",
                MetadataLookups.measure),
        ])
}

extension Bench {
    /// The usual blob, about a compressed frame.
    static let blobByteCount = 100_000

    /// Contents of a length.
    func payloads(byteCount: Int = blobByteCount) -> Payloads {
        Payloads(
            byteCount: byteCount, seed: seed, windowCount: size(1 << 20, smoke: 1 << 12))
    }
}
