// `assetctl info`: what a store holds and what it takes.

internal import AssetStore

struct InfoCommand: Subcommand {
    static let name = "info"
    static let summary = "shows what the store holds and what it takes"
    static let help = """
        usage: assetctl info

        Shows usage, quota and disk, and counts by namespace and project.

        example: assetctl info --json
        """

    init(_ arguments: inout ArgumentReader) throws(UsageError) {}

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let result = try StoreResult(store)
            try context.result(result.json, text: result.page)
        }
        return .done
    }
}
