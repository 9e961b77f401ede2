// The commands there are, and how one is found by its words.

/// A flat list of commands.
package struct CommandList: Sendable {
    package let commands: [any Subcommand.Type]

    package init(_ commands: [any Subcommand.Type]) { self.commands = commands }

    /// Every command of `assetctl`, in the order of the overview.
    package static let all = CommandList([
        InitCommand.self,
        InfoCommand.self,
        PutCommand.self,
        GetCommand.self,
        ShowCommand.self,
        ListCommand.self,
        RemoveCommand.self,
        ProjectsCommand.self,
        ProjectShowCommand.self,
        ProjectCreateCommand.self,
        ProjectSetCommand.self,
        ProjectQuotaCommand.self,
        ProjectScenesCommand.self,
        ProjectCheckpointsCommand.self,
        ProjectCheckCommand.self,
        ProjectResumeCommand.self,
        ProjectDiscardCommand.self,
        ProjectRevertCommand.self,
        ProjectRemoveCommand.self,
        QuotaCommand.self,
        ExportCommand.self,
        ImportCommand.self,
        RenderCommand.self,
        WorkCommand.self,
        JobsCommand.self,
        JobShowCommand.self,
        JobResumeCommand.self,
        JobCancelCommand.self,
        JobRemoveCommand.self,
        FramesListCommand.self,
        FramesGetCommand.self,
        FramesExportCommand.self,
        FramesImportCommand.self,
        FramesSheetCommand.self,
        VerifyCommand.self,
        HousekeepingCommand.self,
        EvictCommand.self,
        ReclaimCommand.self,
        CompactCommand.self,
        BackupCommand.self,
        SalvageCommand.self,
    ])

    /// Takes the command's one or two words from `arguments` and finds it.
    ///
    /// - Throws: ``UsageError`` that names the nearest command when there is none.
    func find(in arguments: inout ArgumentReader) throws(UsageError) -> any Subcommand.Type {
        guard let word = try arguments.commandWord() else {
            throw UsageError("a command is missing")
        }
        if let command = commands.first(where: { $0.name == word }) { return command }
        let group = self.group(word)
        guard !group.isEmpty else {
            let firstWords = commands.compactMap { $0.name.split(separator: " ").first }
            let hint = nearest(to: word, among: firstWords.map(String.init) + ["help"])
            throw UsageError(
                "there is no command “\(word)”"
                    + (hint.map { "; did you mean “\($0)”?" } ?? ""))
        }
        let second = arguments.nextCommandWord
        if let second, let command = commands.first(where: { $0.name == "\(word) \(second)" }) {
            _ = try arguments.commandWord()
            return command
        }
        let words = group.map { String($0.name.dropFirst(word.count + 1)) }
        throw UsageError(
            "assetctl \(word) \(second.map { "has no “\($0)”" } ?? "needs another word"): "
                + "it is followed by \(words.joined(separator: ", "))")
    }

    /// The commands whose first of two words is `word`.
    func group(_ word: String) -> [any Subcommand.Type] {
        commands.filter { $0.name.hasPrefix(word + " ") }
    }

    /// Help on what `words` name: a command, a group of commands, or everything.
    func help(on words: [String]) throws(UsageError) -> String {
        guard let first = words.first else { return overview }
        let group = self.group(first)
        if words.count == 1, !group.isEmpty, !commands.contains(where: { $0.name == first }) {
            return "usage: assetctl \(first) <command> [options]\n\n\(lines(group))\n"
        }
        var reader = ArgumentReader(words)
        let command = try find(in: &reader)
        return command.help + "\n\n" + Self.optionsOfEveryCommand + "\n"
    }

    /// The usage of the whole program.
    var overview: String {
        """
        usage: assetctl [--store <dir>] <command> [options] [operands]

        \(lines(commands))

        \(Self.optionsOfEveryCommand)

        Options may stand anywhere after the command; -- ends them.
        “assetctl help <command>” tells more about one.

        """
    }

    private func lines(_ commands: [any Subcommand.Type]) -> String {
        let width = commands.map { $0.name.count }.max() ?? 0
        return commands.map { command in
            let padding = String(repeating: " ", count: width - command.name.count)
            return "  \(command.name)\(padding)   \(command.summary)"
        }.joined(separator: "\n")
    }

    private static let optionsOfEveryCommand = """
        with every command:
          --store <dir>     the store; else $ASSETCTL_STORE, else ./assetstore
          --json            results as JSON, one object per line
          --quiet           say nothing but results and errors
          --progress json   progress as JSON lines on standard error
          --help            this text
          --version         the version of assetctl
        """
}
