// Operands that name something in a store.

internal import AssetStore
internal import Basics

extension ArgumentReader {
    /// The next operand, an asset's id.
    mutating func assetID() throws(UsageError) -> AssetID {
        try parseAssetID(try operand("the asset's id"))
    }

    /// All operands that are left, assets' ids, each once.
    mutating func assetIDs() throws(UsageError) -> [AssetID] {
        var ids: [AssetID] = []
        for text in try operands("the asset's id") {
            let id = try parseAssetID(text)
            if !ids.contains(id) { ids.append(id) }
        }
        return ids
    }

    /// The option `--<name>`, a part of a picture.
    mutating func pixelRegion(_ name: String) throws(UsageError) -> PixelRegion? {
        guard let text = try option(name) else { return nil }
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let sides = 0...Limits.frameSide.upperBound
        guard numbers.count == 4, numbers.allSatisfy({ $0.map(sides.contains) ?? false }),
            let left = numbers[0], let top = numbers[1], let width = numbers[2],
            let height = numbers[3], width > 0, height > 0
        else {
            throw UsageError(
                "--\(name) \(text): expected left, top, width and height, as in 0,0,640,360")
        }
        return PixelRegion(columns: left..<left + width, rows: top..<top + height)
    }

    /// The option `--<name>`, which frames of a job stay.
    mutating func frameRetention(_ name: String) throws(UsageError) -> FrameRetention? {
        guard let text = try option(name) else { return nil }
        guard let retention = FrameRetention(text) else {
            throw UsageError("--\(name) \(text): expected none, all, every:N or last:N")
        }
        return retention
    }

    /// The next operand, the index of a frame.
    mutating func frameIndex() throws(UsageError) -> Int {
        let text = try operand("the frame's index")
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let index = Int(text) else {
            throw UsageError("“\(text)” is not the index of a frame: expected 0, 1, 2, …")
        }
        return index
    }
}

private func parseAssetID(_ text: String) throws(UsageError) -> AssetID {
    guard let id = AssetID(text) else {
        throw UsageError(
            "“\(text)” is not the id of an asset: expected 36 characters such as "
                + "01980000-0000-7000-8000-000000000000; “assetctl ls” shows them")
    }
    return id
}

/// A part of a picture.
struct PixelRegion: Equatable, Sendable {
    var columns: Range<Int>
    var rows: Range<Int>
}
