// The program: everything it does is in AssetctlCommands.
internal import AssetctlCommands
internal import Glibc

exit(Assetctl.main())
