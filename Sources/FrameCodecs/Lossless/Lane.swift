// Scratch memory of the lossless codec, and views of it for the inner loops.
//
// The loops index by what they know of a row; checks would cost more than the work. So bounds are
// asserted, which the debug tests run into, and not checked in release builds. Everything that
// comes from a payload is checked before it gets here.

internal import Glibc

/// A stretch of scratch memory, or of bytes that a caller lent for the time of a call. Not
/// thread-safe. Valid as long as what it views.
@safe struct Lane<Element: BitwiseCopyable> {
    private let start: UnsafeMutablePointer<Element>
    /// The first and last index + 1 that may be used; the first may be negative.
    let bounds: Range<Int>

    @inline(__always) init(start: UnsafeMutablePointer<Element>, bounds: Range<Int>) {
        unsafe self.start = start
        self.bounds = bounds
    }

    @inline(__always) subscript(index: Int) -> Element {
        get {
            assert(bounds.contains(index))
            return unsafe start[index]
        }
        nonmutating set {
            assert(bounds.contains(index))
            unsafe start[index] = newValue
        }
    }

    /// Reads a value that lies at `index` and after it, aligned or not.
    @inline(__always) func load<Value: BitwiseCopyable>(_ type: Value.Type, at index: Int) -> Value
    {
        assert(holds(type, at: index))
        return unsafe UnsafeRawPointer(start + index).loadUnaligned(as: type)
    }

    /// Writes a value to `index` and after it, aligned or not.
    @inline(__always) func store<Value: BitwiseCopyable>(_ value: Value, at index: Int) {
        assert(holds(Value.self, at: index))
        unsafe UnsafeMutableRawPointer(start + index).storeBytes(of: value, as: Value.self)
    }

    /// The same memory with `index` as its index 0.
    @inline(__always) func moved(to index: Int) -> Lane {
        unsafe Lane(
            start: start + index,
            bounds: Range(
                uncheckedBounds: (bounds.lowerBound &- index, bounds.upperBound &- index)))
    }

    /// Sets elements to one value.
    func fill(_ range: Range<Int>, with value: Element) {
        assert(range.isEmpty || bounds.contains(range.lowerBound))
        assert(range.upperBound <= bounds.upperBound)
        unsafe (start + range.lowerBound).update(repeating: value, count: range.count)
    }

    /// Copies `count` elements of `other` from `position` to `index`.
    func copy(_ count: Int, of other: Lane, from position: Int, to index: Int) {
        guard count > 0 else { return }
        assert(bounds.contains(index) && index + count <= bounds.upperBound)
        assert(other.bounds.contains(position) && position + count <= other.bounds.upperBound)
        unsafe (start + index).update(from: other.start + position, count: count)
    }

    /// Whether the first `count` elements are the same bytes.
    func isEqual(to other: Lane, count: Int) -> Bool {
        guard count > 0 else { return true }
        assert(bounds.contains(0) && count <= bounds.upperBound)
        assert(other.bounds.contains(0) && count <= other.bounds.upperBound)
        return unsafe memcmp(start, other.start, count * MemoryLayout<Element>.stride) == 0
    }

    private func holds<Value>(_ type: Value.Type, at index: Int) -> Bool {
        let count =
            (MemoryLayout<Value>.size + MemoryLayout<Element>.stride - 1)
            / MemoryLayout<Element>.stride
        return index >= bounds.lowerBound && index + count <= bounds.upperBound
    }
}

extension Lane where Element == UInt8 {
    /// 16 samples from `index` on.
    @inline(__always) func vector(at index: Int) -> SIMD16<UInt8> {
        load(SIMD16<UInt8>.self, at: index)
    }

    /// Appends the first `count` bytes to `output`.
    func append(_ count: Int, to output: inout [UInt8]) {
        assert(count <= bounds.upperBound)
        unsafe output.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
    }
}

/// Memory that is taken once and given out as lanes. Freed with its owner, and with it all lanes.
@safe struct ScratchMemory: ~Copyable {
    /// What lies before and behind each lane, so that vectors may reach over the ends of rows.
    static let margin = 64

    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private var used = 0

    init() {
        unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
        capacity = 64
    }

    deinit { unsafe memory.deallocate() }

    /// Forgets all lanes and makes room for `byteCount` bytes of zeros, margins and rounding of
    /// `laneCount` lanes included.
    mutating func reset(byteCount: Int, laneCount: Int) {
        let needed = byteCount + laneCount * 3 * Self.margin
        unsafe memory.deallocate()
        unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: needed, alignment: 64)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: needed)
        capacity = needed
        used = 0
    }

    /// The next `count` elements, which begin at a multiple of 64 bytes.
    mutating func lane<Element: BitwiseCopyable>(
        _ count: Int, of type: Element.Type = Element.self
    ) -> Lane<Element> {
        let stride = MemoryLayout<Element>.stride
        let byteCount = (count * stride + Self.margin - 1) / Self.margin * Self.margin
        let offset = used + Self.margin
        used = offset + byteCount + Self.margin
        precondition(used <= capacity, "more scratch memory than was asked for")
        let start = unsafe (memory + offset).bindMemory(
            to: type, capacity: byteCount / stride)
        let over = Self.margin / stride
        return unsafe Lane(start: start, bounds: -over..<byteCount / stride + over)
    }
}

@inline(__always) func smaller(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> {
    a.replacing(with: b, where: b .< a)
}

@inline(__always) func larger(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> {
    a.replacing(with: b, where: b .> a)
}
