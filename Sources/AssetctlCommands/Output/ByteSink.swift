// Where bytes go: a descriptor of the process, or memory in a test.

internal import Basics
internal import Glibc
internal import Synchronization

/// A place for bytes in their order. Thread-safe as far as one call goes.
package protocol ByteSink: Sendable {
    /// Writes all of `bytes`.
    ///
    /// - Throws: ``OutputClosed`` when nobody reads any more, ``AssetError`` otherwise.
    func write(_ bytes: RawSpan) throws
    var isTerminal: Bool { get }
    /// The width of the terminal in columns, where there is one.
    var columns: Int? { get }
}

/// Whoever read the output has gone, as in `assetctl ls | head`.
package struct OutputClosed: Error {
    package init() {}
}

/// A descriptor that belongs to the process.
package struct DescriptorSink: ByteSink {
    private let descriptor: CInt
    private let name: String

    package init(_ descriptor: CInt, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    package var isTerminal: Bool { isatty(descriptor) == 1 }

    package var columns: Int? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    package func write(_ bytes: RawSpan) throws {
        try unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = retryingInterrupts {
                    unsafe Glibc.write(
                        descriptor, buffer.baseAddress! + done, buffer.count - done)
                }
                if count < 0, errno == EPIPE { throw OutputClosed() }
                if count < 0, errno == EAGAIN {
                    waitUntilWritable()
                    continue
                }
                guard count > 0 else {
                    throw AssetError.systemCall("write", name, errno: count == 0 ? ENOSPC : errno)
                }
                done += count
            }
        }
    }

    /// Someone made the descriptor non-blocking; we wait for it as if it weren't.
    private func waitUntilWritable() {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&entry, 1, -1)
    }
}

/// Bytes kept in memory.
package final class CapturedSink: ByteSink {
    private let written = Mutex<[UInt8]>([])
    package let isTerminal: Bool
    package let columns: Int?

    package init(isTerminal: Bool = false, columns: Int? = nil) {
        self.isTerminal = isTerminal
        self.columns = columns
    }

    package var bytes: [UInt8] { written.withLock { $0 } }
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package func write(_ bytes: RawSpan) {
        written.withLock { written in
            unsafe bytes.withUnsafeBytes { unsafe written.append(contentsOf: $0) }
        }
    }
}
