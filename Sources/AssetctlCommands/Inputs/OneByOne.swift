// Doing the same to several things, so that one that fails doesn't keep the others from it.

internal import Basics

/// What to do with things that are named on the command line, one by one.
struct OneByOne: Sendable {
    /// What becomes of each, as in “2 of 3 are not stored”.
    let participle: String

    /// Calls `body` with each of `names`, in their order. A name that is at fault itself (missing,
    /// unreadable) is told and passed over; any other error ends it all.
    ///
    /// - Throws: one thing's error as it is when there is only one thing; otherwise an error of the
    ///   first one's code that counts and names those that failed.
    func run(
        _ names: [String], _ context: CommandContext, _ body: (Int) throws -> Void
    ) throws {
        var failed: [String] = []
        var first: AssetError?
        for (index, name) in names.enumerated() {
            do {
                try body(index)
            } catch let error as AssetError
                where [.inputMissing, .inputUnreadable].contains(error.code) && names.count > 1
            {
                context.console.complain("assetctl: " + printable(error.message))
                failed.append(name)
                first = first ?? error
            }
        }
        guard let first else { return }
        let shown = failed.prefix(20).map(shellQuoted).joined(separator: " ")
        throw AssetError(
            first.code,
            "\(failed.count) of \(names.count) \(failed.count == 1 ? "is" : "are") not "
                + "\(participle), the others are; look into: \(shown)"
                + (failed.count > 20 ? " …" : ""),
            cause: first)
    }
}
