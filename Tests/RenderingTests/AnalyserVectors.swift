// Recorded answers of a browser, and how tests get at them.

import Basics
import FoundationEssentials

/// What a browser's `AnalyserNode` answered to given samples.
struct AnalyserVector: Decodable {
    struct Read: Decodable {
        let samplesPlayed: Int
        let byteFrequencyB64: String
        let byteTimeDomainB64: String
    }

    static let names = [
        "default-2048", "no-smoothing-512", "silence-then-clip-2048", "stereo-1024",
        "wide-8192-decibels",
    ]

    let fftSize: Int
    let smoothingTimeConstant: Double
    let minDecibels: Double
    let maxDecibels: Double
    let sampleRate: Int
    let samplesF32LeB64: [String]
    let reads: [Read]

    init(named name: String) throws {
        self = try Vectors.decode(AnalyserVector.self, from: "analyser-\(name).json")
    }

    /// The samples, mixed down as the Web Audio API does: the mean of two channels.
    func mono() throws -> [Float] {
        let channels = try samplesF32LeB64.map { try Vectors.floats(base64: $0) }
        guard channels.count == 2 else { return channels[0] }
        return zip(channels[0], channels[1]).map { 0.5 * ($0 + $1) }
    }
}

enum Vectors {
    struct Malformed: Error {}

    /// Decodes a file whose keys are written with underscores.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from name: String, beside file: String = #filePath
    ) throws -> Value {
        let folder = URL(filePath: file).deletingLastPathComponent()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(
            type, from: Data(contentsOf: folder.appending(path: "Vectors/\(name)")))
    }

    static func bytes(base64: String) throws -> [UInt8] {
        guard let data = Data(base64Encoded: base64) else { throw Malformed() }
        return [UInt8](data)
    }

    static func floats(base64: String) throws -> [Float] {
        let bytes = try bytes(base64: base64)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            let pattern = (0..<4).reduce(UInt32(0)) {
                $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1)
            }
            return Float(bitPattern: pattern)
        }
    }
}
