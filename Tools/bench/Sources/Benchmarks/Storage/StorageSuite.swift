// The suite `storage`: the store beside other ways to keep blobs.
//
//   concurrent-writers   64 threads put assets of 100 KB, each durable when its call returns
//   single-writer        one thread puts assets of 100 KB, one after the other
//   frame-ingest         1 and 4 threads append frames of 100 KB, durable at the end
//   warm-reads           frames of 100 KB read in random order, checked, from warm memory
//   metadata-lookups     assets looked up by identifier, without their bytes
//   large-catalog        listing, opening and putting among 1,000,000 assets and among 100,000
//   delete-job           a job of 5 GB of frames deleted, until its disk blocks are back
//   archive              a project of 1 GB exported to one zip file and imported from it
//   quota-cycles         100 times filled to a quota of 512 MiB and half of it deleted

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
                "frame-ingest", "1 and 4 threads append frames of 100 KB, durable at the end",
                rows: FrameIngest.rowNames, FrameIngest.measure),
            Work(
                "warm-reads", "frames of 100 KB read in random order, checked, warm",
                WarmReads.measure),
            Work(
                "metadata-lookups", "assets looked up by identifier, without their bytes",
                MetadataLookups.measure),
            Work(
                "large-catalog", "what 1,000,000 assets cost, and whether 100,000 cost the same",
                rows: LargeCatalog.rowNames, LargeCatalog.measure),
            Work(
                "delete-job", "a job of 5 GB of frames deleted, until its disk blocks are back",
                DeleteJob.measure),
            Work(
                "archive", "a project of 1 GB exported to one zip file, and imported from it",
                rows: Archives.rowNames, Archives.measure),
            Work(
                "quota-cycles", "filled to a quota and half of it deleted, 100 times",
                rows: QuotaCycles.rowNames, QuotaCycles.measure),
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
