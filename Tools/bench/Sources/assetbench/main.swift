// The program: everything it does is in Benchmarks.
internal import Benchmarks
internal import Glibc

exit(Assetbench.main(Array(CommandLine.arguments.dropFirst())))
