// `assetctl verify`: everything is read and held against its checksum.

internal import AssetStore
internal import Basics

struct VerifyCommand: Subcommand {
    static let name = "verify"
    static let summary = "checks every byte and every record"
    static let help = """
        usage: assetctl verify

        Reads all that is stored and compares it with its checksums, and counts again what the
        counters say. Others may read and write meanwhile. Exits with 1 when damage is found.

        example: assetctl verify --json
        """
    static let finishesWhenInterrupted = true

    init(_ arguments: inout ArgumentReader) throws(UsageError) {}

    func run(_ context: CommandContext) throws -> ExitStatus {
        try context.withStore { store in
            let report = try verify(store, context)
            context.progress.finish()
            if context.wantsJSON {
                try context.console.line(report.json.text)
            } else {
                for damage in report.damaged { try context.console.line(damage.text) }
                try context.console.line(report.summary)
            }
            guard report.isIntact else {
                throw AssetError(
                    .damaged,
                    "the store is damaged in \(counted(report.damageCount, "place")): take copies "
                        + "of what is whole by “assetctl get”, remove what is damaged by "
                        + "“assetctl rm” or “assetctl job rm”, and store it again")
            }
        }
        return .done
    }

    private func verify(_ store: Store, _ context: CommandContext) throws -> VerificationReport {
        context.progress.begin("verify", total: nil, unit: .bytes)
        do {
            return try store.verify { done, total in
                context.progress.update(total: total)
                context.progress.update(done: done)
                return !context.interrupt.isRequested
            }
        } catch let error as AssetError where error.code == .cancelled {
            throw AssetError(
                .cancelled,
                "interrupted; nothing is known until it is through: run "
                    + "\(context.commandLine) again", cause: error)
        }
    }
}

extension VerificationReport {
    /// The object that `--json` prints.
    fileprivate var json: JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("ok", .bool(isIntact)), ("assetsChecked", .integer(assetsChecked)),
            ("framesChecked", .integer(framesChecked)),
            ("segmentsChecked", .integer(segmentsChecked)),
            ("bytesChecked", .integer(bytesChecked)),
            (
                "damaged",
                .array(
                    damaged.map { damage in
                        [
                            "id": .string(damage.id), "part": JSONValue(damage.part),
                            "reason": .string(damage.reason),
                        ]
                    })
            ),
        ]
        // Only the first of very much damage is listed.
        if damageCount > damaged.count { members.append(("damageCount", .integer(damageCount))) }
        return .members(members)
    }

    fileprivate var summary: String {
        let things = [
            counted(assetsChecked, "asset"), counted(framesChecked, "frame"),
            counted(segmentsChecked, "segment"),
        ]
        return "checked \(things.joined(separator: ", ")): \(ByteSize.format(bytesChecked)), "
            + (isIntact ? "all intact" : "\(counted(damageCount, "place")) damaged")
    }
}

extension VerificationReport.Damage {
    fileprivate var text: String {
        let place = part.map { ", part \($0)" } ?? ""
        return printable("damaged: \(id)\(place): \(reason)")
    }
}
