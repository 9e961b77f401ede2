// Lending stored bytes: mapped, and checked before anyone sees them.

internal import Basics
internal import Synchronization

/// Reads payloads from the packs of a store. Thread-safe.
final class PackReader: Sendable {
    private let directory: String
    private let storeID: AssetID
    private let packer: PayloadPacker
    private let maps = Mutex(Maps())

    private struct Maps {
        var packs: [PackID: MappedPack] = [:]
        /// The packs in the order in which they were mapped.
        var order: [PackID] = []
    }

    /// A mapped pack and how much of it is known to be in the file.
    private final class MappedPack: Sendable {
        let map: MappedFile
        let presentEnd = Atomic<Int>(0)
        init(_ map: MappedFile) { self.map = map }
    }

    /// The most packs mapped at once, each with an open file: well below the usual limit of 1024.
    private static let mapCountMax = 256

    init(directory: String, storeID: AssetID, packer: PayloadPacker) {
        self.directory = directory
        self.storeID = storeID
        self.packer = packer
    }

    /// Lends a payload's bytes, after checking them: from the mapped pack, or unpacked.
    ///
    /// - Parameters: as of ``withStoredBytes(at:subject:isChecked:_:)``.
    func withPayload<Result>(
        at location: PayloadLocation, subject: @autoclosure () -> String,
        isChecked: Bool = false, _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        try withStoredBytes(at: location, subject: subject(), isChecked: isChecked) { stored in
            switch location.packing {
            case .none:
                guard location.byteCount == location.storedByteCount else {
                    throw AssetError(.damaged, "\(subject()): its record has two lengths")
                }
                return try body(stored)
            case .zstd:
                guard location.byteCount <= Limits.recordByteCountMax else {
                    throw AssetError(.damaged, "\(subject()): it is said to be too long")
                }
                let bytes: [UInt8]
                do throws(AssetError) {
                    bytes = try packer.unpack(stored, byteCount: Int(location.byteCount))
                } catch {
                    throw AssetError(
                        error.code, "\(subject()): \(error.message)", cause: error)
                }
                return unsafe try body(bytes.span.bytes)
            }
        }
    }

    /// Whether two payloads hold the same bytes.
    func isEqual(_ left: PayloadLocation, _ right: PayloadLocation) throws -> Bool {
        try withPayload(at: left, subject: "a content") { left in
            try withPayload(at: right, subject: "a content") { left.isEqual(to: $0) }
        }
    }

    /// Lends a payload's stored bytes, after checking them.
    ///
    /// - Parameters:
    ///   - subject: whose bytes they are, for the message.
    ///   - isChecked: they were checked before and lie there still.
    /// - Throws: ``AssetError/Code/damaged`` when they are not what was stored; what `body` throws.
    private func withStoredBytes<Result>(
        at location: PayloadLocation, subject: @autoclosure () -> String, isChecked: Bool,
        _ body: (RawSpan) throws -> Result
    ) throws -> Result {
        let start = Int(location.extent.offset) + RecordHeader.byteCount
        let range = start..<start + Int(location.storedByteCount)
        let pack: MappedPack
        do throws(AssetError) {
            pack = try mappedPack(location.extent.pack, containing: range)
        } catch {
            throw AssetError(error.code, "\(subject()): \(error.message)", cause: error)
        }
        return try pack.map.withBytes(range) { bytes in
            guard isChecked || checksum64(bytes) == location.checksum else {
                throw AssetError(
                    .damaged,
                    "\(subject()): its bytes in pack \(location.extent.pack) at "
                        + "\(range.lowerBound) do not match their checksum")
            }
            return try body(bytes)
        }
    }

    /// Checks a payload's header and bytes against what the catalog says.
    ///
    /// - Throws: ``AssetError/Code/damaged``, with the reason alone as its message.
    func verify(
        _ location: PayloadLocation, owner: RecordOwner, namespace: Namespace
    ) throws {
        let start = Int(location.extent.offset)
        let pack = try mappedPack(
            location.extent.pack, containing: start..<start + RecordHeader.byteCount)
        let header = try pack.map.withBytes(start..<start + RecordHeader.byteCount) {
            try RecordHeader(decoding: $0)
        }
        let expected = RecordHeader(location, owner: owner, namespace: namespace)
        guard header == expected else {
            throw AssetError(
                .damaged, "its header in pack \(location.extent.pack) contradicts the catalog")
        }
        try withPayload(at: location, subject: "its payload") { _ in }
        if location.descriptionByteCount > 0 { _ = try description(of: location) }
    }

    /// Lends a record's stored bytes, after checking them, and what is written behind them.
    func withRecord<Result>(
        at location: PayloadLocation, _ body: (RawSpan, [UInt8]) throws -> Result
    ) throws -> Result {
        let start =
            Int(location.extent.offset) + RecordHeader.byteCount + Int(location.storedByteCount)
        let range = start..<start + Int(location.descriptionByteCount)
        let pack = try mappedPack(location.extent.pack, containing: range)
        let description = pack.map.withBytes(range) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        return try withStoredBytes(at: location, subject: "its payload", isChecked: false) {
            try body($0, description)
        }
    }

    /// What is written behind a payload.
    func description(of location: PayloadLocation) throws -> RecordDescription {
        let start =
            Int(location.extent.offset) + RecordHeader.byteCount + Int(location.storedByteCount)
        let range = start..<start + Int(location.descriptionByteCount)
        let pack = try mappedPack(location.extent.pack, containing: range)
        return try pack.map.withBytes(range) { try RecordDescription(decoding: $0) }
    }

    /// Checks a pack's first page. Reading payloads does without it: the catalog knows where they
    /// lie and what they must be.
    func verifyHeader(of id: PackID) throws {
        let pack = try mappedPack(id, containing: 0..<PackHeader.byteCount)
        let header = try pack.map.withBytes(0..<PackHeader.byteCount) {
            try PackHeader(decoding: $0)
        }
        guard header == PackHeader(pack: id, storeID: storeID) else {
            throw AssetError(.damaged, "pack \(id) belongs to another store or has another number")
        }
    }

    /// Lets go of a pack that was removed.
    func forget(_ id: PackID) {
        maps.withLock { maps in
            maps.packs[id] = nil
            maps.order.removeAll { $0 == id }
        }
    }

    private func mappedPack(
        _ id: PackID, containing range: Range<Int>
    ) throws(AssetError) -> MappedPack {
        let pack = try maps.withLock { (maps) throws(AssetError) -> MappedPack in
            // A pack for records longer than usual may have been short when it was mapped.
            if let pack = maps.packs[id], range.upperBound <= pack.map.byteCount { return pack }
            let pack = try map(id)
            guard range.upperBound <= pack.map.byteCount else {
                throw AssetError(
                    .damaged, "pack \(id) is cut short: it ends before \(range.upperBound)")
            }
            if maps.packs.updateValue(pack, forKey: id) == nil { maps.order.append(id) }
            if maps.order.count > Self.mapCountMax {
                maps.packs[maps.order.removeFirst()] = nil
            }
            return pack
        }
        if range.upperBound > pack.presentEnd.load(ordering: .relaxed) {
            // The file may have grown since, but bytes beyond its end must not be touched.
            let present = try pack.map.file.byteCount()
            pack.presentEnd.store(present, ordering: .relaxed)
            guard range.upperBound <= present else {
                throw AssetError(
                    .damaged, "pack \(id) is cut short: it ends at \(present), before its bytes")
            }
        }
        return pack
    }

    private func map(_ id: PackID) throws(AssetError) -> MappedPack {
        let file: File
        do throws(AssetError) {
            file = try File("\(directory)/\(id).pack")
        } catch  where error.code == .inputMissing {
            throw AssetError(.damaged, "pack \(id) is not there", cause: error)
        }
        let byteCount = max(Packs.capacity, try file.byteCount())
        return MappedPack(try MappedFile(file, byteCount: byteCount))
    }
}
