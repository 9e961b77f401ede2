// `assetctl put`: files become assets.

internal import AssetStore
internal import Basics

struct PutCommand: Subcommand {
    static let name = "put"
    static let summary = "stores files as assets"
    static let help = """
        usage: assetctl put <file>… --project <name> [options]

        Stores each file as an asset; - is standard input. Namespace, media type, pixel size,
        duration and the like are found by looking into the bytes. Each file is stored by itself:
        one that can't be read doesn't keep the others from being stored.

          --project <name>          the project that the assets belong to
          --namespace <name>        images, videos or audio, instead of what the bytes say
          --kind <kind>             what they are for: thumbnail, scene, character, video, …
          --name <name>             a name for people; else the file's name
          --media-type <type>       such as image/png, instead of what the bytes say
          --attribute <key=value>   a fact of your own; may be repeated
          --parameters <file>       a JSON file that says how to make the asset again

        example: assetctl put cover.png song.ogg --project demo --attribute take=3
        """
    static let finishesWhenInterrupted = true

    private let project: String
    private let namespace: Namespace?
    private let kind: String
    private let name: String?
    private let mediaType: String?
    private let attributes: [(key: String, value: String)]
    private let parametersPath: String?
    private let sources: [PutSource]

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        project = try arguments.requiredOption("project")
        namespace = try arguments.choice(
            "namespace", of: ["images": .images, "videos": .videos, "audio": .audio])
        kind = try arguments.option("kind") ?? ""
        name = try arguments.option("name", allowsEmpty: true)
        mediaType = try arguments.option("media-type")
        attributes = try arguments.pairs("attribute")
        parametersPath = try arguments.option("parameters")
        sources = try arguments.operands("a file").map(PutSource.init(path:))
        if let mediaType,
            mediaType.split(separator: "/", omittingEmptySubsequences: false)
                .map(\.isEmpty) != [false, false]
        {
            throw UsageError("--media-type \(mediaType): expected a type such as image/png")
        }
        if name != nil, sources.count > 1 {
            throw UsageError("--name names one file, but there are \(sources.count)")
        }
        if sources.count(where: \.isStandardInput) > 1 {
            throw UsageError("standard input (-) can be stored only once")
        }
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        let parameters = try parametersPath.map(readJSONFile)
        // What is missing is told before anything is stored, and before a store is made for it.
        let byteCount = try sources.reduce(0) { sum, source in
            source.isStandardInput ? sum : sum + (try FileBytes(path: source.path).byteCount)
        }
        try context.withStoreForWriting { store in
            let isSizeKnown = !sources.contains(where: \.isStandardInput)
            context.progress.begin("put", total: isSizeKnown ? byteCount : nil, unit: .bytes)
            try OneByOne(participle: "stored").run(sources.map(\.path), context) { index in
                do {
                    try put(sources[index], parameters, store, context)
                } catch let error as AssetError
                    where [.cancelled, .diskFull, .quotaExceeded].contains(error.code)
                {
                    throw stopped(by: error, at: index, context)
                }
            }
        }
        return .done
    }

    private func put(
        _ source: PutSource, _ parameters: String?, _ store: Store, _ context: CommandContext
    ) throws {
        try context.interrupt.check()
        let bytes = try source.open(spoolingTo: store.path, context)
        var description = try AssetDescription(
            of: bytes, project: project, namespace: namespace, mediaType: mediaType)
        description.kind = kind
        description.name = name ?? source.assetName
        description.parameters = parameters
        for (key, value) in attributes { description.attributes[key] = value }
        if source.isStandardInput {
            context.progress.begin("put", total: bytes.byteCount, unit: .bytes)
        }
        let asset = try store.put(
            description, contentsOf: ObservedBytes(bytes: bytes, context: context))
        try context.result(asset.json, text: asset.row)
        try context.console.flush()
    }

    /// The most files that a message names one by one.
    private static let listedFileCountMax = 16

    /// Says what is left to do, as a command where it isn't too long.
    private func stopped(
        by error: AssetError, at index: Int, _ context: CommandContext
    ) -> AssetError {
        var words = ["assetctl", "--store", context.storePath, "put", "--project", project]
        if let namespace { words += ["--namespace", namespace.name] }
        if !kind.isEmpty { words += ["--kind", kind] }
        if let name { words.append("--name=\(name)") }
        if let mediaType { words += ["--media-type", mediaType] }
        for (key, value) in attributes { words.append("--attribute=\(key)=\(value)") }
        if let parametersPath { words += ["--parameters", parametersPath] }
        words += ["--"] + sources[index...].map(\.path)
        let reason =
            error.code == .cancelled
            ? "interrupted" : "\(sources[index].path) is not stored: \(error.message)"
        let rest = sources.count - index
        let remedy =
            rest <= Self.listedFileCountMax
            ? words.map(shellQuoted).joined(separator: " ")
            : "put the last \(rest) of the \(sources.count) files again, from "
                + "\(sources[index].path) on"
        return AssetError(error.code, "\(reason); to go on: \(remedy)", cause: error)
    }
}
