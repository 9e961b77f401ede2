// How a model came to be what it is, written down for another process.

internal import AssetStore
internal import Basics
internal import Foundation

/// The steps of a run whose process was killed now and then: enough to make its model again.
package struct ModelHistory: Codable {
    /// What one process did, one after another.
    package struct Round: Codable {
        package var events: [Event] = []
        /// What happened of the operation behind them, which its process did not survive.
        package var last = Last.nothing

        package init() {}
    }

    package enum Event: Codable {
        /// An operation was done, and came out as the model says.
        case acknowledged
        /// An operation failed for reasons of the disk; what happened of it, and the jobs that have
        /// a worker since.
        case failed(Last, workers: [String])
        /// The store was closed and opened again.
        case reopened
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
            for event in round.events { try apply(event, to: &model, &step) }
            let operation = operation(step, model)
            step += 1
            try Self.apply(operation, round.last, to: &model)
        }
        model.loseWorkers()
        return (model, step)
    }

    /// Lets happen what happened.
    package func apply(_ event: Event, to model: inout ModelStore, _ step: inout Int) throws {
        switch event {
        case .acknowledged:
            _ = try model.apply(operation(step, model))
            step += 1
        case .failed(let last, let workers):
            try Self.apply(operation(step, model), last, to: &model)
            step += 1
            model.workers = model.workers.filter { workers.contains($0.key.description) }
        case .reopened:
            model.loseWorkers()
        }
    }

    private static func apply(
        _ operation: Operation, _ last: Last, to model: inout ModelStore
    ) throws {
        switch (last, operation) {
        case (.nothing, _): break
        case (.frames(let places), .frames(let job, let frames)):
            _ = try model.apply(.frames(job, places.map { frames[$0] }))
        case (_, let operation): _ = try model.apply(operation)
        }
    }

    /// How many operations were done or begun.
    package var stepCount: Int {
        rounds.reduce(0) { count, round in
            let reopenings = round.events.count {
                if case .reopened = $0 { true } else { false }
            }
            return count + round.events.count - reopenings + 1
        }
    }

    package func operation(_ step: Int, _ model: ModelStore) -> Operation {
        ModelRun.operation(seed: seed, step: step, model, isSequential: true)
    }
}
