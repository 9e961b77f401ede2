// Moments, as they are stored and printed.

internal import Glibc

/// A moment in UTC, to the millisecond.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let millisecondsSinceEpoch: Int64

    public init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// The present moment by the system's clock. The corresponding C function is `clock_gettime`.
    public static func now() -> Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            millisecondsSinceEpoch: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }

    /// As RFC 3339 has it: `2026-11-20T13:12:00.123Z`.
    public var description: String {
        var seconds = time_t(millisecondsSinceEpoch / 1000)
        var milliseconds = millisecondsSinceEpoch % 1000
        if milliseconds < 0 {
            seconds -= 1
            milliseconds += 1000
        }
        var parts = unsafe tm()
        // Only a year beyond what `tm` can hold has no calendar form.
        guard unsafe gmtime_r(&seconds, &parts) != nil else {
            return "+\(millisecondsSinceEpoch)ms"
        }
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date =
            unsafe padded(Int(parts.tm_year) + 1900, 4) + "-"
            + padded(Int(parts.tm_mon) + 1, 2) + "-" + padded(Int(parts.tm_mday), 2)
        let time =
            unsafe padded(Int(parts.tm_hour), 2) + ":" + padded(Int(parts.tm_min), 2) + ":"
            + padded(Int(parts.tm_sec), 2) + "." + padded(Int(milliseconds), 3)
        return date + "T" + time + "Z"
    }
}
