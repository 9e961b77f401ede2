import AssetStore
import Basics
import TestSupport
import Testing

/// What the fuzzer tries bytes on is what the tables hold.
@Suite struct FormsOfTheCatalog {
    @Test func areThoseOfEveryTable() throws {
        let names = try FormatTables(besideTestsOf: #filePath).catalogTables.map(\.name)
        #expect(CatalogForm.all.filter(\.isKey).map(\.table) == names)
        #expect(CatalogForm.all.filter { !$0.isKey }.map(\.table) == names)
    }

    @Test func writeWhatTheyRead() throws {
        let sample = try SampleStore()
        for form in CatalogForm.all {
            let entries = try sample.entries(of: form.table)
            #expect(!entries.isEmpty)
            for entry in entries {
                let bytes = form.isKey ? entry.key : entry.value
                #expect(try unsafe form.rewritten(bytes.span.bytes) == bytes, "\(form.table)")
            }
        }
    }
}
