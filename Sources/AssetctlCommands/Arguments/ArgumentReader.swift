// Takes a command line apart. Options are long, may stand anywhere after the command, and `--`
// ends them. Help is written by hand; a test holds it to what is declared here.

/// What is left of a command line. A value type, used by one thread.
///
/// Asking for an option declares it and removes it from what is left, so a command asks for all
/// its options first and for its operands last. Whatever then still looks like an option is
/// unknown, and whatever remains after the command has read its operands is one operand too many.
package struct ArgumentReader: Sendable {
    /// An option that a command asked for.
    package struct Declaration: Hashable, Sendable {
        package let name: String
        package let takesValue: Bool

        package init(name: String, takesValue: Bool) {
            self.name = name
            self.takesValue = takesValue
        }
    }

    private struct Word: Sendable {
        var text: String
        /// Behind `--`: never an option.
        var isLiteral: Bool

        var isOption: Bool { !isLiteral && text.hasPrefix("-") && text != "-" }
        var isLongOption: Bool { !isLiteral && text.hasPrefix("--") }
    }

    private var words: [Word] = []
    private let isRecording: Bool
    /// The options asked for so far, without those of every command.
    package private(set) var declarations: [Declaration] = []
    private var globalNames: [String] = []

    /// - Parameter arguments: what follows the program's name.
    package init(_ arguments: some Sequence<String>) {
        isRecording = false
        var isLiteral = false
        for argument in arguments {
            if argument == "--", !isLiteral {
                isLiteral = true
            } else {
                words.append(Word(text: argument, isLiteral: isLiteral))
            }
        }
    }

    private init(recording: Void) { isRecording = true }

    /// A reader that only finds out what a command declares: nothing is given, and nothing that
    /// is required is missed.
    package static func recording() -> ArgumentReader { ArgumentReader(recording: ()) }

    // MARK: Options

    /// Whether `--name` is given.
    package mutating func flag(_ name: String) throws(UsageError) -> Bool {
        declare(name, takesValue: false)
        if words.contains(where: { !$0.isLiteral && $0.text.hasPrefix("--\(name)=") }) {
            throw UsageError("--\(name) takes no value")
        }
        let count = words.count
        words.removeAll { !$0.isLiteral && $0.text == "--\(name)" }
        return words.count < count
    }

    /// The value of `--name`, or `nil` when it is not given.
    ///
    /// - Parameter allowsEmpty: whether `--name=` is a value, as for texts that can be cleared.
    package mutating func option(
        _ name: String, allowsEmpty: Bool = false
    ) throws(UsageError) -> String? {
        declare(name, takesValue: true)
        let values = try takeValues(name)
        guard values.count <= 1 else { throw UsageError("--\(name) is given more than once") }
        if let value = values.first, value.isEmpty, !allowsEmpty {
            throw UsageError("--\(name) is given an empty value")
        }
        return values.first
    }

    /// The values of an option that may be repeated, in their order.
    package mutating func repeatedOption(_ name: String) throws(UsageError) -> [String] {
        declare(name, takesValue: true)
        return try takeValues(name)
    }

    /// The value of an option that must be given.
    package mutating func requiredOption(_ name: String) throws(UsageError) -> String {
        if let value = try option(name) { return value }
        if isRecording { return "" }
        throw UsageError("--\(name) is missing")
    }

    private mutating func declare(_ name: String, takesValue: Bool) {
        assert(!declarations.contains { $0.name == name }, "--\(name) is asked for twice")
        declarations.append(Declaration(name: name, takesValue: takesValue))
    }

    private mutating func takeValues(_ name: String) throws(UsageError) -> [String] {
        var values: [String] = []
        var rest: [Word] = []
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if !word.isLiteral, word.text.hasPrefix("--\(name)=") {
                values.append(String(word.text.dropFirst(name.count + 3)))
            } else if !word.isLiteral, word.text == "--\(name)" {
                guard index < words.count, !words[index].isLiteral, !words[index].isLongOption
                else { throw UsageError("--\(name) needs a value") }
                values.append(words[index].text)
                index += 1
            } else {
                rest.append(word)
            }
        }
        words = rest
        return values
    }

    // MARK: Operands

    /// The next operand. `what` names it in the error when it is missing.
    package mutating func operand(_ what: String) throws(UsageError) -> String {
        if let operand = try optionalOperand(what) { return operand }
        if isRecording { return "" }
        throw UsageError("\(what) is missing")
    }

    /// The next operand, or `nil` when there is none.
    package mutating func optionalOperand(_ what: String) throws(UsageError) -> String? {
        try refuseUnknownOptions()
        guard !words.isEmpty else { return nil }
        let operand = words.removeFirst().text
        guard !operand.isEmpty else { throw UsageError("\(what) is an empty word") }
        return operand
    }

    /// All operands that are left.
    package mutating func operands(
        _ what: String, atLeast countMin: Int = 1
    ) throws(UsageError) -> [String] {
        var operands: [String] = []
        while let operand = try optionalOperand(what) { operands.append(operand) }
        guard operands.count >= countMin || isRecording else {
            throw UsageError("\(what) is missing")
        }
        return operands
    }

    /// Asserts that nothing is left. Called for every command after it has read its arguments.
    package mutating func finish() throws(UsageError) {
        try refuseUnknownOptions()
        if let word = words.first { throw UsageError("what is “\(word.text)” here for?") }
    }

    private func refuseUnknownOptions() throws(UsageError) {
        guard let word = words.first(where: \.isOption) else { return }
        let name = String(word.text.drop { $0 == "-" }.prefix { $0 != "=" })
        guard word.isLongOption else {
            throw UsageError(
                "unknown option \(word.text): options are long (--name); put -- before an "
                    + "operand that begins with a dash")
        }
        let known = declarations.map(\.name) + globalNames
        let hint = nearest(to: name, among: known).map { "; did you mean --\($0)?" } ?? ""
        throw UsageError("unknown option --\(name)\(hint)")
    }

    // MARK: The command

    /// Ends the part that belongs to every command: what was declared so far is global.
    mutating func endGlobalOptions() {
        globalNames += declarations.map(\.name)
        declarations = []
    }

    /// Takes the next word as a word of the command's name, when it can be one.
    mutating func commandWord() throws(UsageError) -> String? {
        guard let word = words.first else { return nil }
        if word.isOption { try refuseUnknownOptions() }
        return words.removeFirst().text
    }

    /// The next word if it could be part of a command's name, left where it is.
    var nextCommandWord: String? {
        guard let word = words.first, !word.isOption else { return nil }
        return word.text
    }
}
