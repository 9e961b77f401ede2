// `assetctl rm`: assets go away.

internal import AssetStore
internal import Basics

struct RemoveCommand: Subcommand {
    static let name = "rm"
    static let summary = "removes assets"
    static let help = """
        usage: assetctl rm <id>…

        Removes assets for good and prints what each was. An id that is not there doesn't keep the
        others from being removed.

        example: assetctl rm 01980000-0000-7000-8000-000000000000
        """
    static let finishesWhenInterrupted = true

    private let ids: [AssetID]

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        ids = try arguments.assetIDs()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            try OneByOne(participle: "removed").run(ids.map(\.description), context) { index in
                try context.interrupt.check()
                let id = ids[index]
                guard let asset = try store.asset(id), try store.removeAsset(id) else {
                    throw AssetError.noAsset(id)
                }
                try context.result(
                    asset.json,
                    text: "removed \(id)"
                        + (asset.description.name.nonEmpty.map { " (\(printable($0)))" } ?? ""))
                try context.console.flush()
            }
            try context.giveBlocksBack(of: store)
        }
        return .done
    }
}
