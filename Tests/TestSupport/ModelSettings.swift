// How long tests go on that could go on for ever.

internal import Foundation

/// How long random operations go on, and with which seed they begin: seconds of it with known seeds
/// unless the environment says otherwise.
package enum ModelSettings {
    /// `ASSETSTORE_MODEL_SECONDS`: how long each test goes on, beyond the first seed.
    package static var seconds: Double { number("ASSETSTORE_MODEL_SECONDS").map(Double.init) ?? 0 }
    /// `ASSETSTORE_MODEL_SEED`: the first seed; others follow one by one.
    package static var firstSeed: UInt64 { number("ASSETSTORE_MODEL_SEED").map { UInt64($0) } ?? 1 }

    private static func number(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    /// Calls `body` with one seed after another until the time is over, at least `count` times.
    package nonisolated(nonsending) static func forEachSeed(
        atLeast count: UInt64, _ body: (UInt64) async throws -> Void
    ) async throws {
        let end = Date(timeIntervalSinceNow: seconds)
        var seed = firstSeed
        while seed < firstSeed + count || Date() < end {
            try await body(seed)
            seed += 1
        }
    }
}
