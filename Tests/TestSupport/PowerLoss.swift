// What a disk may hold after the power was lost, made from what it held before and after.

internal import Basics

/// A loss of power in the middle of a period of deferred commits.
package enum PowerLoss {
    /// What may be left of a file of which `durable` was flushed and `current` was written since:
    /// each sector of 512 bytes is either, and so is its length.
    package static func image(
        durable: [UInt8], current: [UInt8], random: inout SeededGenerator
    ) -> [UInt8] {
        let length = [durable.count, current.count].randomElement(using: &random)!
        // All, none, or something between; whole pages more often than parts of them.
        let share = Int.random(in: 0...4, using: &random)
        let step = Bool.random(using: &random) ? 4096 : 512
        let zeros = [UInt8](repeating: 0, count: max(0, length - durable.count))
        var image = Array(durable.prefix(length)) + zeros
        for start in stride(from: 0, to: min(length, current.count), by: step) {
            guard Int.random(in: 0..<4, using: &random) < share else { continue }
            let range = start..<min(start + step, length, current.count)
            image.replaceSubrange(range, with: current[range])
        }
        return image
    }

    /// Makes the file of an environment that says what to fall back to one of another start of the
    /// machine; says whether there is something to fall back to.
    package static func restartMachine(_ directory: String) throws -> Bool {
        let file = try File("\(directory)/fallback", [.write])
        var bytes = try file.read(at: 0, count: try file.byteCount())
        guard bytes.count > 72, bytes[4] != 0 else { return false }
        bytes[16] = bytes[16] == 0x30 ? 0x31 : 0x30
        bytes.removeLast(8)
        let sum = unsafe checksum64(bytes.span.bytes.extracting(droppingFirst: 8))
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: sum >> shift))
        }
        unsafe try file.write(bytes.span.bytes, at: 0)
        return true
    }

    /// All bytes of a file.
    package static func bytes(of path: String) throws -> [UInt8] {
        let file = try File(path)
        return try file.read(at: 0, count: try file.byteCount())
    }

    /// Writes a file anew.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        unsafe try File(path, [.write, .create, .truncate]).write(bytes.span.bytes, at: 0)
    }
}
