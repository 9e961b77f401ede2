// assetctl backup: copies the store while others use it.

internal import AssetStore
internal import Basics

struct BackupCommand: Subcommand {
    static let name = "backup"
    static let summary = "copies the whole store while others use it"
    static let help = """
        usage: assetctl backup <directory>

        The copy is the store as of one moment, complete when the directory appears. It opens like
        any store: assetctl --store <directory> verify. The directory must not exist yet.

        example: assetctl --store assets backup /media/disk/assets-monday
        """
    static let finishesWhenInterrupted = true
    let directory: String

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        directory = try arguments.operand("a directory")
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            context.progress.begin("backup", total: nil, unit: .bytes)
            let report = try store.backup(to: directory) { done, total in
                context.progress.update(total: total)
                context.progress.update(done: done)
                return !context.interrupt.isRequested
            }
            context.progress.finish()
            try context.result(
                [
                    "directory": .string(directory), "packCount": .integer(report.packCount),
                    "byteCount": .integer(report.byteCount),
                    "catalogByteCount": .integer(report.catalogByteCount),
                    "missingByteCount": .integer(report.missingByteCount),
                ],
                text: printable(
                    "copied \(ByteSize.format(report.byteCount + report.catalogByteCount)) to "
                        + directory))
            guard report.missingByteCount == 0 else {
                throw AssetError(
                    .damaged,
                    "the backup is made, but the store is damaged: "
                        + "\(ByteSize.format(report.missingByteCount)) of its packs are not there; "
                        + "run “assetctl verify” to see what is concerned")
            }
            return .done
        }
    }
}
