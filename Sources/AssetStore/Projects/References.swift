// What scenes and checkpoints refer to: assets and jobs by name, as they stand in records.

internal import Basics

/// Identifiers that records write as two halves of 64 bits.
protocol RecordedID {
    var high: UInt64 { get }
    var low: UInt64 { get }
    init(high: UInt64, low: UInt64)
}

extension AssetID: RecordedID {}
extension JobID: RecordedID {}

extension ByteWriter {
    /// Names with identifiers, by ascending name.
    mutating func append<ID: RecordedID>(references: [String: ID]) {
        for (name, id) in references.sorted(by: { $0.key < $1.key }) {
            append(name)
            append(id.high)
            append(id.low)
        }
    }
}

extension ByteReader {
    /// Reads `count` names with identifiers.
    mutating func references<ID: RecordedID>(
        count: UInt32
    ) throws(AssetError) -> [String: ID] {
        var references: [String: ID] = [:]
        for _ in 0..<count {
            let name = try string()
            references[name] = ID(high: try integer(), low: try integer())
        }
        return references
    }
}

/// Checks how many references there are and what they are called.
///
/// - Throws: ``AssetError/Code/invalidArgument``.
func validateReferences(
    _ names: some Collection<String>, of subject: @autoclosure () -> String
) throws(AssetError) {
    guard names.count <= Limits.referenceCountMax else {
        throw AssetError(
            .invalidArgument,
            "\(subject()) refers to \(names.count) things, more than the "
                + "\(Limits.referenceCountMax) that it may")
    }
    for name in names where name.utf8.count > Limits.nameByteCountMax {
        throw AssetError(
            .invalidArgument,
            "\(subject()) refers to “\(name.prefix(40))…”, a name of more than "
                + "\(Limits.nameByteCountMax) bytes")
    }
}
