// How a model came to be what it is, written down for another process.

internal import AssetStore
internal import Basics
internal import Foundation

/// The steps of a run whose process was killed now and then: enough to make its model again.
package struct ModelHistory: Codable {
    /// Operations that were done one after another by one process.
    package struct Round: Codable {
        /// How many of them were acknowledged.
        package var acknowledgedCount = 0
        /// What happened of the one behind them.
        package var last = Last.nothing

        package init() {}
    }

    package enum Last: Codable {
        case nothing
        case all
        /// The frames of it that are stored, by their places in it.
        case frames([Int])
    }

    package var seed: UInt64
    package var rounds: [Round] = []

    package init(seed: UInt64) { self.seed = seed }

    /// The model behind all rounds, and the number of the next step.
    package func replay() throws -> (model: ModelStore, step: Int) {
        var (model, step) = (ModelStore(), 0)
        for round in rounds {
            model.loseWorkers()
            model.changes = []
            for _ in 0..<round.acknowledgedCount {
                _ = try model.apply(operation(step, model))
                step += 1
            }
            let operation = operation(step, model)
            step += 1
            switch (round.last, operation) {
            case (.nothing, _): break
            case (.frames(let places), .frames(let job, let frames)):
                _ = try model.apply(.frames(job, places.map { frames[$0] }))
            case (_, let operation): _ = try model.apply(operation)
            }
        }
        model.loseWorkers()
        return (model, step)
    }

    /// How many operations were done or begun.
    package var stepCount: Int { rounds.reduce(0) { $0 + $1.acknowledgedCount + 1 } }

    package func operation(_ step: Int, _ model: ModelStore) -> Operation {
        ModelRun.operation(seed: seed, step: step, model, isSequential: true)
    }
}
