// Package deflate inserts bytes into a compressed stream as it passes, without
// compressing it anew: gzip (RFC 1952), zlib (RFC 1950) or bare deflate (RFC
// 1951).
//
// Only the beginning is decoded, up to the place and the 32 KB behind it, which
// is as far as a match can reach back. The matches there whose source lies
// before the place are farther from it now, so they are written anew. From
// there on the compressed bytes pass as they are: what was written takes as many
// bits, modulo eight, as what it stands for, so that nothing has to be shifted.
// The checksum at the end is completed by combination.
//
// A block in which something is written anew keeps its code, so that nothing but
// the inserted bytes is added, if that has words for all that is needed. If it
// lacks some for the inserted bytes, those get a block of their own, and the
// block's header is repeated behind it; a small block gets a new code as a whole.
//
// The trailer of gzip is what stands before the beginning of another member or,
// without one, the last eight bytes. What only looks like a member's end is read
// up to, in the first 64 KB of the stream, and left as it is behind them: a text in
// the page may look so on purpose, and must not be garbled. Behind what is no
// member, and in streams that break off, the checksum is the one it came with.
// Browsers don't look at it.
//
// zlib's checksum can't be completed without the length of what is decoded, so
// such a stream is read to its end, while its bytes pass.
package deflate
