// `assetctl verify`: everything is read and held against its checksum.

internal import AssetStore
internal import Basics

struct VerifyCommand: Subcommand {
    static let name = "verify"
    static let summary = "checks every byte and every record"
    static let help = """
        usage: assetctl verify [--repair]

          --repair   first repair what can be repaired: counters, indexes, references, ranges of
                     packs that nothing uses

        Reads all that is stored and compares it with its checksums, and counts again what the
        counters say. Others may read and write meanwhile. Exits with 1 when damage is found and
        not repaired. Damaged bytes can't be repaired.

        example: assetctl verify --json
        """
    static let finishesWhenInterrupted = true

    let repairs: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        repairs = try arguments.flag("repair")
    }

    func run(_ context: CommandContext) throws -> ExitStatus {
        // Opening a long catalog comes upon some of its pages, and a damaged one would end the
        // process: here all are checked first, however long that takes.
        var options = StoreOptions()
        options.checkedCatalogByteCountMax = .max
        try context.closing(try context.openStore(options: options)) { store in
            let report = try verify(store, context)
            context.progress.finish()
            if context.wantsJSON {
                try context.console.line(report.json.text)
            } else {
                for damage in report.repaired { try context.console.line(damage.text("repaired")) }
                for damage in report.damaged { try context.console.line(damage.text("damaged")) }
                try context.console.line(report.summary)
            }
            guard report.isIntact else {
                throw AssetError(
                    .damaged,
                    "the store is damaged in \(counted(report.damageCount, "place")): "
                        + (repairs ? "" : "try “assetctl verify --repair”; ") + "take copies "
                        + "of what is whole by “assetctl get”, remove what is damaged by "
                        + "“assetctl rm” or “assetctl job rm”, and store it again")
            }
        }
        return .done
    }

    private func verify(_ store: Store, _ context: CommandContext) throws -> VerificationReport {
        context.progress.begin("verify", total: nil, unit: .bytes)
        do {
            return try store.verify(repairing: repairs) { done, total in
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
                .array(damaged.map(\.json))
            ),
        ]
        if repairedCount > 0 {
            members.append(("repaired", .array(repaired.map(\.json))))
            members.append(("repairedCount", .integer(repairedCount)))
        }
        // Only the first of very much damage is listed.
        if damageCount > damaged.count { members.append(("damageCount", .integer(damageCount))) }
        return .members(members)
    }

    fileprivate var summary: String {
        let things = [
            counted(assetsChecked, "asset"), counted(framesChecked, "frame"),
            counted(segmentsChecked, "segment"),
        ]
        let repairs = repairedCount == 0 ? "" : ", \(counted(repairedCount, "place")) repaired"
        return "checked \(things.joined(separator: ", ")): \(ByteSize.format(bytesChecked)), "
            + (isIntact ? "all intact" : "\(counted(damageCount, "place")) damaged") + repairs
    }
}

extension VerificationReport.Damage {
    /// An entry of the lists that `--json` prints.
    var json: JSONValue {
        ["id": .string(id), "part": JSONValue(part), "reason": .string(reason)]
    }

    /// A line for people, beginning with what has become of it.
    func text(_ word: String) -> String {
        let place = part.map { ", part \($0)" } ?? ""
        return printable("\(word): \(id)\(place): \(reason)")
    }
}
