// Moments as zip archives have them. MS-DOS wrote local time; here it is UTC always, so that the
// same content gives the same bytes in every time zone.

internal import Basics
internal import Glibc

/// The MS-DOS form of a moment: two-second steps from 1980 to 2107.
struct ZipTime: Sendable, Equatable {
    /// The date in the upper half, the time in the lower.
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The last step that is not later than `timestamp`; beyond either end, that end. The
    /// corresponding C function is `gmtime_r`.
    init(_ timestamp: Timestamp) {
        var seconds = time_t(min(max(timestamp.wholeSeconds, Self.first), Self.last))
        var parts = unsafe tm()
        // It fails only for years that don't fit an integer.
        _ = unsafe gmtime_r(&seconds, &parts)
        let (year, month, day) =
            unsafe (Int(parts.tm_year) - 80, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
        let (hour, minute, second) =
            unsafe (Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec))
        let date = year << 9 | month << 5 | day
        let time = hour << 11 | minute << 5 | second / 2
        rawValue = UInt32(date << 16 | time)
    }

    /// The moment, taken as UTC; a day or hour that no calendar has runs over into the next. The
    /// corresponding C function is `timegm`.
    var timestamp: Timestamp {
        let (date, time) = (CInt(rawValue >> 16), CInt(rawValue & 0xFFFF))
        var parts = unsafe tm()
        unsafe parts.tm_year = date >> 9 + 80
        unsafe parts.tm_mon = date >> 5 & 15 - 1
        unsafe parts.tm_mday = date & 31
        unsafe parts.tm_hour = time >> 11
        unsafe parts.tm_min = time >> 5 & 63
        unsafe parts.tm_sec = time & 31 * 2
        return Timestamp(millisecondsSinceEpoch: unsafe Int64(timegm(&parts)) * 1000)
    }

    /// 1980-01-01T00:00:00Z and 2107-12-31T23:59:58Z, in seconds since 1970.
    private static let first: Int64 = 315_532_800
    private static let last: Int64 = 4_354_819_198
}

extension Timestamp {
    /// Seconds since 1970, rounded down.
    var wholeSeconds: Int64 {
        let (seconds, rest) = millisecondsSinceEpoch.quotientAndRemainder(dividingBy: 1000)
        return rest < 0 ? seconds - 1 : seconds
    }
}
