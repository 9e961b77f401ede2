import AssetStore
import Basics
import Foundation
import TestSupport
import Testing

@testable import ProjectArchive

/// `docs/archive.md` says what is in an archive, and nothing else is.
@Suite struct ArchiveDocument {
    /// A member of a line, as the document has it.
    private struct Member: Equatable {
        var name: String
        var isOptional: Bool
    }

    private static func document() throws -> String {
        let file = URL(fileURLWithPath: #filePath)
        let root = file.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(
            contentsOf: root.appendingPathComponent("docs/archive.md"), encoding: .utf8)
    }

    /// The members of each type of line, in their order.
    private static func members() throws -> [String: [Member]] {
        var (found, type): ([String: [Member]], String?) = ([:], nil)
        for line in try document().split(separator: "\n") {
            if line.hasPrefix("#") {
                let words = line.split(separator: "`")
                type = line.hasPrefix("### `") && words.count == 2 ? String(words[1]) : nil
            } else if let type, line.hasPrefix("| `") {
                let cell = line.split(separator: "|")[0]
                found[type, default: []].append(
                    Member(
                        name: String(cell.split(separator: "`")[1]),
                        isOptional: cell.contains("?")))
            }
        }
        return found
    }

    @Test func everyLineIsAsDocumented() throws {
        let source = try ArchiveStore()
        try source.store.fill("demo")
        _ = try source.store.exportProject("demo", to: source.file("demo.zip"))
        let manifest = try #require(try contents(ofArchive: source.file("demo.zip"))[Manifest.path])
        let documented = try Self.members()
        var seen: [String: Set<String>] = [:]
        var types: [String] = []
        for line in manifest.split(separator: UInt8(ascii: "\n")) {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            let type = try #require(object["type"] as? String)
            if types.last != type { types.append(type) }
            seen[type, default: []].formUnion(object.keys)
            let members = try #require(documented[type], "\(type)")
            for member in members {
                #expect(object[member.name] != nil || member.isOptional, "\(type).\(member.name)")
            }
            // In the order of the document.
            let text = String(decoding: line, as: UTF8.self)
            var rest = text[...]
            for member in members where object[member.name] != nil {
                let place = try #require(
                    rest.range(of: "\"\(member.name)\":"), "\(type).\(member.name)")
                rest = rest[place.upperBound...]
            }
        }
        for (type, names) in seen {
            let members = try #require(documented[type])
            #expect(names.subtracting(["type"]) == Set(members.map(\.name)), "\(type)")
        }
        #expect(types.first == "project" && types.last == "end")
        #expect(Set(types) == Set(documented.keys))
    }

    @Test func pathsAreAsDocumented() throws {
        let source = try ArchiveStore()
        try source.store.fill("demo")
        _ = try source.store.exportProject("demo", to: source.file("demo.zip"))
        let paths = try contents(ofArchive: source.file("demo.zip")).keys
        #expect(paths.contains("assets/images/cover.png"))
        for path in paths where path != "manifest.ndjson" {
            let parts = path.split(separator: "/")
            switch parts[0] {
            case "assets": #expect(parts.count == 3 && Namespace(name: String(parts[1])) != nil)
            case "frames":
                #expect(JobID(parts[1]) != nil && parts[2].split(separator: ".")[0].count == 6)
                #expect(path.hasSuffix(".jpg") || path.hasSuffix(".frame"))
            case "segments": #expect(JobID(parts[1]) != nil && path.hasSuffix(".segment"))
            default: Issue.record("\(path) is not documented")
            }
        }
        #expect(try Self.document().contains("`manifest.ndjson`"))
    }
}

/// Names of entries are such that people know their files again and every file system takes them.
@Suite struct NamesOfEntries {
    private func path(_ name: String, _ mediaType: String, taken: Set<String> = []) throws -> String
    {
        let test = try ArchiveStore()
        let asset = try test.store.put(
            AssetDescription(namespace: .images, project: "p", name: name, mediaType: mediaType),
            bytes: [1])
        let path = try EntryPaths.asset(asset) { path throws(AssetError) in taken.contains(path) }
        return String(path.dropFirst("assets/images/".count))
            .replacing("\(asset.id)", with: "ID")
    }

    @Test func endingsFollowTheMediaType() throws {
        #expect(try path("cover.png", "image/png") == "cover.png")
        #expect(try path("cover.JPEG", "image/jpeg") == "cover.JPEG")
        #expect(try path("cover.png", "image/jpeg; q=1") == "cover.png.jpg")
        #expect(try path("cover", "image/webp") == "cover.webp")
        #expect(try path("v1.2", "image/webp") == "v1.2.webp")
        #expect(try path("cover.xyz", "image/unknown") == "cover.xyz")
        #expect(try path("cover", "image/unknown") == "cover")
        #expect(try path("", "image/png") == "ID.png")
    }

    @Test func whatFileSystemsDoNotTakeIsReplaced() throws {
        #expect(try path("a/b\\c:d*e", "image/png") == "a_b_c_d_e.png")
        #expect(try path("../../x", "image/png") == "_.._x.png")
        #expect(try path("..", "image/png") == "ID.png")
        #expect(try path(".hidden. ", "image/png") == "hidden.png")
        #expect(try path("a\u{0A}b\u{202E}c", "image/png") == "a_b_c.png")
        #expect(try path("con", "image/png") == "_con.png")
        #expect(try path("LPT1.x", "image/png") == "_LPT1.x.png")
        #expect(try path("Thumbs.db", "x/y") == "_Thumbs.db")
        let long = try path(String(repeating: "ä", count: 127), "image/png")
        #expect(long.utf8.count == 120 + 4)
        #expect(ZipName.objection(to: long) == nil)
    }

    @Test func namesThatAreTakenAreNumbered() throws {
        var taken: Set<String> = ["assets/images/a.png"]
        #expect(try path("a.png", "image/png", taken: taken) == "a-2.png")
        for number in 2...9 { taken.insert("assets/images/a-\(number).png") }
        #expect(try path("a.png", "image/png", taken: taken) == "a-ID.png")
    }
}
