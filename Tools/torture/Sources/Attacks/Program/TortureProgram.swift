// The program: reads the command line, runs attacks, gives the verdict.

internal import Basics
internal import Glibc

/// The program `torture`.
public enum TortureProgram {
    /// Runs the program and returns its exit status, as the help tells it.
    public static func main(_ arguments: [String]) -> CInt {
        do {
            if let status = try inner(arguments) { return status }
            let options = try Options(arguments)
            if options.wantsHelp {
                print(Options.help)
                return 0
            }
            if let replay = options.replay {
                try PowerLossAttack.replay(replay, image: options.image)
                print("all promises kept")
                return 0
            }
            print("torture: seed \(options.seed)")
            _ = fflush(nil)
            for attack in Attacks.all where ["all", attack.name].contains(options.attack) {
                let result = try Siege(options: options, say: complain).run(attack)
                print(result.lines.joined(separator: "\n"))
                _ = fflush(nil)
                if !result.isKept { return 1 }
            }
            return 0
        } catch let error as UsageError {
            complain("torture: \(error.message) (see torture --help)")
            return 64
        } catch let error as BrokenPromise {
            complain("\(error)")
            return brokenPromise
        } catch let error as AssetError {
            complain("torture: \(error.code): \(error.message) (\(error.location))")
            return 2
        } catch {
            complain("torture: \(error)")
            return 2
        }
    }

    /// What processes that this program starts say with their exit status.
    static let brokenPromise: CInt = 1

    /// What this program does when it started itself; `nil` when it did not.
    private static func inner(_ arguments: [String]) throws -> CInt? {
        switch arguments.first {
        case "work": try Work(arguments: arguments).run()
        case "check": try Work(arguments: Array(arguments.dropFirst())).check()
        case "damages": try RotRun(arguments: arguments).run()
        case "racer": try RaceRun(work: Work(arguments: Array(arguments.dropFirst()))).run()
        case "operation": try OperationRun(arguments: arguments).run()
        case "soak": try Soak(arguments: arguments).run()
        case "full": try FullDisk.fill(arguments.last ?? "")
        case "open": try ImageRun.open(arguments.last ?? "")
        case "images", "images-twice": try ImageRun(arguments: arguments).run()
        default: return nil
        }
        return 0
    }

    private static func complain(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = unsafe bytes.withUnsafeBytes {
            unsafe write(STDERR_FILENO, $0.baseAddress, $0.count)
        }
    }
}
