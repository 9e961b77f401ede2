// Help is written by hand, so a test holds it to what the commands really read.

import AssetctlCommands
import Testing

@Suite struct HelpTellsTheTruth {
    static let commands = CommandList.all.commands + testCommands.commands

    @Test func everyDeclaredOptionHasALineAndEveryLineAnOption() throws {
        for command in Self.commands {
            var reader = ArgumentReader.recording()
            // What is missing or malformed is no matter: only the questions count.
            _ = try? command.init(&reader)
            let declared = Set(reader.declarations)
            #expect(documented(in: command.help) == declared, "assetctl \(command.name)")
        }
    }

    @Test func helpMentionsNoOptionThatIsNotThere() {
        let global: Set = ["store", "json", "quiet", "progress", "help", "version"]
        for command in Self.commands {
            var reader = ArgumentReader.recording()
            _ = try? command.init(&reader)
            let known = global.union(reader.declarations.map(\.name))
            for word in command.help.split(whereSeparator: { " \n[]()|,;.…=“”".contains($0) })
            where word.hasPrefix("--") && word.count > 2 {
                #expect(known.contains(String(word.dropFirst(2))), "assetctl \(command.name)")
            }
        }
    }

    @Test func everyHelpHasTheHouseForm() {
        for command in Self.commands {
            #expect(command.help.hasPrefix("usage: assetctl \(command.name)"))
            #expect(!command.summary.hasSuffix("."))
            #expect(!command.summary.isEmpty)
            for line in command.help.split(separator: "\n") {
                #expect(line.count <= 100, "assetctl \(command.name): \(line)")
            }
        }
        for command in CommandList.all.commands {
            #expect(command.help.contains("\nexample: assetctl "), "assetctl \(command.name)")
        }
    }

    @Test func namesAreUniqueAndOfOneOrTwoWords() {
        let names = CommandList.all.commands.map { $0.name }
        #expect(Set(names).count == names.count)
        for name in names {
            #expect((1...2).contains(name.split(separator: " ").count))
            // A word that begins a group is no command by itself: options could not tell.
            #expect(!names.contains { $0.hasPrefix(name + " ") })
        }
        #expect(!names.contains("help"))
    }

    /// The options that have a line of their own: `  --name <value>   meaning`.
    private func documented(in help: String) -> Set<ArgumentReader.Declaration> {
        var result: Set<ArgumentReader.Declaration> = []
        for line in help.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard line.hasPrefix("  "), let name = words.first, name.hasPrefix("--") else {
                continue
            }
            let takesValue = words.count > 1 && words[1].hasPrefix("<")
            result.insert(.init(name: String(name.dropFirst(2)), takesValue: takesValue))
        }
        return result
    }
}
