// Composes the song of `Tools/demo`: twelve seconds of chords, bass, beat and melody, written as
// a WAV file (44.1 kHz, stereo, 16 bits) with a title and an artist. The same bytes every time.

import Glibc

let sampleRate = 44_100.0
let beatsPerMinute = 120.0
let beat = 60 / beatsPerMinute
let beatCount = 24
let frameCount = Int(Double(beatCount) * beat * sampleRate)

var left = [Double](repeating: 0, count: frameCount)
var right = [Double](repeating: 0, count: frameCount)

/// The frequency of a MIDI note in hertz.
func frequency(_ note: Int) -> Double { 440 * pow(2, Double(note - 69) / 12) }

/// Adds a voice from `start` on: `sample` gives its value at a time since then. `pan` is -1 for
/// left, 1 for right.
func add(
    at start: Double, seconds: Double, gain: Double, pan: Double = 0,
    _ sample: (_ time: Double) -> Double
) {
    let first = Int(start * sampleRate)
    let last = min(frameCount, first + Int(seconds * sampleRate))
    guard first < last else { return }
    for index in first..<last {
        let time = Double(index - first) / sampleRate
        // No click at either end.
        let edge = min(1, time / 0.004, (seconds - time) / 0.02)
        let value = sample(time) * gain * max(0, edge)
        left[index] += value * min(1, 1 - pan)
        right[index] += value * min(1, 1 + pan)
    }
}

/// The first partials of a tone, each softer than the one before.
func tone(_ hertz: Double, _ time: Double, partials: Int, falling: Double) -> Double {
    var value = 0.0
    for partial in 1...partials where hertz * Double(partial) < sampleRate / 2 {
        value +=
            sin(2 * .pi * hertz * Double(partial) * time) / pow(Double(partial), falling)
    }
    return value
}

var noiseState: UInt64 = 0x5EED
/// Noise between -1 and 1, by a linear congruence.
func noise() -> Double {
    noiseState = noiseState &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(noiseState >> 40) / Double(1 << 23) - 1
}

// A minor, F, C, G, twice three bars of four beats: the roots in the bass, triads above.
let chords = [
    [57, 60, 64], [53, 57, 60], [48, 52, 55], [55, 59, 62], [57, 60, 64], [53, 57, 60],
]
for (bar, chord) in chords.enumerated() {
    let start = Double(bar * 4) * beat
    for (voice, note) in chord.enumerated() {
        let hertz = frequency(note)
        add(at: start, seconds: 4 * beat, gain: 0.055, pan: Double(voice - 1) * 0.6) { time in
            let swell = 0.6 + 0.4 * sin(2 * .pi * 0.5 * time)
            return swell
                * (tone(hertz, time, partials: 6, falling: 1.4)
                    + tone(hertz * 1.004, time, partials: 4, falling: 1.4))
        }
    }
    for eighth in 0..<8 {
        let octave = eighth % 4 == 3 ? -12 : -24
        let hertz = frequency(chord[0] + octave)
        add(at: start + Double(eighth) * beat / 2, seconds: beat * 0.45, gain: 0.22) { time in
            tone(hertz, time, partials: 5, falling: 1.2) * exp(-3 * time)
        }
    }
}

for step in 0..<beatCount * 2 {
    let start = Double(step) * beat / 2
    if step % 2 == 0 {
        // The kick falls in pitch.
        add(at: start, seconds: 0.3, gain: 0.5) { time in
            sin(2 * .pi * (48 * time + 5.5 * (1 - exp(-28 * time)))) * exp(-11 * time)
        }
    }
    if step % 4 == 2 {
        add(at: start, seconds: 0.2, gain: 0.2, pan: 0.1) { time in
            (noise() + 0.5 * sin(2 * .pi * 190 * time)) * exp(-18 * time)
        }
    }
    add(at: start, seconds: 0.06, gain: step % 2 == 1 ? 0.09 : 0.05, pan: -0.3) { time in
        noise() * exp(-70 * time)
    }
}

// Notes with their lengths in half beats; 0 is a rest. It enters in the second bar.
let melody: [(note: Int, halves: Int)] = [
    (77, 1), (76, 1), (72, 2), (69, 2), (72, 2),
    (76, 3), (74, 1), (72, 2), (67, 2),
    (74, 1), (76, 1), (79, 2), (74, 2), (71, 2),
    (81, 3), (79, 1), (76, 2), (72, 1), (74, 1),
    (72, 4), (69, 4),
]
var position = 4 * beat
for (note, halves) in melody {
    let seconds = Double(halves) * beat / 2
    if note > 0 {
        let hertz = frequency(note)
        for (echo, gain) in [0.16, 0.06, 0.025].enumerated() {
            let pan = [0.0, 0.5, -0.5][echo]
            add(
                at: position + Double(echo) * beat * 0.75, seconds: seconds * 0.95, gain: gain,
                pan: pan
            ) { time in
                let vibrato = 0.004 * sin(2 * .pi * 5.5 * time) * min(1, time * 4)
                return tone(hertz * (1 + vibrato / 10), time, partials: 4, falling: 1.8)
                    * exp(-1.6 * time)
            }
        }
    }
    position += seconds
}

// The last second and a half fades away.
let fadeCount = Int(1.5 * sampleRate)
for index in 0..<fadeCount {
    let level = Double(fadeCount - index) / Double(fadeCount)
    left[frameCount - fadeCount + index] *= level
    right[frameCount - fadeCount + index] *= level
}

// MARK: The file

var file: [UInt8] = []

func append32(_ value: Int, to bytes: inout [UInt8]) {
    for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(value >> shift & 0xFF)) }
}

func append16(_ value: Int, to bytes: inout [UInt8]) {
    for shift in stride(from: 0, to: 16, by: 8) { bytes.append(UInt8(value >> shift & 0xFF)) }
}

/// A RIFF chunk; one of odd length is padded.
func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    var bytes = Array(name.utf8)
    append32(content.count, to: &bytes)
    bytes += content
    if content.count % 2 == 1 { bytes.append(0) }
    return bytes
}

var format: [UInt8] = []
append16(1, to: &format)
append16(2, to: &format)
append32(44_100, to: &format)
append32(44_100 * 4, to: &format)
append16(4, to: &format)
append16(16, to: &format)

let information =
    Array("INFO".utf8) + chunk("INAM", Array("Twelve Seconds\0".utf8))
    + chunk("IART", Array("assetctl\0".utf8))

var samples: [UInt8] = []
samples.reserveCapacity(frameCount * 4)
for index in 0..<frameCount {
    for value in [left[index], right[index]] {
        // A soft ceiling instead of a hard one.
        append16(Int((tanh(value) * 30_000).rounded()), to: &samples)
    }
}

file = chunk(
    "RIFF",
    Array("WAVE".utf8) + chunk("fmt ", format) + chunk("LIST", information)
        + chunk("data", samples))

guard CommandLine.arguments.count == 2, let stream = fopen(CommandLine.arguments[1], "wb") else {
    print("usage: make-song <file.wav>")
    exit(64)
}
guard fwrite(file, 1, file.count, stream) == file.count, fclose(stream) == 0 else {
    perror("make-song: \(CommandLine.arguments[1])")
    exit(1)
}
