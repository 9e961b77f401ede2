// Reading what the interposer recorded, and adding marks to it.

internal import CTrace
internal import Glibc

/// A trace in memory; see `interposer.h` for its form.
struct Trace {
    struct Record {
        var kind: Int
        var call: UInt64
        var inode: UInt64
        var offset: Int
        var length: Int
        var result: Int
        var isDurable: Bool
        var path: String
        var target: String
        /// Where its data lies in ``Trace/bytes``.
        var data: Range<Int>
    }

    let bytes: [UInt8]
    private(set) var records: [Record] = []

    /// Reads a trace; none is there before the first record. What a killed process wrote of its last
    /// record is left out.
    init(_ path: String) throws {
        bytes = Files.exists(path) ? try Files.read(path) : []
        let headerLength = MemoryLayout<torture_record>.size
        var position = 0
        while position + headerLength <= bytes.count {
            let header = unsafe bytes.withUnsafeBytes {
                unsafe $0.loadUnaligned(fromByteOffset: position, as: torture_record.self)
            }
            guard header.magic == UInt32(TORTURE_MAGIC) else {
                throw Trouble("\(path): no record at byte \(position)")
            }
            let pathStart = position + headerLength
            let targetStart = pathStart + Int(header.path_length)
            let dataStart = targetStart + Int(header.target_length)
            let end = dataStart + Int(header.data_length)
            if end > bytes.count { break }
            records.append(
                Record(
                    kind: Int(header.kind), call: header.call, inode: header.inode,
                    offset: Int(header.offset), length: Int(header.length),
                    result: Int(header.result),
                    isDurable: header.flags & UInt32(TORTURE_DURABLE) != 0,
                    path: String(decoding: bytes[pathStart..<targetStart], as: UTF8.self),
                    target: String(decoding: bytes[targetStart..<dataStart], as: UTF8.self),
                    data: dataStart..<end))
            position = end
        }
    }

    /// The mark that a record holds, `nil` when it is another kind of record.
    func mark(_ record: Record) -> Mark? {
        guard record.kind == Int(TORTURE_MARK) else { return nil }
        return unsafe bytes.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: record.data.lowerBound, as: Mark.self)
        }
    }

    var marks: [Mark] { records.compactMap { mark($0) } }
}

/// What a workload says of itself: how far it is, and what was acknowledged.
struct Mark: BitwiseCopyable, Sendable {
    enum Kind: UInt64, Sendable {
        /// The store was opened: its creation is acknowledged.
        case opened = 1
        /// A step begins.
        case begun
        /// It was acknowledged.
        case done
        /// A frame of it was acknowledged; `value` is its place in the step.
        case frame
        /// It threw an error.
        case failed
        /// What was found to have become of the step under way; `value` is a ``Settlement``.
        case settled
        /// A new process goes on for the actor.
        case started
    }

    var rawKind: UInt64
    var actor: UInt64
    var step: UInt64
    var value: UInt64

    init(_ kind: Kind, actor: Int = 0, step: Int = 0, value: UInt64 = 0) {
        rawKind = kind.rawValue
        self.actor = UInt64(actor)
        self.step = UInt64(step)
        self.value = value
    }

    var kind: Kind? { Kind(rawValue: rawKind) }
}

/// Appends marks to a trace. Thread-safe: each mark is one call.
final class MarkWriter: Sendable {
    private let file: CInt

    init(_ path: String) throws {
        file = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Trouble(call: "open", path) }
    }

    deinit { close(file) }

    func write(_ mark: Mark) throws {
        var record = torture_record()
        record.magic = UInt32(TORTURE_MAGIC)
        record.kind = UInt32(TORTURE_MARK)
        record.data_length = UInt32(MemoryLayout<Mark>.size)
        var all = unsafe withUnsafeBytes(of: record) { unsafe Array($0) }
        all += unsafe withUnsafeBytes(of: mark) { unsafe Array($0) }
        let count = unsafe all.withUnsafeBytes {
            unsafe Glibc.write(file, $0.baseAddress, $0.count)
        }
        guard count == all.count else { throw Trouble(call: "write", "the trace") }
    }
}
