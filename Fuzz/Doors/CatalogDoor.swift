// Keys and values of the catalog, as LMDB hands them out: they have no checksums.
//
// The first byte is the form, the others are what is read as it.

internal import AssetStore
internal import Basics

extension Door {
    package static let catalog = Door(
        name: "catalog", byteCountMax: 2048, secondsMax: 5, memoryMebibytesMax: 512,
        open: { { try enterCatalog($0) } }, seeds: CatalogSeeds.all)
}

private func enterCatalog(_ bytes: [UInt8]) throws -> Verdict {
    guard let first = bytes.first else { return .refused }
    let form = CatalogForm.all[Int(first) % CatalogForm.all.count]
    let stored = Array(bytes.dropFirst())
    let written = try unlessRefused(.damaged, .unsupportedFormat, by: "a record") {
        try unsafe form.rewritten(stored.span.bytes)
    }
    guard let written else { return .refused }
    // What was read is written as something that is read as the same.
    let again = try unsafe form.rewritten(written.span.bytes)
    try promise(again == written, "what is in \(form.table) changed when it was read and written")
    // A key that could be written in two ways would be found by one of them only.
    if form.isKey, form.table != "store" {
        try promise(written == stored, "two keys of \(form.table) are the same one")
    }
    return .accepted
}
