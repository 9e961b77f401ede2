// assetctl compact: moves what lives out of packs that are mostly dead.

internal import AssetStore
internal import Basics

struct CompactCommand: Subcommand {
    static let name = "compact"
    static let summary = "empties packs that are mostly dead"
    static let help = """
        usage: assetctl compact [--live <percent>]

          --live <percent>   empty packs of which less than this lives, 1–100 (default: 50)

        Does what reclaim does, then moves what lives in mostly dead packs elsewhere, so that they
        can be removed. Useful where reclaim gives little back: on file systems without holes, or
        when what was removed lay between small things that live. Others may read and write
        meanwhile. The catalog keeps its size.

        example: assetctl --store assets compact
        """
    static let finishesWhenInterrupted = true
    let livePercent: Int

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        livePercent = try arguments.integer("live", in: 1...100) ?? 50
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let report = try compact(store, context)
            context.progress.finish()
            if !context.wantsJSON {
                for damage in report.damaged { try context.console.line(damage.text("damaged")) }
            }
            try context.result(report.json, text: report.summary)
            guard report.damageCount == 0 else {
                throw AssetError(
                    .damaged,
                    "\(counted(report.damageCount, "record")) stayed where they are because they "
                        + "are damaged; run “assetctl verify” to see all damage")
            }
            return .done
        }
    }

    private func compact(_ store: Store, _ context: CommandContext) throws -> CompactionReport {
        context.progress.begin("compact", total: nil, unit: .bytes)
        do {
            return try store.compact(liveShare: Double(livePercent) / 100) { done, total in
                context.progress.update(total: total)
                context.progress.update(done: done)
                return !context.interrupt.isRequested
            }
        } catch let error as AssetError where error.code == .cancelled {
            throw AssetError(
                .cancelled,
                "interrupted; what was moved stays moved: run \(context.commandLine) to go on",
                cause: error)
        }
    }
}

extension CompactionReport {
    fileprivate var json: JSONValue {
        [
            "packCount": .integer(packCount), "movedRecordCount": .integer(movedRecordCount),
            "movedByteCount": .integer(movedByteCount),
            "removedPackCount": .integer(removedPackCount),
            "freedByteCount": .integer(freedByteCount),
            "waitingByteCount": .integer(waitingByteCount),
            "damaged": .array(damaged.map(\.json)),
        ]
    }

    fileprivate var summary: String {
        "moved \(ByteSize.format(movedByteCount)) out of \(counted(packCount, "pack")), gave "
            + "\(ByteSize.format(freedByteCount)) back"
            + (waitingByteCount == 0
                ? "" : "; \(ByteSize.format(waitingByteCount)) are still being read")
    }
}
