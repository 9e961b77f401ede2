import AssetStore
import Basics
import Exporting
import Foundation
import Rendering
import TestSupport
import Testing

/// Bad input gives one clear error, no output, and a store that holds what it held (P12).
@Suite struct BadInput {
    @Test func isRefusedBeforeAnythingIsStored() throws {
        let fixture = try RenderFixture(seconds: 1)
        let text = fixture.directory.file("letter.txt")
        try Data(String(repeating: "Dear all, this is no music.\n", count: 200).utf8).write(
            to: URL(fileURLWithPath: text))
        let empty = fixture.directory.file("empty.wav")
        try Data(wavFile(rate: 8000, channels: 1, frames: 0) { _, _ in 0 }).write(
            to: URL(fileURLWithPath: empty))
        let cut = fixture.directory.file("cut.wav")
        try Data(contentsOf: URL(fileURLWithPath: fixture.songPath)).prefix(30_000).write(
            to: URL(fileURLWithPath: cut))
        var scene = Scene()
        var picture = ImageLayer(asset: "01a1f956-984e-72db-91a9-45594083ce22")
        picture.fit = .cover
        scene.layers = [.image(picture)]

        let cases: [(AssetError.Code, (inout RenderRequest) throws -> Void)] = [
            (.inputMissing, { $0.audio = .file("/nowhere/song.ogg") }),
            (.inputUnreadable, { $0.audio = .file(text) }),
            (.inputUnreadable, { $0.audio = .file(empty) }),
            (.inputUnreadable, { $0.audio = .file(cut) }),
            (.inputUnreadable, { $0.audio = .file(fixture.directory.path) }),
            (.inputMissing, { $0.audio = .asset(AssetID(high: 1, low: 2)) }),
            (.invalidArgument, { $0.width = 65 }), (.invalidArgument, { $0.height = 0 }),
            (.invalidArgument, { $0.width = 100_000 }),
            (.invalidArgument, { $0.from = 3 }), (.invalidArgument, { $0.to = 99 }),
            (.invalidArgument, { ($0.from, $0.to) = (0.5, 0.2) }),
            (.invalidArgument, { $0.project = "" }),
            (.inputMissing, { $0.output = "/nowhere/at/all.mp4" }),
            (.invalidArgument, { $0.output = fixture.directory.path }),
            (.alreadyExists, { $0.output = text }),
            (.inputMissing, { $0.scene = scene }),
        ]
        let store = try Store.create(at: fixture.storePath())
        let before = try store.statistics()
        for (number, (code, change)) in cases.enumerated() {
            var request = try fixture.request()
            try change(&request)
            let error = #expect(throws: AssetError.self, "case \(number)") {
                try RenderJob.submit(request, to: store)
            }
            #expect(error?.code == code, "case \(number): \(error?.message ?? "")")
            #expect(error?.message.contains("\n") == false)
        }
        #expect(try store.statistics() == before)
        #expect(!FileManager.default.fileExists(atPath: fixture.outputPath()))
    }
}
