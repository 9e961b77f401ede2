// `assetctl show`: all that is known of an asset.

internal import AssetStore
internal import Basics

struct ShowCommand: Subcommand {
    static let name = "show"
    static let summary = "shows what is known of an asset"
    static let help = """
        usage: assetctl show <id>

        example: assetctl show 01980000-0000-7000-8000-000000000000 --json
        """
    private let id: AssetID

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        id = try arguments.assetID()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            guard let asset = try store.asset(id) else { throw AssetError.noAsset(id) }
            try context.result(asset.json, text: asset.page)
        }
        return .done
    }
}
