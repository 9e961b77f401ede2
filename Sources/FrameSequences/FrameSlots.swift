// Frames in memory that are filled, worked on and filled again, a bounded number at once.

internal import Basics
internal import FrameCodecs

/// A frame's place in memory, which one thread at a time uses. It keeps its memory for the next
/// frame of the same shape.
final class FrameSlot: @unchecked Sendable {
    // @unchecked: whoever took the slot from ``FrameSlots``, or found it in a queue, is the only one
    // to use it, and both are parts of states under locks.
    private var frame: Frame?

    /// Lends the slot's frame, made anew when its shape is another.
    func withFrame(_ shape: FrameShape, _ body: (inout Frame) throws -> Void) throws {
        if frame?.shape != shape {
            frame = nil
            frame = try Frame(width: shape.width, height: shape.height, format: shape.format)
        }
        try body(&frame!)
    }

    /// Lends the frame that was filled last.
    func withFilled<Result>(_ body: (borrowing Frame) throws -> Result) rethrows -> Result {
        try body(frame!)
    }
}

extension FrameShape {
    /// About what a frame of this shape takes in memory.
    var byteCount: Int {
        (0..<format.planeCount).reduce(0) { sum, plane in
            let size = format.planeSize(plane, width: width, height: height)
            return sum + size.rowByteCount * size.rows
        }
    }
}

/// How many slots are in use, and the idle ones. A part of a state under a lock.
struct FrameSlots {
    /// The most slots in use at once.
    let countMax: Int
    /// The most bytes of frames in use at once, unless one alone takes more.
    let byteCountMax: Int
    private var idle: [FrameSlot] = []
    private var usedCount = 0
    private var usedByteCount = 0

    init(countMax: Int, byteCountMax: Int) {
        (self.countMax, self.byteCountMax) = (countMax, byteCountMax)
    }

    /// Makes room for a frame that has memory of its own; says whether there was any.
    mutating func admit(_ shape: FrameShape) -> Bool {
        guard
            usedCount == 0
                || usedCount < countMax && usedByteCount + shape.byteCount <= byteCountMax
        else { return false }
        usedCount += 1
        usedByteCount += shape.byteCount
        return true
    }

    /// Gives the room of a frame back.
    mutating func leave(_ shape: FrameShape) {
        usedCount -= 1
        usedByteCount -= shape.byteCount
    }

    /// A slot for a frame, `nil` while too many or too large ones are in use.
    mutating func take(_ shape: FrameShape) -> FrameSlot? {
        admit(shape) ? idle.popLast() ?? FrameSlot() : nil
    }

    /// A slot for a frame, however many are in use.
    mutating func takeBeyond(_ shape: FrameShape) -> FrameSlot {
        usedCount += 1
        usedByteCount += shape.byteCount
        return idle.popLast() ?? FrameSlot()
    }

    /// Gives a slot back that was taken for this shape.
    mutating func give(_ slot: FrameSlot, _ shape: FrameShape) {
        leave(shape)
        idle.append(slot)
    }
}
