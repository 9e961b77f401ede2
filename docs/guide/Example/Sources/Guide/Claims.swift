// How the example checks what it says.

/// A claim that does not hold.
struct Failure: Error {
    var claim: String
}

/// Says what was done.
func say(_ things: Any...) {
    print(things.map { "\($0)" }.joined(separator: " "))
}

/// Checks a claim.
func check(_ claim: String, _ holds: Bool) throws {
    guard holds else { throw Failure(claim: claim) }
    print("  \(claim)")
}

/// Bytes that no packing makes smaller, the same for the same seed.
func noise(_ byteCount: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<byteCount).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}

/// A picture of one colour as a portable pixmap: a header and three bytes per pixel.
func picture(width: Int, height: Int, red: UInt8, green: UInt8, blue: UInt8) -> [UInt8] {
    Array("P6\n\(width) \(height)\n255\n".utf8)
        + (0..<width * height).flatMap { _ in [red, green, blue] }
}
