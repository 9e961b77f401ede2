// Reads docs/format.md, so that tests can hold the code to it.

internal import Foundation

/// The tables of `docs/format.md`.
package struct FormatTables: Sendable {
    /// One row of a layout.
    package struct Field: Sendable {
        package var name: String
        /// As it stands in the document: a number, or `…`.
        package var offset: String
        package var size: String
    }

    /// The fields of each layout, by the name in its heading.
    package private(set) var layouts: [String: [Field]] = [:]
    /// The rows of the catalog's list of tables: name, key, value.
    package private(set) var catalogTables: [(name: String, key: String, value: String)] = []

    /// What makes bytes and document disagree.
    package struct Mismatch: Error, CustomStringConvertible {
        package var description: String
    }

    /// Reads the document of the package that `testFile` is in: two folders up.
    package init(besideTestsOf testFile: String) throws {
        let root = URL(fileURLWithPath: testFile).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appendingPathComponent("docs/format.md"), encoding: .utf8)
        var header: [String] = []
        var heading = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("#") { heading = Self.unquoted(line.drop { "# ".contains($0) }) }
            guard line.hasPrefix("|") else {
                header = []
                continue
            }
            let cells = line.dropFirst().dropLast().split(
                separator: "|", omittingEmptySubsequences: false
            ).map { Self.unquoted($0) }
            if header.isEmpty {
                header = cells
            } else if cells[0].allSatisfy({ "-:".contains($0) }) {
                continue
            } else if header == ["OFFSET", "SIZE", "FIELD", "MEANING"] {
                layouts[heading, default: []].append(
                    Field(name: cells[2], offset: cells[0], size: cells[1]))
            } else if header.starts(with: ["TABLE", "KEY", "VALUE"]) {
                catalogTables.append((cells[0], cells[1], cells[2]))
            }
        }
    }

    private static func unquoted(_ cell: Substring) -> String {
        cell.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: "`", with: "")
    }

    /// Cuts bytes into the fields of a layout; all bytes must be used up.
    ///
    /// - Parameter bigEndian: whether the layout is a key's.
    package func read(
        _ bytes: [UInt8], as layout: String, bigEndian: Bool = false
    ) throws -> FormatFields {
        guard let fields = layouts[layout] else {
            throw Mismatch(description: "the document has no layout \(layout)")
        }
        var values: [String: [UInt8]] = [:]
        var absent: Set<String> = []
        var position = 0
        func take(_ count: Int, _ field: Field) throws -> [UInt8] {
            guard count >= 0, count <= bytes.count - position else {
                throw Mismatch(description: "\(layout).\(field.name) reaches beyond the bytes")
            }
            defer { position += count }
            return Array(bytes[position..<position + count])
        }
        func takeText(_ field: Field) throws -> [UInt8] {
            try take(Int(littleEndian(take(4, field))), field)
        }
        func isPresent(_ field: Field) throws -> Bool {
            let flag = try take(1, field)[0]
            guard flag <= 1 else { throw Mismatch(description: "\(layout).\(field.name): a flag") }
            if flag == 0 { absent.insert(field.name) }
            return flag == 1
        }
        for field in fields {
            guard field.offset == "…" || Int(field.offset) == position else {
                throw Mismatch(
                    description: "\(layout).\(field.name) is at \(position), not \(field.offset)")
            }
            switch field.size {
            case "4 + n": values[field.name] = try takeText(field)
            case "1 (+ 8)": values[field.name] = try isPresent(field) ? take(8, field) : []
            case "1 (+ 4 + n)": values[field.name] = try isPresent(field) ? takeText(field) : []
            case "n + 1":
                values[field.name] = try take(
                    (bytes[position...].firstIndex(of: 0) ?? bytes.count) - position, field)
                _ = try take(1, field)
            case "1 (+ 45)": values[field.name] = try isPresent(field) ? take(45, field) : []
            case "rest": values[field.name] = try take(bytes.count - position, field)
            default:
                guard let size = Int(field.size) else {
                    throw Mismatch(description: "\(layout).\(field.name): size \(field.size)")
                }
                values[field.name] = try take(size, field)
            }
        }
        guard position == bytes.count else {
            throw Mismatch(
                description: "\(layout) has \(bytes.count) bytes, the document \(position)")
        }
        return FormatFields(values: values, absent: absent, bigEndian: bigEndian)
    }

    /// The documented size of a layout whose fields are all of fixed size.
    package func byteCount(of layout: String) -> Int? {
        layouts[layout]?.reduce(0) { sum, field in
            guard let sum, let size = Int(field.size) else { return nil }
            return sum + size
        }
    }
}

/// The fields of one key, value or header, by their documented names.
package struct FormatFields: Sendable {
    let values: [String: [UInt8]]
    let absent: Set<String>
    let bigEndian: Bool

    init(values: [String: [UInt8]], absent: Set<String>, bigEndian: Bool) {
        self.values = values
        self.absent = absent
        self.bigEndian = bigEndian
    }

    /// No fields at all.
    package init() { self.init(values: [:], absent: [], bigEndian: false) }

    /// A field as a number; `nil` when it is absent or the document has no such field.
    package func number(_ name: String) -> UInt64? {
        guard let bytes = values[name], !absent.contains(name), bytes.count <= 8 else { return nil }
        return littleEndian(bigEndian ? bytes.reversed() : bytes)
    }

    /// A field as a real number.
    package func real(_ name: String) -> Double? { number(name).map(Double.init(bitPattern:)) }

    /// A field as text.
    package func text(_ name: String) -> String? {
        guard let bytes = values[name], !absent.contains(name) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A field's bytes.
    package func bytes(_ name: String) -> [UInt8]? { values[name] }
}

private func littleEndian(_ bytes: [UInt8]) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
