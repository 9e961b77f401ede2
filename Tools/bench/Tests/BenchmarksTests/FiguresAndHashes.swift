// Medians, ratios, what is printed of them, and the hash that holds comparisons together.

import Testing

@testable import Benchmarks

@Suite struct FiguresAndHashes {
    @Test func aMedianIsTheValueInTheMiddle() {
        #expect(median([3, 1, 2]) == 2)
        #expect(median([4, 1, 2, 3]) == 2.5)
        #expect(median([]).isNaN)
    }

    @Test func aRatioSaysHowManyTimesBetterOursIs() {
        var row = Row(
            work: "w", unit: "s", ours: 6, peers: [("peer", 3)], against: .peer("peer"),
            target: 2, hash: 1)
        #expect(row.ratio == 2)
        #expect(row.isMet == true)
        row.better = .lower
        #expect(row.ratio == 0.5)
        #expect(row.isMet == false)
        row.against = .figure(12)
        #expect(row.isMet == true)
        row.against = .peer("somebody else")
        #expect(row.isMet == false)
        row.target = nil
        #expect(row.isMet == nil)
    }

    @Test func aRowIsOneLineOfJSON() {
        let row = Row(
            work: "w", unit: "assets/s", ours: 6, peers: [("peer", 3)], against: .peer("peer"),
            target: 2.5, hash: 255)
        #expect(
            row.json(suite: "s") == """
                {"suite":"s","work":"w","unit":"assets/s","better":"higher","ours":6.0,\
                "peers":{"peer":3.0},"against":"peer","ratio":2.0,"target":2.5,"met":false,\
                "hash":"00000000000000ff"}
                """)
    }

    @Test func theTableSaysWhatIsMissed() {
        let lines = Table.lines([
            Row(
                work: "w", unit: "assets/s", ours: 12_345, peers: [("raw", 20_000), ("files", 1)],
                against: .peer("raw"), target: 0.85, hash: 1)
        ])
        #expect(lines.count == 2)
        #expect(lines[0].contains("12,345"))
        #expect(lines[0].contains("≥ 0.85  NO"))
        #expect(!lines[1].contains("12,345"))
        #expect(!lines[1].contains("≥"))
    }

    @Test func figuresHaveThreeDigitsOrMore() {
        #expect(figureText(1.234) == "1.23")
        #expect(figureText(56.78) == "56.8")
        #expect(figureText(1_234_567.8) == "1,234,568")
        #expect(figureText(.nan) == "–")
    }

    @Test(arguments: [0, 1, 63, 64, 65, 200])
    func aHashChangesWithEveryByte(_ count: Int) {
        var bytes = [UInt8](repeating: 9, count: count)
        let hash = unsafe contentHash(bytes.span.bytes)
        for index in bytes.indices {
            bytes[index] ^= 1
            unsafe #expect(contentHash(bytes.span.bytes) != hash)
            bytes[index] ^= 1
        }
        unsafe #expect(contentHash((bytes + [0]).span.bytes) != hash)
    }

    @Test func aHashDependsOnTheOrderOfBytes() {
        let (one, other) = (
            [UInt8](repeating: 1, count: 64) + [UInt8](repeating: 2, count: 64),
            [UInt8](repeating: 2, count: 64) + [UInt8](repeating: 1, count: 64)
        )
        unsafe #expect(contentHash(one.span.bytes) != contentHash(other.span.bytes))
    }

    @Test func contentsDifferAndComeAgain() {
        let payloads = Payloads(byteCount: 1000, seed: 5, windowCount: 1 << 12)
        let hashes = (0..<4096).map { payloads.withBytes($0) { contentHash($0) } }
        #expect(Set(hashes).count == 4096)
        let again = Payloads(byteCount: 1000, seed: 5, windowCount: 1 << 12)
        #expect(payloads.contentSum(0..<99) == again.contentSum((0..<99).reversed()))
        let others = Payloads(byteCount: 1000, seed: 6, windowCount: 1 << 12)
        #expect(payloads.contentSum(0..<99) != others.contentSum(0..<99))
    }
}
