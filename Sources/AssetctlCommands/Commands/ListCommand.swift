// `assetctl ls`: the assets there are.

internal import AssetStore
internal import Basics

struct ListCommand: Subcommand {
    static let name = "ls"
    static let summary = "lists assets"
    static let help = """
        usage: assetctl ls [--project <name>] [--namespace <name>] [--kind <kind>]

        Lists the assets of a project, by namespace and then the oldest first; without a project
        all assets, the oldest first.

          --project <name>     only those of this project
          --namespace <name>   only images, videos or audio
          --kind <kind>        only those of this kind

        example: assetctl ls --project demo --namespace images
        """
    private let project: String?
    private let namespace: Namespace?
    private let kind: String?

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.option("project")
        namespace = try arguments.choice(
            "namespace", of: ["images": .images, "videos": .videos, "audio": .audio])
        kind = try arguments.option("kind", allowsEmpty: true)
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            var isFirst = true
            var last: Asset?
            while true {
                let page = try assets(in: store, after: last)
                for asset in page {
                    if isFirst, !context.wantsJSON { try context.console.line(Asset.table.header) }
                    isFirst = false
                    try context.result(asset.json, text: asset.row)
                }
                guard !page.isEmpty else { break }
                last = page.last
            }
            if isFirst { context.console.talk("there are no such assets") }
        }
        return .done
    }

    /// The next assets: few enough to keep in memory, so that no snapshot waits for whoever reads
    /// the listing.
    private func assets(in store: Store, after last: Asset?) throws -> [Asset] {
        var page: [Asset] = []
        var room = 4 << 20
        try store.forEachAsset(
            project: project, namespace: namespace, kind: kind, after: last
        ) { asset in
            page.append(asset)
            room -= asset.description.parameters?.utf8.count ?? 0
            room -= asset.description.attributes.reduce(0) { $0 + $1.value.utf8.count }
            return page.count < 500 && room > 0
        }
        return page
    }
}
