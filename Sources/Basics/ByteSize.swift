// Sizes as people write and read them: `500`, `20K`, `1.5GiB`.

/// A number of bytes in words. `K`, `KiB`, `M`, `MiB`, … are powers of 1024; `KB`, `MB`, … are
/// powers of 1000; case doesn't matter.
package enum ByteSize {
    private static let letters: [Character] = ["K", "M", "G", "T", "P", "E"]

    /// The bytes that `text` stands for, rounded down; `nil` when it is no size or exceeds
    /// `Int.max`.
    ///
    /// A fraction needs a unit: `1.5K` is 1536, `1.5` is nothing.
    package static func parse(_ text: String) -> Int? {
        let upper = text.uppercased()
        let number = upper.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard !number.isEmpty, number.utf8.count <= 40,
            let unit = unit(upper[number.endIndex...])
        else { return nil }
        let halves = number.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count <= 2, let whole = Int(halves[0]) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        if halves.count == 1 { return product }
        guard unit > 1, !halves[1].isEmpty else { return nil }
        let (sum, sumOverflow) = product.addingReportingOverflow(
            fraction(halves[1], of: unit))
        return sumOverflow ? nil : sum
    }

    /// `byteCount` in the largest binary unit that leaves at least 1: `0 B`, `999 B`, `1.5 GiB`,
    /// `312 MiB`.
    package static func format(_ byteCount: Int) -> String {
        var unit = -1
        var value = Double(byteCount)
        while abs(value) >= 1023.95, unit + 1 < letters.count {
            value /= 1024
            unit += 1
        }
        if unit < 0 { return "\(byteCount) B" }
        return "\(number(value)) \(letters[unit])iB"
    }

    private static func unit(_ suffix: Substring) -> Int? {
        if suffix.isEmpty || suffix == "B" { return 1 }
        guard let first = suffix.first, let index = letters.firstIndex(of: first) else {
            return nil
        }
        let base: Int
        switch suffix.dropFirst() {
        case "", "IB": base = 1024
        case "B": base = 1000
        default: return nil
        }
        return (0...index).reduce(1) { product, _ in product * base }
    }

    /// The decimal digits behind a point, as whole bytes of `unit`, without floating point.
    private static func fraction(_ digits: Substring, of unit: Int) -> Int {
        var numerator = 0
        var denominator = 1
        // Eighteen digits say more than any unit can show, and still fit an `Int`.
        for digit in digits.prefix(18) {
            numerator = numerator * 10 + (digit.wholeNumberValue ?? 0)
            denominator *= 10
        }
        return denominator.dividingFullWidth(unit.multipliedFullWidth(by: numerator)).quotient
    }

    private static func number(_ value: Double) -> String {
        if abs(value) >= 99.95 { return "\(Int(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }
}
