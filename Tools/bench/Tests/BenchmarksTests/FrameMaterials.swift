// What frame codecs are measured on, and what is made of their figures.

import Basics
import FrameCodecs
import Glibc
import Testing

@testable import Benchmarks

private func smokeBench(media: [String] = [], _ workspace: Workspace) -> Bench {
    Bench(
        isSmoke: true, repetitions: 1, seed: 7, media: media, workspace: workspace, say: { _ in })
}

@Suite struct FrameMaterials {
    @Test(arguments: Material.drawn.map(\.name))
    func areTheSameEachTimeAndNotEmpty(_ name: String) throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.remove() }
        let bench = smokeBench(workspace)
        let material = try #require(Material.drawn.first { $0.name == name })
        let frames = try material.load(bench)
        #expect(contentSum(frames) == contentSum(try material.load(bench)))
        #expect(Set(frames.map(\.contentHash)).count == bench.frameCount)
        for frame in frames {
            #expect(frame.frame.width == bench.frameSize.width)
            #expect(frame.frame.format == .rgba)
            // Peers are lent the memory as it is.
            #expect(
                frame.frame.byteCount == 4 * bench.frameSize.width * bench.frameSize.height)
        }
    }

    @Test func aPictureIsAMaterialCalledLikeItsFile() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.remove() }
        let directory = try makeDirectory("\(workspace.path)/Some Photos.v1")
        var encoder = try JPEGEncoder()
        let picture = try Frame(width: 1280, height: 700, format: .rgb)
        for name in ["b.jpg", "a.JPG"] {
            let file = try FileDescriptor("\(directory)/\(name)", O_RDWR | O_CREAT)
            try encoder.encode(picture, quality: 90) { try file.write($0, at: 0) }
        }
        let bench = smokeBench(media: [directory, "\(directory)/b.jpg", "grain"], workspace)
        let materials = try bench.frameMaterials()
        #expect(materials.map(\.name) == ["some-photos", "b", "grain"])
        #expect(try materials[0].load(bench).count == 2)
        #expect(try materials[1].load(bench).count == 1)
        let row = try LosslessCodecs.measureDecoding(smokeBench(media: [directory], workspace))
        #expect(row.allSatisfy { $0.work == "decode-some-photos" && $0.target != nil })
    }

    @Test func whatIsNoMediumIsRefused() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.remove() }
        for media in [["\(workspace.path)/missing"], ["/proc/self/status"]] {
            #expect(throws: AssetError.self) {
                try smokeBench(media: media, workspace).frameMaterials()
            }
        }
        let twice = smokeBench(media: [workspace.path, workspace.path], workspace)
        #expect(throws: AssetError.self) { try twice.frameMaterials() }
        let empty = smokeBench(media: [workspace.path], workspace)
        #expect(throws: AssetError.self) { try empty.frameMaterials()[0].load(empty) }
    }
}

@Suite struct SpeedAgainstRatio {
    private var rows: [Row] {
        [
            Row(
                work: "encode-m", unit: "frames/s", ours: 100,
                peers: [("slow", 10), ("beaten", 50), ("fast", 200)], hash: 1),
            Row(
                work: "ratio-m", unit: ": 1", ours: 4,
                peers: [("slow", 5), ("beaten", 3.9), ("fast", 2)], hash: 1),
        ]
    }

    @Test func theFrontIsWhatNobodyBeats() throws {
        let pareto = try #require(Pareto.all(of: rows + rows).first)
        #expect(Pareto.all(of: rows + rows).count == 1)
        #expect(pareto.points.map(\.codec) == ["fast", "ours", "beaten", "slow"])
        #expect(pareto.points.map(\.isOnFront) == [true, true, false, true])
        let lines = Pareto.table([pareto])
        #expect(lines.count == 5)
        #expect(lines[2].hasSuffix("*") && !lines[3].hasSuffix("*"))
    }

    @Test func thePlotNamesEveryCodec() {
        let plot = Pareto.plot(Pareto.all(of: rows))
        #expect(plot.hasPrefix("<svg ") && plot.hasSuffix("</svg>\n"))
        for name in ["ours", "slow", "beaten", "fast"] { #expect(plot.contains(">\(name)</text>")) }
        #expect(plot.split(separator: "<circle").count == 5)
    }
}
