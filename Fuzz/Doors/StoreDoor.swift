// A store and its model, to which the same is done: bytes say what. All that the store tells is held
// against the model at the end.
//
// The first byte is the number of the store's ways (reclaiming in the background or not), the others
// are choices, as the tests' random operations make them.

internal import AssetStore
internal import Basics
internal import StoreModel

extension Door {
    package static let stores = Door(
        name: "stores", byteCountMax: 2048, secondsMax: 60, memoryMebibytesMax: 1536,
        open: {
            let visit = try StoreVisit()
            return { try visit.enter($0) }
        }, seeds: StoreSeeds.all)
}

private final class StoreVisit {
    private let workplace: Workplace
    private var number = 0

    init() throws { workplace = try Workplace() }

    private static let stepCountMax = 400

    func enter(_ bytes: [UInt8]) throws -> Verdict {
        guard bytes.count > 2 else { return .refused }
        number += 1
        let name = "store-\(number)"
        defer { try? workplace.remove(name) }
        do {
            let run = try ModelRun(seed: UInt64(bytes[0] & 1), path: workplace.file(name))
            var choices = DrawnChoices(Array(bytes.dropFirst()), seed: UInt64(bytes[0]))
            while !choices.isEmpty, run.step < Self.stepCountMax {
                switch Int.random(in: 0..<120, using: &choices) {
                case 0: try run.compareAll()
                case 1, 2: try run.reopen()
                case 3: try run.compareBackup()
                case 4, 5: try holdSnapshot(of: run, &choices)
                default: try advance(run, &choices)
                }
            }
            try run.compareAll()
            try run.reopen()
            try run.compareAll()
            try run.close()
        } catch let failure as ModelFailure {
            throw BrokenPromise(description: failure.description)
        }
        return .accepted
    }

    private func advance(_ run: ModelRun, _ choices: inout DrawnChoices) throws {
        let operation = Operation.random(&choices, run.model, isSequential: true)
        run.step += 1
        try run.advance(by: operation)
    }

    private func holdSnapshot(of run: ModelRun, _ choices: inout DrawnChoices) throws {
        let count = Int.random(in: 1..<10, using: &choices)
        try run.holdingSnapshot { for _ in 0..<count { try advance(run, &choices) } }
    }
}
