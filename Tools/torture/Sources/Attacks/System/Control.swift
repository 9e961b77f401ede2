// The page that a process under the interposer counts its calls in, and is told in what to do at
// one of them.

internal import CTrace
internal import Glibc

/// A `torture_control` in shared memory. Thread-safe as far as its users don't set it at once.
@safe final class Control: @unchecked Sendable {
    // @unchecked: the address never changes.
    private let page: UnsafeMutablePointer<torture_control>

    /// Maps the file, which is made when it is not there.
    init(_ path: String) throws {
        let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0, ftruncate(file, 4096) == 0 else { throw Trouble(call: "open", path) }
        defer { _ = close(file) }
        let size = MemoryLayout<torture_control>.size
        guard let address = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            unsafe address != MAP_FAILED
        else { throw Trouble(call: "mmap", path) }
        unsafe page = address.bindMemory(to: torture_control.self, capacity: 1)
    }

    deinit { _ = unsafe munmap(page, MemoryLayout<torture_control>.size) }

    /// What to do at calls `at`…`last`, counted from now on.
    func arm(_ plan: Plan) {
        unsafe page.pointee = torture_control(
            count: 0, at: UInt64(plan.at), last: UInt64(plan.last), acted: 0,
            classes: plan.classes, action: plan.action, error: UInt32(plan.error), acted_classes: 0)
    }

    func disarm() { unsafe page.pointee.at = 0 }

    /// The calls made since it was armed.
    var count: Int { unsafe Int(page.pointee.count) }
    /// How often was acted.
    var actedCount: Int { unsafe Int(page.pointee.acted) }

    /// The classes of the calls that were acted on.
    var actedClasses: UInt32 { unsafe page.pointee.acted_classes }

    /// What is to be done at which calls.
    struct Plan: Sendable {
        /// From 1; 0 only counts.
        var at = 0
        var last = 0
        var classes: UInt32 = Control.changing
        var action: UInt32 = 0
        var error: CInt = 0
    }

    /// All classes of calls that change files or make them durable.
    static let changing =
        UInt32(TORTURE_CLASS_WRITE) | UInt32(TORTURE_CLASS_SYNC) | UInt32(TORTURE_CLASS_SIZE)
        | UInt32(TORTURE_CLASS_PUNCH) | UInt32(TORTURE_CLASS_OPEN) | UInt32(TORTURE_CLASS_NAMES)

    /// All at which a process can die and leave something else than before: these, and those that
    /// take and drop locks, between which memory that is shared changes.
    static let leavingTraces = changing | UInt32(TORTURE_CLASS_LOCK)
}
