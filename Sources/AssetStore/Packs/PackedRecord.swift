// A record on its way into a pack, and what it is there.

internal import Basics

/// What a record will be in a pack, wherever it lies: all but its stored bytes.
struct PackedRecord: Sendable {
    let header: [UInt8]
    /// What lies behind the stored bytes.
    let description: [UInt8]
    /// Whether it says all that its commit is to enter.
    let isReplayable: Bool
    private let owner: RecordOwner
    /// Where it lies is not known yet.
    private let location: PayloadLocation

    /// The record of a payload with a length, and with a description of it, if there is one.
    init(
        _ stored: RawSpan, _ packing: PayloadPacking, byteCount: Int, owner: RecordOwner,
        namespace: Namespace, _ description: RecordDescription?
    ) {
        let isReplayable =
            if case .asset(_, _, _, isReplayable: true) = description { true } else { false }
        self.init(
            stored, packing, byteCount: byteCount, owner: owner, namespace: namespace,
            description: description?.encoded() ?? [], isReplayable: isReplayable)
    }

    /// The record of a payload with a length, of which `stored` are the stored bytes.
    init(
        _ stored: RawSpan, _ packing: PayloadPacking, byteCount: Int, owner: RecordOwner,
        namespace: Namespace, description: [UInt8], isReplayable: Bool = false
    ) {
        location = PayloadLocation(
            extent: ExtentKey(pack: PackID(number: 0), offset: 0), byteCount: UInt64(byteCount),
            storedByteCount: UInt64(stored.byteCount), packing: packing,
            checksum: checksum64(stored), descriptionByteCount: UInt32(description.count))
        header = RecordHeader(location, owner: owner, namespace: namespace).encoded()
        self.owner = owner
        self.description = description
        self.isReplayable = isReplayable
    }

    /// The bytes that it takes in a pack.
    var byteCount: Int { Int(location.recordByteCount) }

    /// The payload when the record lies there.
    func payload(in pack: OpenPack, at offset: Int) -> WrittenPayload {
        var location = location
        location.extent = ExtentKey(pack: pack.id, offset: UInt64(offset))
        return WrittenPayload(
            location: location, owner: owner, pack: pack, isReplayable: isReplayable)
    }
}

/// A payload that lies in a pack but is not part of the store yet.
struct WrittenPayload: Sendable {
    var location: PayloadLocation
    var owner: RecordOwner
    var pack: OpenPack
    /// Whether its record says all that its commit is to enter: then it may be replayed.
    var isReplayable: Bool
}
