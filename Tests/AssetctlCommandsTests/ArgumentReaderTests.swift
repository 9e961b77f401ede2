// Command lines, friendly and hostile.

import AssetctlCommands
internal import Basics
import Testing

@Suite struct ArgumentReading {
    @Test func optionsStandAnywhereAndInBothForms() throws {
        var reader = ArgumentReader(["a", "--size=1x2", "b", "--name", "n", "--deep", "c"])
        #expect(try reader.option("size") == "1x2")
        #expect(try reader.option("name") == "n")
        #expect(try reader.flag("deep"))
        #expect(try !reader.flag("shallow"))
        #expect(try reader.operands("a word") == ["a", "b", "c"])
        try reader.finish()
    }

    @Test func doubleDashEndsOptions() throws {
        var reader = ArgumentReader(["--deep", "--", "--name", "--", "-x", "-"])
        #expect(try reader.flag("deep"))
        #expect(try reader.option("name") == nil)
        #expect(try reader.operands("a word") == ["--name", "--", "-x", "-"])
    }

    @Test func whatStandsBehindDoubleDashIsNoValue() {
        var reader = ArgumentReader(["--name", "--", "x"])
        #expect(throws: UsageError("--name needs a value")) { try reader.option("name") }
    }

    @Test func valuesMayBeginWithOneDashButNotTwo() throws {
        var reader = ArgumentReader(["--range", "-100", "--output", "-", "--title=--x"])
        #expect(try reader.option("range") == "-100")
        #expect(try reader.option("output") == "-")
        #expect(try reader.option("title") == "--x")
        var other = ArgumentReader(["--output", "--json"])
        #expect(throws: UsageError("--output needs a value")) { try other.option("output") }
    }

    @Test func aLoneDashIsAnOperand() throws {
        var reader = ArgumentReader(["-"])
        #expect(try reader.operand("a file") == "-")
    }

    @Test func emptyWordsAreRefused() throws {
        var option = ArgumentReader(["--name", ""])
        #expect(throws: UsageError("--name is given an empty value")) {
            try option.option("name")
        }
        var title = ArgumentReader(["--title="])
        #expect(try title.option("title", allowsEmpty: true) == "")
        var operand = ArgumentReader([""])
        #expect(throws: UsageError("a file is an empty word")) { try operand.operand("a file") }
    }

    @Test func onlyRepeatableOptionsRepeat() throws {
        var single = ArgumentReader(["--name", "a", "--name=b"])
        #expect(throws: UsageError("--name is given more than once")) {
            try single.option("name")
        }
        var many = ArgumentReader(["--attribute", "a=1", "--attribute=b==2=", "--attribute=c="])
        let pairs = try many.pairs("attribute")
        #expect(pairs.map(\.key) == ["a", "b", "c"])
        #expect(pairs.map(\.value) == ["1", "=2=", ""])
    }

    @Test(arguments: [
        ["--attribute=a"], ["--attribute", "=1"], ["--attribute=a=1", "--attribute=a=2"],
    ])
    func malformedPairsAreRefused(_ arguments: [String]) {
        var reader = ArgumentReader(arguments)
        #expect(throws: UsageError.self) { _ = try reader.pairs("attribute") }
    }

    @Test(arguments: [
        "", "--", "---", "--=", "-", "--\u{FFFD}", "--=x", "--name", "\u{0}", "--na\u{301}me=1",
        String(repeating: "-", count: 100_000), "--" + String(repeating: "x", count: 100_000),
    ])
    func hostileWordsAreErrorsAtMost(_ word: String) {
        var reader = ArgumentReader([word])
        do throws(UsageError) {
            _ = try reader.flag("deep")
            _ = try reader.option("name")
            _ = try reader.operands("a word", atLeast: 0)
            try reader.finish()
        } catch {
            #expect(!error.message.isEmpty)
        }
    }

    @Test func requiredOptionsAndOperandsAreNamed() {
        var reader = ArgumentReader([])
        #expect(throws: UsageError("--project is missing")) {
            try reader.requiredOption("project")
        }
        #expect(throws: UsageError("an id is missing")) { try reader.operand("an id") }
    }

    @Test func choicesListWhatIsPossible() throws {
        var reader = ArgumentReader(["--quality", "best"])
        #expect(throws: UsageError("--quality best: expected high, medium or low")) {
            try reader.choice("quality", of: ["high": 1, "medium": 2, "low": 3])
        }
        var good = ArgumentReader(["--quality", "low"])
        #expect(try good.choice("quality", of: ["high": 1, "medium": 2, "low": 3]) == 3)
    }

    @Test(arguments: [
        "", "x", "1e3", "0x10", "99999999999999999999999999", "1.0", "-1", "0", "11", "١",
    ])
    func integersOutsideTheirRangeAreRefused(_ text: String) {
        var reader = ArgumentReader(["--count=\(text)"])
        #expect(throws: UsageError.self) { try reader.integer("count", in: 1...10) }
    }

    @Test func numbersArePlainDecimals() throws {
        var reader = ArgumentReader(["--fps", "29.97"])
        #expect(try reader.number("fps", in: 1...240) == 29.97)
        for text in ["nan", "inf", "1e2", "0x1p3", "-1", "241", ".", "1.2.3", "0"] {
            var bad = ArgumentReader(["--fps=\(text)"])
            #expect(throws: UsageError.self) { try bad.number("fps", in: 1...240) }
        }
    }

    @Test func recordingReadersAskForNothing() throws {
        var reader = ArgumentReader.recording()
        #expect(try reader.requiredOption("project") == "")
        #expect(try reader.operand("an id") == "")
        #expect(try reader.operands("a file").isEmpty)
        #expect(reader.declarations == [.init(name: "project", takesValue: true)])
    }

    @Test func nearestFindsSlipsOfTheFinger() {
        let words = ["size", "quality", "overwrite"]
        #expect(nearest(to: "sise", among: words) == "size")
        #expect(nearest(to: "szie", among: words) == "size")
        #expect(nearest(to: "over", among: words) == "overwrite")
        #expect(nearest(to: "banana", among: words) == nil)
        #expect(nearest(to: "", among: words) == nil)
    }
}
