// How far an import is, told by several threads.

internal import Basics

/// Counts what is done, and asks the caller whether to go on. Thread-safe.
final class ImportProgress: Sendable {
    private let state: Monitor<ArchiveProgress>
    private let report: @Sendable (ArchiveProgress) -> Bool

    init(totalByteCount: Int, _ report: @escaping @Sendable (ArchiveProgress) -> Bool) {
        var progress = ArchiveProgress()
        progress.totalByteCount = totalByteCount
        state = Monitor(progress)
        self.report = report
    }

    var current: ArchiveProgress { state.withLock { $0 } }

    /// Notes that more is done.
    ///
    /// - Throws: ``AssetError/Code/cancelled`` when the caller wants to stop.
    func add(_ byteCount: Int, isReused: Bool = false) throws(AssetError) {
        let progress = state.withLock { progress in
            progress.byteCount += byteCount
            if isReused { progress.reusedByteCount += byteCount }
            return progress
        }
        guard report(progress) else {
            throw AssetError(.cancelled, "importing was interrupted")
        }
    }
}
