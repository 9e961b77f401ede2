// The program: everything it does is in Attacks.
internal import Attacks
internal import Glibc

exit(TortureProgram.main(Array(CommandLine.arguments.dropFirst())))
