// Tells how far a command is: a bar on a terminal, a line now and then elsewhere, events for
// programs.

internal import Synchronization

/// Shows the progress of one phase after another. Thread-safe, and cheap enough to be called for
/// every frame: a lock and a look at the clock.
///
/// Rate and time left are computed from new work alone. What an earlier run had done already
/// counts as done, but not as speed.
package final class ProgressReporter: Sendable {
    package enum Style: Sendable {
        case none, bar, lines, json
    }

    /// What is counted.
    package enum Unit: Sendable, Equatable { case items, bytes }

    private struct State {
        var phase: Phase?
        /// When to show something next, by the clock.
        var due = 0.0
        var hasShown = false
    }

    private struct Phase {
        var name: String
        var unit: Unit
        var total: Int?
        var reused: Int
        var done: Int
        var began: Double
    }

    private let console: Console
    private let style: Style
    private let now: @Sendable () -> Double
    private let state = Mutex(State())

    /// - Parameter now: a clock that never goes backwards, in seconds.
    package init(
        console: Console, style: Style, now: @escaping @Sendable () -> Double = steadySeconds
    ) {
        self.console = console
        self.style = style
        self.now = now
    }

    /// Begins a phase and ends the one before.
    ///
    /// - Parameters:
    ///   - name: one word, such as `render`.
    ///   - total: how much there is, if that is known.
    ///   - reused: how much of it was done before.
    package func begin(_ name: String, total: Int?, reused: Int = 0, unit: Unit = .items) {
        guard style != .none else { return }
        state.withLock { state in
            end(&state)
            let time = now()
            state.phase = Phase(
                name: name, unit: unit, total: total, reused: reused, done: reused, began: time)
            state.hasShown = false
            state.due = time + firstDelay
            if style == .json { show(&state, at: time) }
        }
    }

    /// Says how much is done, with what was reused.
    package func update(done: Int) {
        change { $0.done = max($0.done, done) }
    }

    /// Says that `count` more are done.
    package func advance(by count: Int = 1) {
        change { $0.done += count }
    }

    /// Says how much is done, and how much of that was reused, where that shows as work goes on.
    package func update(done: Int, reused: Int) {
        change { phase in
            phase.done = max(phase.done, done)
            phase.reused = max(phase.reused, reused)
        }
    }

    /// Corrects the total, as when it becomes known.
    package func update(total: Int) {
        change { $0.total = total }
    }

    /// Ends the phase with its last state shown, if anything of it was.
    package func finish() {
        guard style != .none else { return }
        state.withLock { end(&$0) }
    }

    private func change(_ body: (inout Phase) -> Void) {
        guard style != .none else { return }
        state.withLock { state in
            guard state.phase != nil else { return }
            state.phase.map { phase in
                var phase = phase
                body(&phase)
                state.phase = phase
            }
            let time = now()
            if time >= state.due { show(&state, at: time) }
        }
    }

    private func end(_ state: inout State) {
        guard state.phase != nil else { return }
        if style == .json || state.hasShown { show(&state, at: now()) }
        if style == .bar, state.hasShown, let phase = state.phase {
            console.status("")
            console.talk(snapshot(phase, at: now()).line())
        }
        state.phase = nil
    }

    private func show(_ state: inout State, at time: Double) {
        guard let phase = state.phase else { return }
        let snapshot = snapshot(phase, at: time)
        switch style {
        case .none: return
        case .bar: console.status(snapshot.bar(columns: console.columns))
        case .lines: console.talk(snapshot.line())
        case .json: console.talk(snapshot.event.text)
        }
        state.hasShown = true
        state.due = time + interval
    }

    /// Work that is over at once shows no bar and no line.
    private var firstDelay: Double {
        switch style {
        case .none, .json: 0.1
        case .bar: 0.3
        case .lines: 10
        }
    }

    private var interval: Double { style == .lines ? 10 : 0.1 }

    private func snapshot(_ phase: Phase, at time: Double) -> ProgressSnapshot {
        let fresh = phase.done - phase.reused
        let elapsed = time - phase.began
        return ProgressSnapshot(
            phase: phase.name, unit: phase.unit, done: phase.done, total: phase.total,
            reused: phase.reused,
            rate: fresh > 0 && elapsed > 0 ? Double(fresh) / elapsed : nil,
            elapsedSeconds: elapsed)
    }
}

/// Seconds of a clock that never goes backwards.
package func steadySeconds() -> Double {
    let parts = (ContinuousClock.now - steadyOrigin).components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
}

private let steadyOrigin = ContinuousClock.now
