// `assetctl init`: a new store.

internal import AssetStore
internal import Basics

struct InitCommand: Subcommand {
    static let name = "init"
    static let summary = "creates a store"
    static let help = """
        usage: assetctl init [--quota <size>]

        Creates a store in the directory given by --store, which must be new or empty. Commands
        that write create a store without a quota by themselves.

          --quota <size>   the most bytes the store may ever hold

        example: assetctl init --store media --quota 20GiB
        """
    private let quota: Int?

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        quota = try arguments.byteSize("quota")
        if quota == 0 { throw UsageError("--quota 0: nothing would fit; leave it out for none") }
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        let store = try Store.create(at: context.storePath, quota: quota)
        try context.closing(store) { store in
            let result = try StoreResult(store)
            try context.result(
                result.json, text: "made store \(store.id) at \(printable(store.path))")
        }
        return .done
    }
}
