// assetctl reclaim: gives disk blocks of what was removed back.

internal import AssetStore
internal import Basics

struct ReclaimCommand: Subcommand {
    static let name = "reclaim"
    static let summary = "gives the disk blocks of what was removed back"
    static let help = """
        usage: assetctl reclaim

        Nothing that is stored is moved or rewritten. What a program that has the store open may
        still be reading is left for the next time.

        example: assetctl --store assets reclaim
        """
    static let finishesWhenInterrupted = true

    init(_ arguments: inout ArgumentReader) throws(UsageError) {}

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let report = try store.reclaim { context.interrupt.isRequested }
            try context.result(
                [
                    "freedByteCount": JSONValue(report.freedByteCount),
                    "removedPackCount": JSONValue(report.removedPackCount),
                    "waitingByteCount": JSONValue(report.waitingByteCount),
                ],
                text: "gave \(ByteSize.format(report.freedByteCount)) back"
                    + (report.waitingByteCount == 0
                        ? ""
                        : "; \(ByteSize.format(report.waitingByteCount)) are still being read"))
            return .done
        }
    }
}
