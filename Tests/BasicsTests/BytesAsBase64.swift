import Foundation
import TestSupport
import Testing

@testable import Basics

/// Base64 is that of RFC 4648, and nothing else is taken for it (P12).
@Suite struct BytesAsBase64 {
    private func encode(_ bytes: [UInt8]) -> String { unsafe Base64.encode(bytes.span.bytes) }

    private func decode(_ text: String, max: Int = 1 << 20) throws -> [UInt8] {
        unsafe try Base64.decode(text.utf8.span.bytes, byteCountMax: max, subject: "the text")
    }

    /// The vectors of RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func vectors(_ bytes: String, _ text: String) throws {
        #expect(encode(Array(bytes.utf8)) == text)
        #expect(try decode(text) == Array(bytes.utf8))
    }

    /// Foundation's encoder and decoder as the reference.
    @Test func asTheReferenceSays() throws {
        var random = SeededGenerator(seed: 4648)
        for _ in 0..<2000 {
            let bytes = random.bytes(Int.random(in: 0...200, using: &random))
            let text = Data(bytes).base64EncodedString()
            #expect(encode(bytes) == text)
            #expect(try decode(text) == bytes)
            let expected = "x," + text
            #expect(unsafe Base64.encode(bytes.span.bytes, behind: "x,") == expected)
        }
    }

    /// Whatever is accepted is what its bytes are encoded to: there is one text for all bytes.
    @Test func whatIsChangedIsNeverTakenForSomethingElse() throws {
        var random = SeededGenerator(seed: 2)
        var acceptedCount = 0
        for _ in 0..<20_000 {
            var text = Array(encode(random.bytes(Int.random(in: 1...12, using: &random))).utf8)
            let place = Int.random(in: 0..<text.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: text[place] = UInt8.random(in: 0...127, using: &random)
            case 1: text.remove(at: place)
            default: text.insert(UInt8.random(in: 0...255, using: &random), at: place)
            }
            do {
                let bytes = unsafe try Base64.decode(
                    text.span.bytes, byteCountMax: 100, subject: "the text")
                acceptedCount += 1
                #expect(Array(encode(bytes).utf8) == text)
            } catch {
                #expect(error == AssetError(.inputUnreadable, ""))
            }
        }
        #expect(acceptedCount > 0)
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "=", "==", "===", "====", "Z===", "Zg==Zg==", "Z=g=", "=Zg=",
        "Zm9v\n", "Zm9\n", " Zm9", "Zm-_", "Zh==", "Zm9=", "Zm9v====", "Zm8\u{E9}", "Zm9v!mFy",
        "Zm9\0", "Zg=g",
    ])
    func malformedTextIsRefused(_ text: String) {
        #expect(throws: AssetError(.inputUnreadable, "")) { try decode(text) }
    }

    @Test func whatIsTooLongIsRefused() throws {
        #expect(try decode("Zm9v", max: 3).count == 3)
        #expect(try decode("Zm8=", max: 2).count == 2)
        for (text, max) in [("Zm9v", 2), ("Zm8=", 1), ("Zg==", 0)] {
            #expect(throws: AssetError(.invalidArgument, "")) { try decode(text, max: max) }
        }
    }
}
