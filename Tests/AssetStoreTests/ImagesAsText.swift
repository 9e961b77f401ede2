import Basics
import Foundation
import TestSupport
import Testing

@testable import AssetStore

/// Images come in and go out as base64 and as data URLs; what is none is refused (P12).
@Suite struct ImagesAsText {
    @Test(arguments: [0, 1, 2, 3, 1000, Limits.partByteCount + 1])
    func thereAndBack(_ byteCount: Int) throws {
        let test = try TestStore()
        var random = SeededGenerator(seed: UInt64(byteCount))
        let bytes = random.bytes(byteCount)
        let text = Data(bytes).base64EncodedString()
        let description = AssetDescription.image(project: "p", name: "n", width: 3, height: 4)
        let first = try test.store.putImage(
            dataURL: "data:image/png;base64,\(text)", as: description)
        #expect(first.description.mediaType == "image/png")
        #expect(first.description.facts == MediaFacts(width: 3, height: 4))
        #expect((try test.store.bytes(of: first.id) == bytes) as Bool)
        #expect(
            (try test.store.imageDataURL(of: first.id) == "data:image/png;base64,\(text)") as Bool)
        let second = try test.store.putImage(base64: text, as: image())
        #expect((try test.store.imageBase64(of: second.id) == text) as Bool)
        #expect(second.checksum == first.checksum)
        #expect(try test.store.verify().isIntact)
    }

    @Test func whatIsNoImageIsRefused() throws {
        let test = try TestStore()
        let store = test.store
        let description = AssetDescription.image(project: "p")
        #expect(throws: AssetError(.invalidArgument, "")) {
            try store.putImage(dataURL: "data:text/html,hello", as: description)
        }
        #expect(throws: AssetError(.invalidArgument, "")) {
            try store.putImage(
                dataURL: "data:image/png,x", as: .video(project: "p", mediaType: "video/mp4"))
        }
        #expect(throws: AssetError(.inputUnreadable, "")) {
            try store.putImage(base64: "Zm9", as: description)
        }
        #expect(try store.statistics().assetCount == 0)
        let sound = try store.put(.audio(project: "p", mediaType: "audio/flac"), [1])
        #expect(throws: AssetError(.invalidArgument, "")) { try store.imageDataURL(of: sound.id) }
        #expect(try store.imageDataURL(of: AssetID(high: 1, low: 2)) == nil)
        #expect(try store.imageBase64(of: AssetID(high: 1, low: 2)) == nil)
    }

    @Test func moreThanIsLentAtOnceIsRefused() throws {
        let test = try TestStore()
        let zeros = String(repeating: "A", count: Limits.contiguousByteCountMax / 3 * 4)
        #expect(try DataURL("data:;base64," + zeros).bytes.count == Limits.contiguousByteCountMax)
        for text in [
            "data:image/png;base64,AAAA" + zeros, "data:image/png;base64,AA%41A" + zeros,
            "data:image/png," + zeros + "A",
        ] {
            #expect(throws: AssetError(.invalidArgument, "")) {
                try test.store.putImage(dataURL: text, as: .image(project: "p"))
            }
        }
    }

    @Test func tasksUseThemToo() async throws {
        let directory = try TemporaryDirectory()
        let store = try await AsyncStore.openOrCreate(at: directory.file("store"))
        let url = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
        let first = try await store.putImage(dataURL: url, as: .image(project: "p"))
        #expect(try await store.imageDataURL(of: first.id) == url)
        let text = try #require(try await store.imageBase64(of: first.id))
        let second = try await store.putImage(base64: text, as: first.description)
        #expect(try await store.bytes(of: second.id) == store.bytes(of: first.id))
        try await store.close()
    }
}

/// Data URLs are those of RFC 2397.
@Suite struct DataURLs {
    @Test(arguments: [
        ("data:,A%20brief%20note", "text/plain;charset=US-ASCII", "A brief note"),
        ("data:,", "text/plain;charset=US-ASCII", ""),
        ("data:;base64,", "text/plain;charset=US-ASCII", ""),
        ("DATA:;Base64,aGk=", "text/plain;charset=US-ASCII", "hi"),
        ("data:;charset=utf-8,x", "text/plain;charset=utf-8", "x"),
        (
            "data:text/plain;charset=iso-8859-7,%be%f6", "text/plain;charset=iso-8859-7",
            "\u{FFFD}\u{FFFD}"
        ),
        ("data:Image/SVG+XML;Charset=UTF-8,%3Csvg/%3E", "image/svg+xml;charset=UTF-8", "<svg/>"),
        ("data:image/png;base64,aGk%3D", "image/png", "hi"),
        ("data:image/png;base64,%61Gk=", "image/png", "hi"),
        ("data:a/b;n=%22x%3By%22,1,2", "a/b;n=\"x;y\"", "1,2"),
        ("data:a/b;n=x%3By%20%5C%22,", "a/b;n=\"x;y \\\\\\\"\"", ""),
        ("data:a/b;n=\"q\",", "a/b;n=q", ""),
        ("data:a/b;n=\"caf%C3%A9\",", "a/b;n=\"café\"", ""),
        ("data:a/b,<>{}?&=", "a/b", "<>{}?&="),
        ("data:a/b;base64=x,hi", "a/b;base64=x", "hi"),
    ])
    func whatTheyMean(_ text: String, _ mediaType: String, _ content: String) throws {
        let url = try DataURL(text)
        #expect(url.mediaType == mediaType)
        #expect(String(decoding: url.bytes, as: UTF8.self) == content)
        // Written and read again it means the same.
        #expect(try DataURL(url.description) == url)
    }

    @Test(arguments: [
        "", "data", "data:", "data:image/png", "dat\u{1A}:,", "date:,", " data:,", "http://a/,",
        "data:image,x", "data:image/,x", "data:/png,x", "data:image/png/x,x", "data:im age/png,x",
        "data:image/png;,x", "data:image/png;utf8,x", "data:image/png;=x,x",
        "data:image/png;base64;charset=x,aGk=", "data:image/png;base64 ,aGk=", "data:base64,aGk=",
        "data:image/png;a=b c,x", "data:image/png;a=\u{7F},x", "data:image/png;a=%00,x",
        "data:image/png;a=%FF,x", "data:image/png;a=%,x", "data:image/png;a=%4,x",
        "data:,%", "data:,%4", "data:,%4g", "data:,%%41", "data:,a b", "data:,a#b", "data:,é",
        "data:,a\nb", "data:,\0", "data:;base64,aGk", "data:;base64,aG k", "data:;base64,aGk=#",
        "data:;base64,aGl=", "data:;base64,a%", "data:;base64,%3D%3D%3D%3D", "data:;base64,-_-_",
        "data:" + String(repeating: "x", count: 100_000),
        "data:image/" + String(repeating: "x", count: 300) + ",",
        "data:a/b" + String(repeating: ";a=b", count: 100_000) + ",",
    ])
    func malformedOnesAreRefused(_ text: String) {
        #expect(throws: AssetError(.inputUnreadable, "")) { try DataURL(text) }
    }

    /// A plain reading of escapes, as the reference.
    @Test func anyBytesAndParametersRoundTrip() throws {
        var random = SeededGenerator(seed: 2397)
        for _ in 0..<2000 {
            let bytes = random.bytes(Int.random(in: 0...60, using: &random))
            let escaped = bytes.map { String(format: "%%%02x", $0) }.joined()
            let scalars = (0..<Int.random(in: 1...6, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0x20...0x17F, using: &random))
            }.filter { $0.value != 0x7F }
            let value = String(String.UnicodeScalarView(scalars))
            let name = value.utf8.map { String(format: "%%%02X", $0) }.joined()
            let url = try DataURL("data:image/x;a=\(name);b=c,\(escaped)")
            #expect(url.bytes == bytes)
            #expect(url.mediaType.hasPrefix("image/x;a=") && url.mediaType.hasSuffix(";b=c"))
            #expect(try DataURL(url.description) == url)
            #expect(url.description.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        }
    }

    @Test func noiseIsReadOrRefused() {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array("data:image/png;base64,=%20\"\\#aG k=é\0".unicodeScalars)
        for _ in 0..<20_000 {
            var text = "data:"
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                text.unicodeScalars.append(alphabet.randomElement(using: &random) ?? "a")
            }
            do {
                let url = try DataURL(text)
                #expect(try DataURL(url.description) == url)
            } catch {
                #expect(error == AssetError(.inputUnreadable, ""))
            }
        }
    }
}
