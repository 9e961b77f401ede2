// Times as `--json` and the tables print them.

internal import Glibc

/// The RFC 3339 form, in UTC with milliseconds, of a time in milliseconds since 1970:
/// `2026-01-31T12:00:00.250Z`. The corresponding C function is `gmtime_r`.
package func rfc3339(millisecondsSince1970 milliseconds: Int) -> String {
    let (seconds, fraction) = flooredDivision(milliseconds, by: 1000)
    var time = time_t(seconds)
    var parts = unsafe tm()
    guard unsafe gmtime_r(&time, &parts) != nil else { return "+\(milliseconds)ms" }
    let year = unsafe padded(Int(parts.tm_year) + 1900, 4)
    let date = unsafe [parts.tm_mon + 1, parts.tm_mday].map { padded(Int($0), 2) }
    let clock = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }
    return "\(year)-\(date.joined(separator: "-"))T\(clock.joined(separator: ":"))"
        + ".\(padded(fraction, 3))Z"
}

/// A duration for people: `0:04`, `12:30`, `1:02:03`, rounded up to whole seconds.
package func clockText(seconds: Double) -> String {
    let total = Int(max(0, min(seconds.isNaN ? 0 : seconds, 359_999_999)).rounded(.up))
    let tail = padded(total % 60, 2)
    if total < 3600 { return "\(total / 60):\(tail)" }
    return "\(total / 3600):\(padded(total / 60 % 60, 2)):\(tail)"
}

private func flooredDivision(_ value: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

private func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension JSONValue {
    /// A time in milliseconds since 1970, as RFC 3339 in UTC.
    package static func time(millisecondsSince1970 milliseconds: Int?) -> JSONValue {
        JSONValue(milliseconds.map { rfc3339(millisecondsSince1970: $0) })
    }
}
