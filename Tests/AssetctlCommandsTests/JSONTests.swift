// What scripts read, and what users hand in.

import AssetctlCommands
import Testing

@Suite struct JSONText {
    @Test func objectsKeepTheOrderOfTheirKeys() {
        let value: JSONValue = [
            "zebra": 1, "apple": [true, nil, 2.5], "byteCount": JSONValue(Int?.none),
            "title": "x", "fps": 30.0,
        ]
        #expect(
            value.text
                == #"{"zebra":1,"apple":[true,null,2.5],"byteCount":null,"title":"x","fps":30}"#)
    }

    @Test func stringsAreEscapedAndStayOneLine() {
        #expect(
            JSONValue.string("a\"b\\c\n\r\t\u{0}\u{1F}\u{7F}\u{2028}ü🎵").text
                == #""a\"b\\c\n\r\t\u0000\u001f\u007f\u2028ü🎵""#)
    }

    @Test func numbersAreJSON() throws {
        #expect(JSONValue.double(.nan).text == "null")
        #expect(JSONValue.double(-.infinity).text == "null")
        #expect(JSONValue.double(1e300).text == "1e+300")
        #expect(JSONValue.double(0.1).text == "0.1")
        #expect(JSONValue(UInt64.max).text == "18446744073709551615")
        #expect(try JSONValue.parse(Array("1e+300".utf8)).text == "1e+300")
    }

    @Test func whatIsReadIsPrintedWithOrderAndDigitsKept() throws {
        let text =
            #" {"b" : [1.10, -0, 12345678901234567890123] , "a":{"é\u00e9\ud83c\udfb5":"\/\b\f"}, "n":null} "#
        #expect(
            try JSONValue.parse(Array(text.utf8)).text
                == #"{"b":[1.10,-0,12345678901234567890123],"a":{"éé🎵":"/\u0008\u000c"},"n":null}"#)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
        "01", "-", "1.", ".5", "1e", "+1", "tru", "truex", "nulll", "\"", "\"\\", "\"\\u12",
        "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\x\"", "\"\n\"",
        "1 2", "{\"a\":1,\"a\":2}", "NaN", "'a'", "[1 2]", "\u{FEFF}1",
    ])
    func otherTextIsRefused(_ text: String) {
        #expect(throws: JSONError.self) { try JSONValue.parse(Array(text.utf8)) }
    }

    @Test func depthIsBoundedAndBytesMustBeText() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONError.self) { try JSONValue.parse(deep) }
        #expect(throws: JSONError.self) { try JSONValue.parse([0x22, 0xFF, 0x22]) }
    }

    @Test func durationsForPeople() {
        #expect(clockText(seconds: 3.2) == "0:04")
        #expect(clockText(seconds: 3723) == "1:02:03")
        #expect(clockText(seconds: .nan) == "0:00")
        #expect(clockText(seconds: -1) == "0:00")
        _ = clockText(seconds: .infinity)
    }
}
