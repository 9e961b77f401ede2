// How doors say what must hold.

internal import Basics

/// Throws unless `condition` holds.
func promise(_ condition: Bool, _ what: @autoclosure () -> String) throws(BrokenPromise) {
    if !condition { throw BrokenPromise(description: what()) }
}

/// What `body` returns; `nil` when it was refused with one of the codes it may be refused with.
func unlessRefused<Result: ~Copyable>(
    _ codes: AssetError.Code..., by what: StaticString, _ body: () throws -> Result
) throws -> Result? {
    do {
        return try body()
    } catch let error as AssetError {
        try promise(
            codes.contains(error.code), "\(what) was refused as \(error.code): \(error.message)")
        // One line, for people and for logs, whatever was in the bytes.
        try promise(!error.message.isEmpty, "\(what) was refused without a word")
        return nil
    }
}
