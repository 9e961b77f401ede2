import Basics
import LMDB

func makeEmptyEnvironment(_ path: String) throws {
    _ = try Environment(path: path)
}
