// assetctl salvage: makes a new store from packs whose catalog is lost.

internal import AssetStore
internal import Basics

struct SalvageCommand: Subcommand {
    static let name = "salvage"
    static let summary = "makes a new store from packs whose catalog is lost"
    static let help = """
        usage: assetctl salvage <directory>

        Reads the packs of the store given by --store, never its catalog, and makes a new store at
        the directory, which must not exist yet, from what is intact in them: assets as they were
        when they were stored, and frames under their jobs. Lost are later changes of names and
        attributes, assets whose bytes equal an earlier one's, quotas, what projects and jobs say
        of themselves. What was removed and not yet given back comes back too: look through what
        you get. Exits with 1 when something could be salvaged only in part.

        example: assetctl --store broken salvage mended
        """
    static let finishesWhenInterrupted = true
    let directory: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        directory = try arguments.operand("a directory")
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        context.progress.begin("salvage", total: nil, unit: .bytes)
        let report = try Store.salvage(from: context.storePath, to: directory) { done, total in
            context.progress.update(total: total)
            context.progress.update(done: done)
            return !context.interrupt.isRequested
        }
        context.progress.finish()
        if !context.wantsJSON {
            for loss in report.losses { try context.console.line(loss.text("lost")) }
        }
        try context.result(report.json(directory), text: printable(report.summary(directory)))
        guard report.isComplete else {
            throw AssetError(
                .damaged,
                "the new store is made, but \(counted(report.damagedCount, "record")) were damaged "
                    + "and \(counted(report.incompleteCount, "thing")) incomplete; what was removed "
                    + "earlier may be among them")
        }
        return .done
    }
}

extension SalvageReport {
    fileprivate func json(_ directory: String) -> JSONValue {
        [
            "directory": .string(directory), "packCount": .integer(packCount),
            "scannedByteCount": .integer(scannedByteCount), "assetCount": .integer(assetCount),
            "frameCount": .integer(frameCount), "jobCount": .integer(jobCount),
            "byteCount": .integer(byteCount), "incompleteCount": .integer(incompleteCount),
            "damagedCount": .integer(damagedCount), "duplicateCount": .integer(duplicateCount),
            "skippedSegmentCount": .integer(skippedSegmentCount),
            "losses": .array(losses.map(\.json)),
        ]
    }

    fileprivate func summary(_ directory: String) -> String {
        "salvaged \(counted(assetCount, "asset")) and \(counted(frameCount, "frame")) of "
            + "\(counted(jobCount, "job")), \(ByteSize.format(byteCount)), to \(directory); what was "
            + "removed before may have come back"
    }
}
