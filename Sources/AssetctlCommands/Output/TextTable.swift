// Tables and pages for people. Widths are fixed beforehand, so that a listing of any length is
// printed as it is read.

internal import Basics

/// The columns of a listing.
struct TextTable: Sendable {
    struct Column: Sendable {
        let title: String
        let width: Int
        var isNumber = false
    }

    let columns: [Column]

    /// The titles, in capitals.
    var header: String { row(columns.map { $0.title.uppercased() }) }

    /// One line. A text that is too long pushes the rest of its line aside; nothing is cut.
    func row(_ cells: [String]) -> String {
        var line = ""
        for (column, cell) in zip(columns, cells) {
            if !line.isEmpty { line += "  " }
            let text = printable(cell)
            let padding = String(repeating: " ", count: max(0, column.width - text.count))
            line += column.isNumber ? padding + text : text + padding
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}

/// A page of names and values, the values below one another. Values that are `nil` are left out.
func textPage(_ facts: KeyValuePairs<String, String?>) -> String {
    let facts = facts.compactMap { fact in fact.value.map { (name: fact.key, value: $0) } }
    let width = facts.map(\.name.count).max() ?? 0
    return facts.map { fact in
        let padding = String(repeating: " ", count: width - fact.name.count + 2)
        return fact.name + padding + printable(fact.value)
    }.joined(separator: "\n")
}

/// `3 assets`, `1 asset`.
func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}

extension Timestamp {
    /// For people: `2026-11-20 13:12:00`, in UTC.
    var shortText: String {
        description.prefix(19).split(separator: "T").joined(separator: " ")
    }

    /// As `--json` prints it.
    var json: JSONValue { .string(description) }
}
