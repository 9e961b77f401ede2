// Nothing is called in the interposer: it is preloaded. Its header is `../../CTrace/interposer.h`.
