import Foundation
import Testing

/// What `docs/guarantees.md` says of which suites hold which promise is what the suites say: each
/// names the numbers of its promises in its description.
@Suite struct PromisesHaveTests {
    @Test func asTheDocumentSays() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let told = try Self.told(root.appendingPathComponent("docs/guarantees.md"))
        #expect(told.keys.sorted() == (1...13).map { $0 })
        #expect(try Self.named(root.appendingPathComponent("Tests")) == told)
    }

    /// The rows of the list of suites: a promise, and names in backquotes.
    private static func told(_ document: URL) throws -> [Int: Set<String>] {
        let text = try String(contentsOf: document, encoding: .utf8)
        let list = try #require(text.range(of: "## The tests\n"))
        var told: [Int: Set<String>] = [:]
        for line in text[list.upperBound...].split(separator: "\n") {
            if line.hasPrefix("#") { break }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 2, let number = promise(cells[0]) else { continue }
            let names = cells[1].split(separator: "`").enumerated().filter { $0.offset % 2 == 0 }
            told[number] = Set(names.map { String($0.element) })
        }
        return told
    }

    /// The promises that suites name in their descriptions.
    private static func named(_ tests: URL) throws -> [Int: Set<String>] {
        var named: [Int: Set<String>] = [:]
        let files = try #require(FileManager.default.enumerator(atPath: tests.path))
        for case let file as String in files where file.hasSuffix(".swift") {
            let text = try String(
                contentsOf: tests.appendingPathComponent(file), encoding: .utf8)
            var description = ""
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if line.hasPrefix("///") {
                    description += line
                    continue
                }
                if line.hasPrefix("@Suite"), let range = line.range(of: "struct ") {
                    let name = String(
                        line[range.upperBound...].prefix { $0.isLetter || $0.isNumber })
                    for word in description.split(whereSeparator: { !$0.isLetter && !$0.isNumber })
                    {
                        if let number = promise(String(word)) {
                            named[number, default: []].insert(name)
                        }
                    }
                }
                description = ""
            }
        }
        return named
    }

    private static func promise(_ word: String) -> Int? {
        word.hasPrefix("P") ? Int(word.dropFirst()) : nil
    }
}
