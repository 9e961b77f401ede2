// `assetctl quota`: how much the store may hold.

internal import AssetStore
internal import Basics

struct QuotaCommand: Subcommand {
    static let name = "quota"
    static let summary = "shows or sets how much the store may hold"
    static let help = """
        usage: assetctl quota [<size>|none]

        Without a size, shows what there is. What is stored already stays, also when it is more than
        the new quota; then nothing can be added. Projects may have quotas of their own: see
        “assetctl project quota”.

        example: assetctl quota 20GiB
        """
    private let quota: QuotaOperand?

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        quota = try arguments.quota()
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            if let quota { try store.setQuota(quota.byteCount) }
            let estimate = try store.estimate()
            try context.result(estimate.json, text: estimate.text)
        }
        return .done
    }
}
